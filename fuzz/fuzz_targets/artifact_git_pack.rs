//! Any bytes as a pack of git.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sluicegate_fuzz::artifact::open_as("git_pack", data));
