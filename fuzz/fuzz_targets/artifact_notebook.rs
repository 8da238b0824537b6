//! Any bytes as a notebook.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sluicegate_fuzz::artifact::open_as("notebook", data));
