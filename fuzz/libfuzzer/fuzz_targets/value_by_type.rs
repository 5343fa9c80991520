//! See `cql_fuzz::value_by_type`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| cql_fuzz::value_by_type(data));
