//! Scenario M26: the rules that types check and those that are checked at run time are the same. All combinations of
//! restrictions of a key of two and two columns, not a sample of them.

mod models;

use cql_mapper::DynamicSelect;
use cql_mapper::key_state::{Between, Eq, In, Keys, Lower, NoIndex, Runnable, Unset, Upper};
use cql_mapper::prelude::*;
use models::*;
use std::marker::PhantomData;

/// Tells whether a state can be executed: the inherent method is there only if it can.
struct Probe<T>(PhantomData<T>);

impl<T: Runnable> Probe<T> {
    fn is_runnable(&self) -> bool {
        true
    }
}

trait Otherwise {
    fn is_runnable(&self) -> bool {
        false
    }
}
impl<T> Otherwise for Probe<T> {}

type Row = ([&'static str; 4], bool);

macro_rules! seq {
    ($rows:ident $tenant:ident $day:ident $at:ident: $($seq:ident)*) => {
        $({
            type State =
                Keys<($tenant<()>, ($day<()>, ())), ($at<()>, ($seq<()>, ())), NoIndex>;
            let names = [stringify!($tenant), stringify!($day), stringify!($at), stringify!($seq)];
            let row: Row = (names, Probe::<State>(PhantomData).is_runnable());
            $rows.push(row);
        })*
    };
}
macro_rules! at {
    ($rows:ident $tenant:ident $day:ident: $($at:ident)*) => {
        $(seq!($rows $tenant $day $at: Unset Eq In Lower Upper Between);)*
    };
}
macro_rules! day {
    ($rows:ident $tenant:ident: $($day:ident)*) => {
        $(at!($rows $tenant $day: Unset Eq In Lower Upper Between);)*
    };
}
macro_rules! tenant {
    ($rows:ident: $($tenant:ident)*) => {
        $(day!($rows $tenant: Unset Eq In);)*
    };
}

/// Adds the conditions that a state of a column stands for.
macro_rules! restrict {
    ($query:ident, $column:expr, $state:expr, $one:expr, $two:expr) => {
        match $state {
            "Eq" => $query.filter($column.eq($one)),
            "In" => $query.filter($column.is_in([$one, $two])),
            "Lower" => $query.filter($column.gt($one)),
            "Upper" => $query.filter($column.le($two)),
            "Between" => $query.filter($column.ge($one)).filter($column.lt($two)),
            _ => $query,
        }
    };
}

fn dynamic([tenant_state, day_state, at, seq]: [&str; 4]) -> DynamicSelect<Reading> {
    let query = Reading::objects().dynamic();
    let query = match tenant_state {
        "Eq" => query.filter(Reading.tenant.eq(tenant())),
        "In" => query.filter(Reading.tenant.is_in([tenant()])),
        _ => query,
    };
    let query = match day_state {
        "Eq" => query.filter(Reading.day.eq(CqlDate::default())),
        "In" => query.filter(Reading.day.is_in([CqlDate::default()])),
        _ => query,
    };
    let query = restrict!(query, Reading.at, at, CqlTimestamp(1), CqlTimestamp(2));
    restrict!(query, Reading.seq, seq, 1, 2)
}

#[test]
fn m26_dynamic_queries_accept_what_types_accept() {
    let mut rows: Vec<Row> = Vec::new();
    tenant!(rows: Unset Eq In);
    assert_eq!(rows.len(), 324);
    assert_eq!(rows.iter().filter(|(_, accepted)| *accepted).count(), 4 * 16);
    for (states, accepted) in rows {
        let checked = dynamic(states).check();
        assert_eq!(checked.is_ok(), accepted, "{states:?}: {checked:?}");
    }
}
