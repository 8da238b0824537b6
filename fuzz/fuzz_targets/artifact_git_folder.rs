//! Any bytes as a folder of git in a tar.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sluicegate_fuzz::artifact::open_as("git_folder", data));
