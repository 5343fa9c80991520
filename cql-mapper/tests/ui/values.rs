//! M19: values of another type, columns of another model.

#[path = "../models/mod.rs"]
mod models;

use cql_mapper::prelude::*;
use models::*;
use uuid::Uuid;

fn values() {
    // 1: a number for a text.
    let _ = User.name.eq(5);
    // 2: what a newtype stands for, instead of the newtype.
    let _ = Reading.tenant.eq(Uuid::nil());
    // 3: a column of another model.
    let _ = Reading::objects().filter(User.id.eq(Uuid::nil()));
    // 4: an assignment to a column of another model.
    let _ = User::update(Uuid::nil()).set(Reading.temp.to(1.0));
    // 5: an order by a column of another model.
    let _ = User::objects().filter(User.id.eq(Uuid::nil())).order_by(Reading.at.asc());
    // 6: elements of another type.
    let _ = User.tags.add([1, 2]);
    // 7: elements of a list for what is a set.
    let _ = User.tags.append(["a"]);
    // 8: elements of a set for what is a list.
    let _ = Reading.log.add(["a"]);
    // 9: an entry of what is no map.
    let _ = Reading.log.put("a", "b");
    // 10: a value of another type in a map.
    let _ = Reading.attrs.put("a", 1);
    // 11: one of several values of another type.
    let _ = User.version.is_in(["a"]);
    // 12: a key of too few columns.
    let _ = Reading::find((tenant(), CqlDate::default()));
    // 13: a key in another order.
    let _ = Reading::find((CqlDate::default(), tenant(), CqlTimestamp(1), 0));
    // 14: an `Option` where null is said by `clear`.
    let _ = User.nick.to(Some("a"));
    // 15: `contains` of what is no collection.
    let _ = User.name.contains("a");
    // 16: a field that is not there.
    let _ = User.nmae;
    // 17: a vector of another length.
    let _ = Reading.embedding.to([1.0_f32, 2.0]);
    // 18: another width of number.
    let _ = User.version.eq(5_i64);
}

fn main() {}
