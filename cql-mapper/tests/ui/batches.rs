//! What goes into which batch.

#[path = "../models/mod.rs"]
mod models;

use cql_mapper::prelude::*;
use models::*;

async fn batches(db: &Mapper) {
    let row = user(1);
    // 1: counters in a logged batch.
    let _ = Batch::logged().add(Hits::update("a").set(Hits.views.incr(1)));
    // 2: values in a batch of counters.
    let _ = Batch::counter().add(row.insert());
    // 3: the same of an update.
    let _ = Batch::counter().add(User::update(row.id).set(User.name.to("a")));
    // 4: a condition in a logged batch.
    let _ = Batch::logged().add(row.insert().if_not_exists());
    // 5: the same of an update.
    let _ = Batch::logged().add(User::update(row.id).set(User.name.to("a")).if_exists());
    // 6: a query.
    let _ = Batch::logged().add(User::find(row.id));
    // 7: executed twice.
    let batch = Batch::logged().add(row.insert());
    let _ = batch.exec(db).await;
    let _ = batch.exec(db).await;
}

fn main() {}
