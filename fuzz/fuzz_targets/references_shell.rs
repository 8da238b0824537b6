//! References in Shell words: scripts, makefiles, Dockerfiles.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sluicegate_fuzz::references::look;

const PATHS: &[&str] = &["a.sh", "Makefile", "Dockerfile", ".envrc"];

fuzz_target!(|input: (u8, &[u8])| look(PATHS, input));
