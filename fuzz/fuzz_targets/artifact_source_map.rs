//! Any bytes as a source map.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sluicegate_fuzz::artifact::open_as("source_map", data));
