//! Every protocol version with every compression.

use bytes::Bytes;
use cql_driver::error::ErrorKind;
use cql_driver::{Compression, ProtocolVersion, Session};
use cql_tests::{Capability, Database, live, live_with, scaled};
use futures::future::try_join_all;

/// A blob that does not compress.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let next = |state: &mut u64| {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        *state
    };
    (0..length.div_ceil(8)).flat_map(|_| next(&mut state).to_be_bytes()).take(length).collect()
}

async fn connect(db: &Database, version: ProtocolVersion, compression: Option<Compression>) -> Session {
    let mut builder = db.builder().protocol_version(version);
    if let Some(compression) = compression {
        builder = builder.compression(compression);
    }
    let session = builder.build().unwrap().connect().await.unwrap();
    assert_eq!(session.protocol_version(), version);
    session
}

/// Small and large values, one after the other and many at once.
async fn exercise(db: &Database, version: ProtocolVersion, compression: Option<Compression>) {
    let table = db.rows_table().await;
    let session = connect(db, version, compression).await;
    let key = format!("{version} {compression:?}");
    let insert = format!("INSERT INTO {table} (key, id, number, body, bytes) VALUES (?, ?, ?, ?, ?)");
    let insert = &session.prepare(insert).await.unwrap();
    let select = format!("SELECT number, body, bytes FROM {table} WHERE key = ? AND id = ?");
    let select = &session.prepare(select).await.unwrap();

    let megabyte = noise(1 << 20);
    let large = vec![7_u8; 5 << 20];
    for (id, bytes) in [&[][..], b"small", &megabyte, &large].into_iter().enumerate() {
        let id = i32::try_from(id).unwrap();
        session.execute(insert, (&key, id, id, "text", bytes)).await.unwrap();
        let result = session.execute(select, (&key, id)).await.unwrap();
        let read: (i32, &str, Bytes) = result.single_row().unwrap();
        assert!(read == (id, "text", Bytes::copy_from_slice(bytes)), "{} bytes", bytes.len());
    }

    let many = i32::try_from(scaled(500, 100)).unwrap();
    let body = "so long that compressing it pays ".repeat(20);
    let (session, key, body) = (&session, &key, &body);
    try_join_all(
        (0..many).map(|id| async move { session.execute(insert, (key, id, id, body, None::<Bytes>)).await }),
    )
    .await
    .unwrap();
    let read = try_join_all((0..many).map(|id| async move { session.execute(select, (key, id)).await }));
    for (id, result) in read.await.unwrap().iter().enumerate() {
        let row: (i32, &str, Option<&[u8]>) = result.single_row().unwrap();
        assert_eq!(row, (i32::try_from(id).unwrap(), body.as_str(), None));
    }
    session.close().await;
}

#[test]
fn v3_works_with_every_compression() {
    live(async |db| {
        for compression in [None, Some(Compression::Lz4), Some(Compression::Snappy)] {
            exercise(db, ProtocolVersion::V3, compression).await;
        }
    });
}

#[test]
fn v4_works_with_every_compression() {
    live_with(&[Capability::ProtocolV4], async |db| {
        for compression in [None, Some(Compression::Lz4), Some(Compression::Snappy)] {
            exercise(db, ProtocolVersion::V4, compression).await;
        }
    });
}

#[test]
fn v5_works_with_and_without_compression() {
    live_with(&[Capability::ProtocolV5], async |db| {
        for compression in [None, Some(Compression::Lz4)] {
            exercise(db, ProtocolVersion::V5, compression).await;
        }
    });
}

#[test]
fn the_newest_version_is_negotiated_and_another_one_is_not_taken_instead() {
    live(async |db| {
        let versions = db.release().versions();
        assert_eq!(db.session().protocol_version(), versions[0]);
        for &version in ProtocolVersion::ALL.iter().filter(|version| !versions.contains(version)) {
            let cluster = db.builder().protocol_version(version).build().unwrap();
            let refused = cluster.connect().await.unwrap_err();
            assert!(matches!(refused.kind(), ErrorKind::Connect(_)), "{refused:?}");
            assert!(refused.to_string().contains("version"), "{refused}");
        }
    });
}

#[test]
fn v5_with_snappy_is_refused_before_anything_connects() {
    live(async |db| {
        let builder = db.builder().protocol_version(ProtocolVersion::V5).compression(Compression::Snappy);
        let refused = builder.build().unwrap_err();
        assert!(matches!(refused.kind(), ErrorKind::Invalid(_)), "{refused:?}");
        assert!(refused.to_string().contains("lz4"), "{refused}");
    });
}
