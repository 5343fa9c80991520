//! See `cql_fuzz::type_names`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| cql_fuzz::type_names(data));
