//! Which CQL comes of what: nothing here needs a cluster.

mod models;

use cql_mapper::prelude::*;
use models::*;
use uuid::Uuid;

const READING: &str = "tenant, day, at, seq, site, sensor, temp, note, tags, log, attrs, status, address, \
                       \"batteryPct\", embedding, writetime(temp) AS temp_written";

fn day() -> CqlDate {
    CqlDate::default()
}

#[test]
fn rows_are_found_by_their_key() {
    let found = Reading::find((tenant(), day(), CqlTimestamp(1), 0));
    let expected =
        format!("SELECT {READING} FROM iot.readings WHERE tenant = ? AND day = ? AND at = ? AND seq = ?");
    assert_eq!(found.cql(), expected);
    assert_eq!(
        User::find(Uuid::nil()).cql(),
        "SELECT id, email, name, nick, tags, version FROM app.users WHERE id = ?"
    );
}

#[test]
fn conditions_order_and_limits_are_in_the_text_and_values_are_not() {
    let query = Reading::objects()
        .filter(Reading.tenant.eq(tenant()))
        .filter(Reading.day.eq(day()))
        .filter(Reading.at.gt(CqlTimestamp(1)))
        .filter(Reading.at.le(CqlTimestamp(9)));
    let ordered =
        query.clone().order_by(Reading.at.asc()).limit(3).limit(10).columns((Reading.at, Reading.temp));
    assert_eq!(
        ordered.cql(),
        "SELECT at, temp FROM iot.readings WHERE tenant = ? AND day = ? AND at > ? AND at <= ? ORDER BY at ASC LIMIT ?"
    );
    // The original is as it was.
    assert!(query.cql().ends_with("WHERE tenant = ? AND day = ? AND at > ? AND at <= ?"), "{}", query.cql());
    assert_eq!(
        query.per_partition_limit(2).project::<Card>().cql(),
        "SELECT at, temp FROM iot.readings WHERE tenant = ? AND day = ? AND at > ? AND at <= ? PER PARTITION LIMIT ?"
    );
}

#[test]
fn indexes_filtering_and_neighbours() {
    let by_sensor = Reading::objects().filter(Reading.sensor.eq("s1")).columns((Reading.seq,));
    assert_eq!(by_sensor.cql(), "SELECT seq FROM iot.readings WHERE sensor = ?");
    let warm = Reading::objects().allow_filtering().filter(Reading.temp.gt(30.0)).columns((Reading.seq,));
    assert_eq!(warm.cql(), "SELECT seq FROM iot.readings WHERE temp > ? ALLOW FILTERING");
    let tagged =
        Reading::objects().allow_filtering().filter(Reading.tags.contains("a")).columns((Reading.seq,));
    assert_eq!(tagged.cql(), "SELECT seq FROM iot.readings WHERE tags CONTAINS ? ALLOW FILTERING");
    let near = Reading::objects().nearest(Reading.embedding, [0.5, 0.5, 0.0], 2).columns((Reading.seq,));
    assert_eq!(near.cql(), "SELECT seq FROM iot.readings ORDER BY embedding ANN OF ? LIMIT ?");
}

#[test]
fn a_row_is_inserted_by_one_statement_with_all_its_columns() {
    let columns = READING.replace(", writetime(temp) AS temp_written", "");
    let marks = vec!["?"; 15].join(", ");
    let insert = format!("INSERT INTO iot.readings ({columns}) VALUES ({marks})");
    let row = reading(0);
    assert_eq!(row.insert().cql(), insert);
    assert_eq!(row.replace().cql(), insert);
    assert_eq!(row.insert().ttl(5).cql(), format!("{insert} USING TTL ?"));
    assert_eq!(row.insert().if_not_exists().ttl(5).cql(), format!("{insert} IF NOT EXISTS USING TTL ?"));
    assert_eq!(
        User::create(Uuid::nil()).set(User.name.to("Ada")).cql(),
        "INSERT INTO app.users (id, name) VALUES (?, ?)"
    );
}

#[test]
fn a_change_is_one_statement_whatever_is_changed() {
    let key = (tenant(), day(), CqlTimestamp(1), 0);
    let update = Reading::update(key)
        .set(Reading.temp.to(21.5))
        .set(Reading.note.clear())
        .set(Reading.tags.add(["hot"]))
        .set(Reading.log.append(["t+1"]))
        .set(Reading.log.prepend(["t-1"]))
        .set(Reading.attrs.put("fw", "1.2"))
        .set(Reading.attrs.remove_keys(["old"]))
        .set(Reading.address.field(Address.city).to("Oslo"))
        .set(Reading.site.to("HQ"));
    assert_eq!(
        update.clone().ttl(60).cql(),
        "UPDATE iot.readings USING TTL ? SET temp = ?, note = ?, tags = tags + ?, log = log + ?, log = ? + log, \
         attrs[?] = ?, attrs = attrs - ?, address.city = ?, site = ? \
         WHERE tenant = ? AND day = ? AND at = ? AND seq = ?"
    );
    let nothing = Reading::update(key).set(Reading.tags.add(Vec::<String>::new()));
    assert_eq!(nothing.cql(), "");
}

#[test]
fn static_columns_alone_leave_the_clustering_key_out() {
    let expected = "UPDATE iot.readings SET site = ? WHERE tenant = ? AND day = ?";
    let key = (tenant(), day(), CqlTimestamp(1), 0);
    assert_eq!(Reading::update(key).set(Reading.site.to("HQ")).cql(), expected);
}

#[test]
fn conditions_of_transactions() {
    let update =
        User::update(Uuid::nil()).set(User.version.to(4)).iff(User.version.eq(3)).iff(User.email.eq("a"));
    assert_eq!(update.cql(), "UPDATE app.users SET version = ? WHERE id = ? IF version = ? AND email = ?");
    let delete = User::find(Uuid::nil()).delete();
    assert_eq!(delete.cql(), "DELETE FROM app.users WHERE id = ?");
    assert_eq!(delete.if_exists().cql(), "DELETE FROM app.users WHERE id = ? IF EXISTS");
}

#[test]
fn counters_are_added_to() {
    let update = Hits::update("home").set(Hits.views.incr(2)).set(Hits.clicks.incr(-1));
    assert_eq!(update.cql(), "UPDATE iot.hits SET views = views + ?, clicks = clicks - ? WHERE page = ?");
}

#[test]
fn ranges_of_a_partition_are_deleted() {
    let delete = Reading::objects()
        .filter(Reading.tenant.eq(tenant()))
        .filter(Reading.day.eq(day()))
        .filter(Reading.at.lt(CqlTimestamp(5)))
        .delete();
    assert_eq!(delete.cql(), "DELETE FROM iot.readings WHERE tenant = ? AND day = ? AND at < ?");
}

/// Scenario M1.
#[test]
fn m1_a_table_is_created_with_its_types_and_indexes() {
    let statements = cql_mapper::schema::create_statements::<Reading>("iot");
    assert_eq!(
        statements,
        [
            "CREATE TYPE IF NOT EXISTS iot.address (street text, city text, \"zipCode\" int)",
            "CREATE TABLE IF NOT EXISTS iot.readings (tenant uuid, day date, at timestamp, seq int, site text static, \
             sensor text, temp double, note text, tags set<text>, log list<text>, attrs map<text, text>, status text, \
             address address, \"batteryPct\" int, embedding vector<float, 3>, \
             PRIMARY KEY ((tenant, day), at, seq)) WITH CLUSTERING ORDER BY (at DESC, seq ASC) \
             AND default_time_to_live = 604800 AND compaction = {'class': 'TimeWindowCompactionStrategy', \
             'compaction_window_unit': 'DAYS', 'compaction_window_size': '1'}",
            "CREATE CUSTOM INDEX IF NOT EXISTS readings_sensor_idx ON iot.readings (sensor) USING 'sai'",
            "CREATE CUSTOM INDEX IF NOT EXISTS readings_embedding_idx ON iot.readings (embedding) USING 'sai' \
             WITH OPTIONS = {'similarity_function': 'cosine'}",
        ]
    );
}
