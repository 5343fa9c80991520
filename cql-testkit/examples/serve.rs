//! Serves a simulated cluster on loopback, for clients in any language: `cargo run -p cql-testkit --example serve`.
//!
//! Prints the contact points on one line. Then it takes commands, one a line: `forget` has all nodes forget their prepared
//! statements, `down` says that the last node went down. It ends with its standard input. With `secure` as an argument it
//! asks for the user `ada` and the password `secret`.

use cql_testkit::{
    ColumnType, Consistency, ErrorCode, ErrorDetails, Prime, Received, Reply, Rows, SimCluster, Table, events,
};
use std::collections::BTreeMap;
use std::io::{BufRead, Write};
use std::sync::{Arc, Mutex};
use uuid::Uuid;

fn things() -> Table {
    Table::new("app", "things")
        .partition_key("id", ColumnType::Int)
        .column("name", ColumnType::Text)
        .column("data", ColumnType::Blob)
        .column("uid", ColumnType::Uuid)
        .column("numbers", ColumnType::list(ColumnType::Int))
        .column("counts", ColumnType::map(ColumnType::Text, ColumnType::BigInt))
}

/// What was inserted last, and a list and a map beside it.
type Thing = (i32, Option<String>, Vec<u8>, Uuid);

fn row((id, name, data, uid): Thing) -> Reply {
    let rows = Rows::of_table(
        "app",
        "things",
        [
            ("id", ColumnType::Int),
            ("name", ColumnType::Text),
            ("data", ColumnType::Blob),
            ("uid", ColumnType::Uuid),
            ("numbers", ColumnType::list(ColumnType::Int)),
            ("counts", ColumnType::map(ColumnType::Text, ColumnType::BigInt)),
        ],
    );
    Reply::rows(rows.row((id, name, data, uid, vec![1, 2, 3], BTreeMap::from([("a", 1_i64 << 40)]))))
}

fn page(first: i32) -> Rows {
    (first..first + 3).fold(Rows::new([("v", ColumnType::Int)]), |rows, value| rows.row((value,)))
}

fn prime(sim: &SimCluster) {
    let last: Arc<Mutex<Option<Thing>>> = Arc::default();
    let kept = Arc::clone(&last);
    let insert = "INSERT INTO app.things (id, name, data, uid) VALUES (?, ?, ?, ?)";
    sim.prime(Prime::query(insert).reply(Reply::computed(move |request: &Received| {
        let thing = (request.value(0), request.value(1), request.value(2), request.value(3));
        if let Ok(mut kept) = kept.lock() {
            *kept = Some(thing);
        }
        Reply::void()
    })));
    sim.prime(Prime::query("SELECT * FROM app.things WHERE id = ?").reply(Reply::computed(move |_| {
        match last.lock().ok().and_then(|last| last.clone()) {
            Some(thing) => row(thing),
            None => Reply::error_code(ErrorCode::INVALID, "nothing was inserted yet"),
        }
    })));
    let uid = Uuid::from_u128(7);
    sim.prime(Prime::query("SELECT * FROM app.things").reply(row((
        5,
        Some("five".to_owned()),
        vec![0, 255],
        uid,
    ))));
    sim.prime(Prime::query("SELECT v FROM app.pages").reply(Reply::pages([page(0), page(3), page(6)])));
    let exists = Rows::new([("[applied]", ColumnType::Boolean), ("id", ColumnType::Int)]).row((false, 5));
    sim.prime(
        Prime::query("INSERT INTO app.things (id) VALUES (5) IF NOT EXISTS")
            .once(Reply::applied())
            .reply(Reply::conditional(exists)),
    );
    let warned = Reply::rows(page(0)).with_warning("think twice").with_payload("k", Some("v".into()));
    sim.prime(Prime::query("SELECT v FROM app.warned").reply(warned));
    sim.prime(
        Prime::query("SELECT v FROM app.traced")
            .reply(Reply::rows(page(0)).with_tracing_id(Uuid::from_u128(9))),
    );
    let unavailable = ErrorDetails::Unavailable { consistency: Consistency::Quorum, required: 2, alive: 1 };
    sim.prime(Prime::query("SELECT v FROM app.unavailable").reply(Reply::error_details(unavailable)));
    sim.prime(
        Prime::query("SELECT v FROM app.invalid")
            .reply(Reply::error_code(ErrorCode::INVALID, "no such thing")),
    );
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let mut builder = SimCluster::builder().dc("dc1", 3).simple_keyspace("app", 3).table(things());
    if std::env::args().nth(1).is_some_and(|argument| argument == "secure") {
        builder = builder.credentials("ada", "secret");
    }
    let sim = builder.start().await?;
    prime(&sim);
    println!("{}", sim.contact_points().join(" "));
    std::io::stdout().flush()?;
    let (commands, mut received) = tokio::sync::mpsc::unbounded_channel();
    std::thread::spawn(move || {
        let lines = std::io::stdin().lock().lines();
        lines.map_while(Result::ok).all(|line| commands.send(line).is_ok())
    });
    while let Some(command) = received.recv().await {
        match command.trim() {
            "forget" => sim.nodes().iter().for_each(cql_testkit::Node::forget_all),
            "down" => sim.push(&events::down(sim.node(2).address())),
            other => eprintln!("serve: no command `{other}`"),
        }
        println!("done {command}");
        std::io::stdout().flush()?;
    }
    Ok(())
}
