//! No statement depends on what a user types: texts are the model's constants and markers, whatever the values and names
//! at run time are.

#![allow(clippy::cast_possible_truncation, reason = "any numbers will do")]

mod models;

use cql_mapper::Model as _;
use cql_mapper::prelude::*;
use cql_mapper::schema::create_statements;
use models::{Hits, Reading, TenantId, User};
use proptest::prelude::*;
use uuid::Uuid;

/// Texts that would mean something if they got into a statement, and any others.
fn text() -> impl Strategy<Value = String> {
    let meaningful = prop::sample::select(vec![
        "'; DROP TABLE app.users; --",
        "\"",
        "' OR 1=1 ALLOW FILTERING",
        "?",
        ":name",
        "$$",
        "/* */",
        "\0",
        "x' IF NOT EXISTS",
        "{'class': 'x'}",
    ]);
    prop_oneof![meaningful.prop_map(str::to_owned), any::<String>()]
}

/// All statements that can be made of these values.
fn statements(texts: &[String; 3], number: i64, float: f64, id: u128) -> Vec<String> {
    let [one, two, three] = texts;
    let small = number as i32;
    let user = User {
        id: Uuid::from_u128(id),
        email: one.clone(),
        name: two.clone(),
        nick: Some(three.clone()),
        tags: [one.clone(), two.clone()].into(),
        version: small,
    };
    let key = (TenantId(user.id), CqlDate(small), CqlTimestamp(number), small);
    let objects = Reading::objects().filter(Reading.tenant.eq(key.0)).filter(Reading.day.eq(key.1));
    let filtered = objects.clone().allow_filtering();
    vec![
        user.insert().cql(),
        user.replace().ttl(small.unsigned_abs() % 1000).timestamp(number).cql(),
        user.insert().if_not_exists().cql(),
        User::create(user.id).set(User.name.to(one)).set(User.nick.to(two.as_str())).cql(),
        User::update(user.id).set(User.name.to(one)).set(User.tags.add([two, three])).timestamp(number).cql(),
        User::update(user.id)
            .set(User.nick.to(one))
            .iff(User.email.eq(two))
            .iff(User.version.not_eq(small))
            .cql(),
        User::objects().filter(User.email.eq(one)).limit(small.unsigned_abs()).cql(),
        User::find(user.id).delete().iff(User.name.eq(two)).cql(),
        User::raw("WHERE email = ? ALLOW FILTERING", (one.clone(),)).cql(),
        objects.clone().filter(Reading.at.gt(key.2)).filter(Reading.at.le(CqlTimestamp(number))).cql(),
        objects.clone().filter((Reading.at, Reading.seq).gt((key.2, small))).per_partition_limit(1).cql(),
        objects.filter(Reading.at.is_in([key.2])).dynamic().filter(Reading.seq.eq(small)).cql(),
        filtered.clone().filter(Reading.note.eq(one)).filter(Reading.tags.contains(two)).cql(),
        filtered.filter(Reading.attrs.entry(one, two)).filter(Reading.temp.gt(float)).cql(),
        Reading::objects().nearest(Reading.embedding, [float as f32; 3], small.unsigned_abs()).cql(),
        Reading::objects().token_range(number..).cql(),
        Reading::objects().after_token_of((key.0, key.1)).cql(),
        Reading::update(key).set(Reading.log.append([one])).set(Reading.attrs.put(one, two)).cql(),
        Reading::update(key).set(Reading.address.field(models::Address.city).to(one)).ttl(5).cql(),
        Reading::update_partition((key.0, key.1)).set(Reading.site.to(one)).cql(),
        Hits::update(one).set(Hits.views.incr(number)).cql(),
    ]
}

proptest! {
    #[test]
    fn texts_of_statements_depend_on_no_value(
        texts in [text(), text(), text()],
        number in any::<i64>(),
        float in any::<f64>(),
        id in any::<u128>(),
    ) {
        let plain = ["a", "b", "c"].map(str::to_owned);
        // `incr` of less than nothing takes away, and that is the one thing that shows.
        let sign = if number < 0 && number != i64::MIN { -1 } else { 1 };
        prop_assert_eq!(statements(&texts, number, float, id), statements(&plain, sign, 1.0, 1));
    }

    /// A keyspace is named at run time: whatever it is, it is one name within quotes.
    #[test]
    fn names_of_keyspaces_are_quoted(name in text()) {
        let quoted = format!("\"{}\"", name.replace('"', "\"\""));
        let is_plain = name.starts_with(|char: char| char.is_ascii_lowercase())
            && name.chars().all(|char| char.is_ascii_lowercase() || char.is_ascii_digit() || char == '_');
        for statement in create_statements::<User>(&name) {
            let (_, behind) = statement.split_once(if statement.contains("INDEX") { " ON " } else { "EXISTS " }).unwrap();
            let rest = behind.strip_prefix(&quoted).or_else(|| behind.strip_prefix(&name).filter(|_| is_plain));
            prop_assert!(rest.is_some_and(|rest| rest.starts_with(".users (")), "{}", statement);
        }
        prop_assert_eq!(User::META.table, "users");
    }
}
