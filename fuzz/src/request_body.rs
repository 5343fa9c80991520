//! The body of a request.

use crate::version_of;
use cql_protocol::frame::Opcode;
use cql_protocol::request::{EncodeRequest, Request};

/// The first byte chooses the version, the second is the opcode. What decodes is encoded and decoded again.
pub fn request_body(data: &[u8]) {
    let [version, opcode, body @ ..] = data else { return };
    let (version, opcode) = (version_of(*version), Opcode::from_code(*opcode));
    let Ok(request) = Request::decode(version, opcode, body) else { return };
    assert_eq!(request.opcode(), opcode);
    read_values(&request);
    let mut encoded = Vec::new();
    if request.encode(version, &mut encoded).is_ok() {
        let again = Request::decode(version, opcode, &encoded).expect("what was encoded decodes");
        assert!(again == request, "{request:?} became {again:?}");
    }
}

fn read_values(request: &Request<'_>) {
    match request {
        Request::Query(query) => query.parameters.values.iter().for_each(drop),
        Request::Execute(execute) => execute.parameters.values.iter().for_each(drop),
        Request::Batch(batch) => {
            batch.statements.iter().for_each(|statement| statement.values.iter().for_each(drop));
        }
        _ => {}
    }
}
