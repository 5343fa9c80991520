//! In which order rows can come, and what can be deleted.

#[path = "../models/mod.rs"]
mod models;

use cql_mapper::prelude::*;
use models::*;

async fn queries(db: &Mapper) {
    let (tenant, day) = (tenant(), CqlDate::default());
    let of_partition = || Reading::objects().filter(Reading.tenant.eq(tenant)).filter(Reading.day.eq(day));
    // 1: not a clustering column.
    let _ = of_partition().order_by(Reading.temp.desc());
    // 2: a clustering column whose predecessor is open.
    let _ = of_partition().order_by(Reading.seq.desc());
    // 3: of a partition that is not known.
    let _ = Reading::objects().filter(Reading.tenant.eq(tenant)).order_by(Reading.at.asc());
    // 4: a column of the partition key.
    let _ = of_partition().order_by(Reading.day.asc());
    // 5: an order beside an index.
    let _ = of_partition().filter(Reading.sensor.eq("s")).order_by(Reading.at.asc());
    // 6: neighbours of what is no vector.
    let _ = Reading::objects().nearest(Reading.temp, 1.0, 2);
    // 7: deleting half a key.
    let _ = Reading::objects().filter(Reading.tenant.eq(tenant)).delete();
    // 8: deleting by an index.
    let _ = Reading::objects().filter(Reading.sensor.eq("s")).delete();
    // 9: deleting everything.
    let _ = Reading::objects().scan().delete();
    // 10: deleting by filtering.
    let _ = Reading::objects().allow_filtering().filter(Reading.temp.gt(1.0)).delete();
    let _ = db;
}

fn main() {}
