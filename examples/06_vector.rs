//! Vector search (Cassandra 5.0): finds the named colour nearest to any other.

use cql_driver::Error;

const COLOURS: [(&str, [f32; 3]); 8] = [
    ("black", [0.0, 0.0, 0.0]),
    ("white", [1.0, 1.0, 1.0]),
    ("red", [1.0, 0.0, 0.0]),
    ("orange", [1.0, 0.65, 0.0]),
    ("olive", [0.5, 0.5, 0.0]),
    ("teal", [0.0, 0.5, 0.5]),
    ("navy", [0.0, 0.0, 0.5]),
    ("plum", [0.87, 0.63, 0.87]),
];

#[tokio::main]
async fn main() -> Result<(), Error> {
    let session = cql_examples::connect("examples_vector").await?;
    if !cql_examples::is_at_least(&session, 5) {
        println!("skipped: this cluster is older than Cassandra 5.0, which brought vectors");
        return cql_examples::finish(session).await;
    }

    session.execute("CREATE TABLE colours (name text PRIMARY KEY, rgb vector<float, 3>)", ()).await?;
    let index = "CREATE CUSTOM INDEX ON colours (rgb) USING 'StorageAttachedIndex' \
                 WITH OPTIONS = {'similarity_function': 'euclidean'}";
    session.execute(index, ()).await?;

    // A vector is an array, a slice or a `Vec`; one of the wrong length is refused before it is sent.
    let insert = session.prepare("INSERT INTO colours (name, rgb) VALUES (?, ?)").await?;
    for colour in COLOURS {
        // Not many at once: Cassandra 5.0 fails if a vector index takes more writes at a time than it has cores. Large
        // loads come before the index is created, as in the quickstart.
        session.execute(&insert, colour).await?;
    }

    let nearest = session
        .prepare("SELECT name, rgb, similarity_euclidean(rgb, ?) FROM colours ORDER BY rgb ANN OF ? LIMIT 3")
        .await?;
    for (what, colour) in
        [("a ripe tomato", [0.9_f32, 0.2, 0.1]), ("the sea", [0.0, 0.4, 0.6]), ("lilac", [0.8, 0.6, 0.8])]
    {
        let result = session.execute(&nearest, (colour, colour)).await?;
        println!("{what} is");
        for row in result.rows::<(&str, [f32; 3], f32)>()? {
            let (name, rgb, similarity) = row?;
            println!("  {name:<7} {rgb:?} {similarity:.2} alike");
        }
    }

    cql_examples::finish(session).await
}
