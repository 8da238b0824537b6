//! References in JSON and JSON5: settings, templates, policies.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sluicegate_fuzz::references::look;

const PATHS: &[&str] = &[
    "renovate.json5",
    "template.json",
    "policy.json",
    "auth.json",
    ".docker/config.json",
    ".mcp.json",
    "devcontainer.json",
    "package.json",
    "a.template",
];

fuzz_target!(|input: (u8, &[u8])| look(PATHS, input));
