//! See `cql_fuzz::segment_stream`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| cql_fuzz::segment_stream(data));
