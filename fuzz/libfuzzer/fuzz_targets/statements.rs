//! See `cql_fuzz::statements`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| cql_fuzz::statements(data));
