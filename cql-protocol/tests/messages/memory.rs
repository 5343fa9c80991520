//! What the messages of the hot path allocate: nothing.

use allocation_counter::measure;
use bytes::Bytes;
use cql_protocol::frame::Opcode;
use cql_protocol::request::{
    BatchKind, BatchParameters, BatchWriter, EncodeRequest, Execute, Parameters, Request, Values, ValuesShape,
};
use cql_protocol::response::{CqlResult, Response, ResultMetadata, Rows};
use cql_protocol::{Consistency, ProtocolVersion};

const VALUES: &[u8] = &[0, 2, 0, 0, 0, 1, 42, 0xFF, 0xFF, 0xFF, 0xFF];

fn parameters() -> Parameters<'static> {
    let mut parameters = Parameters::new(Consistency::LocalQuorum);
    parameters.values = Values::positional(VALUES);
    parameters.skip_metadata = true;
    parameters.page_size = Some(5000);
    parameters.paging_state = Some(&[1, 2, 3]);
    parameters
}

#[test]
fn rows_without_metadata_are_decoded_without_allocating() {
    for &version in ProtocolVersion::ALL {
        let mut metadata = ResultMetadata::without_columns(2);
        metadata.paging_state = Some(Bytes::from_static(&[1, 2, 3]));
        let data = Bytes::from(vec![0xFF; 2 * 100 * 4]);
        let mut body = Vec::new();
        Response::Result(CqlResult::Rows(Rows::new(metadata, 100, data))).encode(version, &mut body).unwrap();
        let body = Bytes::from(body);
        // As it comes out of a read buffer: already shared.
        let _buffer = body.clone();
        let mut response = None;
        let info = measure(|| response = Some(Response::decode(version, Opcode::RESULT, body).unwrap()));
        assert_eq!(info.count_total, 0, "{version}");
        let Some(Response::Result(CqlResult::Rows(rows))) = response else { panic!() };
        assert_eq!((rows.rows_count, rows.data.len()), (100, 800));
    }
}

#[test]
fn void_is_decoded_without_allocating() {
    let body = Bytes::from(vec![0, 0, 0, 1]);
    let mut response = None;
    let info =
        measure(|| response = Some(Response::decode(ProtocolVersion::V5, Opcode::RESULT, body).unwrap()));
    assert_eq!((info.count_total, response), (0, Some(Response::Result(CqlResult::Void))));
}

#[test]
fn execute_goes_both_ways_without_allocating() {
    for &version in ProtocolVersion::ALL {
        let mut execute = Execute::new(&[1; 16], parameters());
        if version.has_result_metadata_id() {
            execute = execute.with_result_metadata_id(&[2; 16]);
        }
        let (mut out, mut prebuilt) = (Vec::with_capacity(256), Vec::with_capacity(256));
        let info = measure(|| {
            execute.encode(version, &mut out).unwrap();
            execute.encode_before_values(version, ValuesShape::Positional, &mut prebuilt).unwrap();
            prebuilt.extend_from_slice(VALUES);
            execute.parameters.encode_after_values(version, &mut prebuilt).unwrap();
            let decoded = Request::decode(version, Opcode::EXECUTE, &out).unwrap();
            let Request::Execute(decoded) = decoded else { panic!() };
            assert_eq!(decoded.parameters.values.iter().filter(Result::is_ok).count(), 2);
        });
        assert_eq!(info.count_total, 0, "{version}");
        assert_eq!(prebuilt, out);
    }
}

#[test]
fn a_batch_is_written_without_allocating() {
    let mut out = Vec::with_capacity(64 << 10);
    let info = measure(|| {
        let mut batch = BatchWriter::begin(BatchKind::UNLOGGED, ProtocolVersion::V5, &mut out);
        for _ in 0..1000 {
            batch.add_prepared(&[1; 16], VALUES).unwrap();
        }
        batch.finish(BatchParameters::new(Consistency::Quorum)).unwrap();
    });
    assert_eq!(info.count_total, 0);
}
