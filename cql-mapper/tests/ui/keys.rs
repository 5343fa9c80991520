//! M5, M7: which keys a query restricts.

#[path = "../models/mod.rs"]
mod models;

use cql_mapper::prelude::*;
use models::*;

async fn queries(db: &Mapper) {
    let (tenant, day) = (tenant(), CqlDate::default());
    let of_partition = || Reading::objects().filter(Reading.tenant.eq(tenant)).filter(Reading.day.eq(day));
    // 1: half of the partition key.
    let _ = Reading::objects().filter(Reading.tenant.eq(tenant)).all(db).await;
    // 2: none of it.
    let _ = Reading::objects().all(db).await;
    // 3: a gap in the clustering key.
    let _ = of_partition().filter(Reading.seq.eq(1)).all(db).await;
    // 4: a column behind a range.
    let _ = of_partition().filter(Reading.at.gt(CqlTimestamp(1))).filter(Reading.seq.eq(1)).all(db).await;
    // 5: a range of the partition key.
    let _ = Reading::objects().filter(Reading.day.gt(day));
    // 6: the same column twice.
    let _ = of_partition().filter(Reading.day.eq(day));
    // 7: two lower bounds.
    let _ = of_partition().filter(Reading.at.gt(CqlTimestamp(1))).filter(Reading.at.ge(CqlTimestamp(2)));
    // 8: a value and a bound.
    let _ = of_partition().filter(Reading.at.eq(CqlTimestamp(1))).filter(Reading.at.lt(CqlTimestamp(2)));
    // 9: a column without an index.
    let _ = of_partition().filter(Reading.temp.eq(1.0)).all(db).await;
    // 10: a static column is not of the key.
    let _ = of_partition().filter(Reading.site.eq("HQ")).all(db).await;
    // 11: counting needs keys as well.
    let _ = Reading::objects().filter(Reading.tenant.eq(tenant)).count(db).await;
    // 12: so does a stream.
    let _ = Reading::objects().stream(db).await;
    // 13: and a page.
    let _ = Reading::objects().page(db, None).await;
    // 14: `!=` is not for WHERE.
    let _ = of_partition().allow_filtering().filter(Reading.temp.not_eq(1.0));
}

fn main() {}
