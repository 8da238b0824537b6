//! Any bytes as a database of SQLite.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sluicegate_fuzz::artifact::open_as("sqlite", data));
