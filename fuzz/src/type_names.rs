//! Types: as options of the wire, and as the class names behind them.

use crate::version_of;
use cql_protocol::types::ColumnType;
use cql_protocol::wire::Reader;

/// The first byte chooses the version, or that the rest is the name of a class. What is read is written and read again.
pub fn type_names(data: &[u8]) {
    let [first, bytes @ ..] = data else { return };
    if first & 0x80 != 0 {
        if let Ok(class) = std::str::from_utf8(bytes) {
            let column_type = ColumnType::from_class(class);
            let again = ColumnType::from_class(&column_type.class());
            assert_eq!(again, column_type, "`{class}`");
        }
        return;
    }
    let version = version_of(*first);
    let Ok(column_type) = ColumnType::decode(&mut Reader::new(bytes)) else { return };
    let _ = column_type.to_string();
    let mut encoded = Vec::new();
    if column_type.encode(version, &mut encoded).is_ok() {
        let again = ColumnType::decode(&mut Reader::new(&encoded)).expect("what was encoded decodes");
        assert_eq!(again, column_type);
    }
}
