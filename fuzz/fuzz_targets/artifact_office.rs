//! Any bytes as a document in a zip.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sluicegate_fuzz::artifact::open_as("office", data));
