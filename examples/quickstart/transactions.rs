//! Lightweight transactions: a code is reserved once, and given away only by the airport that has it.

use crate::report::{self, Step};
use crate::{Failure, check};
use cql_driver::{Lwt, Session};

const CODE: &str = "QQZ";

pub(crate) async fn run(session: &Session) -> Result<(), Failure> {
    let reserve =
        session.prepare("INSERT INTO reserved_codes (iata, airport) VALUES (?, ?) IF NOT EXISTS").await?;
    let give = session.prepare("UPDATE reserved_codes SET airport = ? WHERE iata = ? IF airport = ?").await?;
    let step = Step::begin("transactions");
    let first = session.execute(&reserve, (CODE, "Atlantis")).await?;
    let second = session.execute(&reserve, (CODE, "Utopia")).await?;
    let wrong = session.execute(&give, ("El Dorado", CODE, "Utopia")).await?;
    let right = session.execute(&give, ("El Dorado", CODE, "Atlantis")).await?;
    step.end("4 conditional writes, one after the other");

    // What is not applied brings the row that is there; of an update, the columns of its condition.
    for (what, (outcome, expected)) in [
        ("insert QQZ for Atlantis if it does not exist", (reserved(first.lwt()?), None)),
        ("insert QQZ for Utopia if it does not exist", (reserved(second.lwt()?), Some("Atlantis"))),
        ("update it to El Dorado if it is Utopia's", (given(wrong.lwt()?), Some("Atlantis"))),
        ("update it to El Dorado if it is Atlantis's", (given(right.lwt()?), None)),
    ] {
        match outcome {
            None => report::detail(format!("applied      {what}")),
            Some(owner) => report::detail(format!("not applied  {what}: it is {owner}'s")),
        }
        check(what, &outcome, &expected)?;
    }
    Ok(())
}

/// The airport that has the code, if another has.
fn reserved<'a>(outcome: Lwt<(&'a str, &'a str)>) -> Option<&'a str> {
    match outcome {
        Lwt::Applied => None,
        Lwt::NotApplied(row) => Some(row.map_or("nobody", |(_, airport)| airport)),
    }
}

fn given(outcome: Lwt<(&str,)>) -> Option<&str> {
    match outcome {
        Lwt::Applied => None,
        Lwt::NotApplied(row) => Some(row.map_or("nobody", |(airport,)| airport)),
    }
}
