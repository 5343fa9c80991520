//! The parts of a request by themselves: values written and read, the token, the replicas, checksums.
//!
//! `cargo bench -p cql-benches --bench micro [-- PART]`. Times of one machine at one moment: what must not get worse is
//! guarded by `benches/instructions` and the tests of allocation instead.

#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a benchmark that cannot go on ends; its groups are a macro's"
)]

use bytes::Bytes;
use cql_benches::statements::{A, B, BorrowedRow, C, Row, columns};
use cql_driver::routing::Partitioner;
use cql_driver::topology::{Node, ReplicationStrategy, Topology};
use cql_driver::value::{BindRow, CqlValue, FromCql, FromRow, RowIter, ToCql, ValuesWriter, write_value};
use cql_protocol::request::{Execute, Parameters, ValuesShape};
use cql_protocol::segment::{Encoder, crc24, crc32};
use cql_protocol::types::{ColumnSpec, ColumnType};
use cql_protocol::{Consistency, ProtocolVersion};
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::collections::BTreeMap;
use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use uuid::Uuid;

const VERSION: ProtocolVersion = ProtocolVersion::V5;

/// A whole EXECUTE.
fn encode(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("encode");
    let columns = columns();
    let mut parameters = Parameters::new(Consistency::LocalQuorum);
    parameters.page_size = Some(5000);
    parameters.timestamp = Some(1);
    let execute = Execute::new(&[1; 16], parameters).with_result_metadata_id(&[2; 16]);
    let mut out = Vec::new();
    let mut request = |name: &str, row: &dyn BindRow, columns: &[ColumnSpec]| {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                out.clear();
                execute.encode_before_values(VERSION, ValuesShape::Positional, &mut out).unwrap();
                let mut writer = ValuesWriter::new(&mut out, VERSION);
                row.bind(columns, &mut writer).unwrap();
                let _ = writer.finish();
                parameters.encode_after_values(VERSION, &mut out).unwrap();
                black_box(&mut out);
            });
        });
    };
    request("execute of a get", &(7_i64,), &columns[..1]);
    request("execute of a put", &(7_i64, A, B, C), &columns);
    group.finish();
}

/// Values by type.
struct ByType<'c> {
    criterion: &'c mut Criterion,
}

impl ByType<'_> {
    fn add<T: ToCql, R: for<'a> FromCql<'a>>(&mut self, name: &str, column_type: &ColumnType, value: &T) {
        let mut out = Vec::new();
        let _ = write_value(value, column_type, &mut out).unwrap();
        let cell = out.split_off(4);
        self.criterion.bench_function(&format!("write/{name}"), |bencher| {
            bencher.iter(|| {
                out.clear();
                let _ = write_value(black_box(value), column_type, &mut out).unwrap();
                black_box(&mut out);
            });
        });
        self.criterion.bench_function(&format!("read/{name}"), |bencher| {
            bencher.iter(|| black_box(R::from_cql(column_type, Some(black_box(&cell))).unwrap()));
        });
    }

    fn same<T: ToCql + for<'a> FromCql<'a>>(&mut self, name: &str, column_type: &ColumnType, value: &T) {
        self.add::<T, T>(name, column_type, value);
    }
}

fn values(criterion: &mut Criterion) {
    let mut by_type = ByType { criterion };
    by_type.same("boolean", &ColumnType::Boolean, &true);
    by_type.same("int", &ColumnType::Int, &7_i32);
    by_type.same("bigint", &ColumnType::BigInt, &7_i64);
    by_type.same("double", &ColumnType::Double, &1.5_f64);
    by_type.same("uuid", &ColumnType::Uuid, &Uuid::from_u128(7));
    by_type.same("inet", &ColumnType::Inet, &IpAddr::from(Ipv4Addr::LOCALHOST));
    by_type.same("text of 20", &ColumnType::Text, &A.to_owned());
    by_type.same("blob of 100", &ColumnType::Blob, &B.to_vec());
    by_type.same("list of 10 ints", &ColumnType::list(ColumnType::Int), &vec![7_i32; 10]);
    let map: BTreeMap<String, i32> = (0..10).map(|number| (format!("key {number}"), number)).collect();
    by_type.same("map of 10", &ColumnType::map(ColumnType::Text, ColumnType::Int), &map);
    by_type.same("vector of 768", &ColumnType::vector(ColumnType::Float, 768), &vec![0.5_f32; 768]);
    let any = CqlValue::List(vec![CqlValue::Int(7); 10]);
    by_type.same("CqlValue of a list of 10 ints", &ColumnType::list(ColumnType::Int), &any);
}

/// Rows of a page.
fn rows(criterion: &mut Criterion) {
    const ROWS: usize = 1000;
    fn read<'p, R: FromRow<'p>>(columns: &'p [ColumnSpec], page: &'p [u8]) {
        for row in RowIter::<R>::new(columns, page, ROWS).unwrap() {
            black_box(row.unwrap());
        }
    }
    let columns = columns();
    let mut page = Vec::new();
    for id in 0..ROWS as i64 {
        let row: [&dyn ErasedValue; 4] = [&id, &A, &B, &C];
        row.iter().zip(&*columns).for_each(|(value, column)| value.append(column.column_type(), &mut page));
    }
    let mut group = criterion.benchmark_group("rows");
    group.throughput(Throughput::Elements(ROWS as u64));
    group.bench_function("owned", |bencher| bencher.iter(|| read::<Row>(&columns, &page)));
    group.bench_function("borrowed", |bencher| bencher.iter(|| read::<BorrowedRow<'_>>(&columns, &page)));
    group.finish();
}

/// A value whose type is of no concern.
trait ErasedValue {
    fn append(&self, column_type: &ColumnType, out: &mut Vec<u8>);
}

impl<T: ToCql> ErasedValue for T {
    fn append(&self, column_type: &ColumnType, out: &mut Vec<u8>) {
        let _ = write_value(self, column_type, out).unwrap();
    }
}

fn token(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("token");
    let block = |values: &[&[u8]]| {
        let mut block = u16::try_from(values.len()).unwrap().to_be_bytes().to_vec();
        for value in values {
            block.extend(i32::try_from(value.len()).unwrap().to_be_bytes());
            block.extend_from_slice(value);
        }
        block
    };
    let (one, text) = (block(&[&7_i64.to_be_bytes()]), block(&[A.as_bytes()]));
    let two = block(&[&7_i64.to_be_bytes(), A.as_bytes()]);
    let mut of = |name: &str, partitioner: Partitioner, values: &[u8], key: &[u16]| {
        group.bench_function(name, |bencher| {
            bencher.iter(|| black_box(partitioner.token_of_values(black_box(values), key).unwrap()));
        });
    };
    of("Murmur3 of a bigint", Partitioner::Murmur3, &one, &[0]);
    of("Murmur3 of 20 characters", Partitioner::Murmur3, &text, &[0]);
    of("Murmur3 of both", Partitioner::Murmur3, &two, &[0, 1]);
    of("Random of a bigint", Partitioner::Random, &one, &[0]);
    group.finish();
}

/// The replicas of a token, in rings of three data centres.
fn plan(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("replicas");
    for tokens in [48_u64, 1536, 10_000] {
        let nodes = (0..12_u64).map(|number| {
            let address = SocketAddr::from(([127, 0, 0, u8::try_from(number + 1).unwrap()], 9042));
            let own = (0..tokens / 12).map(|at| {
                let step = u64::MAX / tokens;
                let token = (at * 12 + number).wrapping_mul(step).cast_signed();
                Partitioner::Murmur3.parse_token(&token.max(i64::MIN + 1).to_string()).unwrap()
            });
            Node::builder(Uuid::from_u128(number.into()), address)
                .datacenter(format!("dc{}", number % 3))
                .rack(format!("rack{}", number % 4))
                .tokens(own)
                .build()
        });
        let options = [("class", "NetworkTopologyStrategy"), ("dc0", "3"), ("dc1", "3")];
        let topology = Topology::builder()
            .nodes(nodes.map(Arc::new))
            .local_datacenter("dc0")
            .partitioner(Partitioner::Murmur3)
            .keyspace("ks", ReplicationStrategy::from_options(options))
            .build();
        let mut key = 0_u64;
        group.bench_function(BenchmarkId::from_parameter(tokens), |bencher| {
            bencher.iter_batched(
                || {
                    key += 1;
                    Partitioner::Murmur3.token_of_key(&key.to_be_bytes())
                },
                |token| black_box(topology.replicas("ks", &token).local().len()),
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
}

fn segment(criterion: &mut Criterion) {
    criterion
        .bench_function("crc24 of a header", |bencher| bencher.iter(|| black_box(crc24(black_box(&[7; 3])))));
    let mut group = criterion.benchmark_group("crc32");
    for length in [30, 170, 1024, 128 << 10] {
        let payload = vec![7; length];
        group.throughput(Throughput::Bytes(length as u64));
        group.bench_function(BenchmarkId::from_parameter(length), |bencher| {
            bencher.iter(|| black_box(crc32(black_box(&payload))));
        });
    }
    group.finish();
    let (mut encoder, mut out, frame) =
        (Encoder::segments(None).unwrap(), Vec::new(), Bytes::from(vec![7; 60]));
    criterion.bench_function("segment of 60 frames", |bencher| {
        bencher.iter(|| {
            out.clear();
            (0..60).for_each(|_| encoder.push_frame(&mut out, &[&frame]));
            encoder.seal(&mut out);
            black_box(&mut out);
        });
    });
}

criterion_group!(micro, encode, values, rows, token, plan, segment);
criterion_main!(micro);
