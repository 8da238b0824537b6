//! References in TOML: settings of package managers and agents.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sluicegate_fuzz::references::look;

const PATHS: &[&str] = &[
    "bunfig.toml",
    ".cargo/config.toml",
    ".codex/config.toml",
    "mise.toml",
];

fuzz_target!(|input: (u8, &[u8])| look(PATHS, input));
