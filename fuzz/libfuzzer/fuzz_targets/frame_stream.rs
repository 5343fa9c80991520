//! See `cql_fuzz::frame_stream`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| cql_fuzz::frame_stream(data));
