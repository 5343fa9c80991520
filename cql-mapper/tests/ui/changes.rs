//! What can be assigned, and under which conditions.

#[path = "../models/mod.rs"]
mod models;

use cql_mapper::prelude::*;
use models::*;
use uuid::Uuid;

async fn changes(db: &Mapper) {
    let key = (tenant(), CqlDate::default(), CqlTimestamp(1), 0);
    let id = Uuid::nil();
    // 1: a column of the key.
    let _ = Reading.at.to(CqlTimestamp(1));
    // 2: null for what is never null.
    let _ = User.name.clear();
    // 3: a row's column for a partition.
    let _ = Reading::update_partition((key.0, key.1)).set(Reading.temp.to(1.0));
    // 4: a counter that is set.
    let _ = Hits.views.to(Counter(5));
    // 5: counting what is no counter.
    let _ = User.version.incr(1);
    // 6: a row of counters.
    let _ = Hits { page: "a".into(), views: Counter(0), clicks: Counter(0) }.insert();
    // 7: counters do not expire.
    let _ = Hits::update("a").set(Hits.views.incr(1)).ttl(5);
    // 8: counters have no timestamp.
    let _ = Hits::update("a").set(Hits.views.incr(1)).timestamp(5);
    // 9: counters have no conditions.
    let _ = Hits::update("a").set(Hits.views.incr(1)).if_exists();
    // 10: a condition on a counter.
    let _ = Hits::update("a").iff(Hits.views.eq(Counter(1)));
    // 11: a condition on a column of the key.
    let _ = User::update(id).set(User.name.to("a")).iff(User.id.eq(id));
    // 12: a transaction's timestamp.
    let _ = user(1).insert().if_not_exists().timestamp(5);
    // 13: the same of an update.
    let _ = User::update(id).set(User.name.to("a")).if_exists().timestamp(5);
    // 14: what is computed is not set.
    let _ = Reading.temp_written.to(5);
    // 15: a field of a frozen value.
    let _ = Frozen.address.field(Address.city).to("Oslo");
    // 16: a field of another type.
    let _ = Reading.address.field(Address.zip).to("0150");
    // 17: null for a field that is never null.
    let _ = Reading.address.field(Address.city).clear();
    // 18: `create` of a row of counters.
    let _ = Hits::create("a");
    let _ = db;
}

#[derive(Model)]
struct Frozen {
    #[cql(partition_key)]
    id: i32,
    address: Option<Address>,
}

fn main() {}
