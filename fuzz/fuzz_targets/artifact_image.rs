//! Any bytes as an image: a tar with a manifest.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sluicegate_fuzz::artifact::open_as("image", data));
