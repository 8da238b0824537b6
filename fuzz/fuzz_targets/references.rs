//! Any bytes as any kind of file: no panic, and every place lies in the file.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sluicegate_core::Span;
use sluicegate_references::{WATCH, inspect};

/// One path for each reader.
const PATHS: &[&str] = &[
    ".github/workflows/a.yml",
    "action.yml",
    ".gitlab-ci.yml",
    ".circleci/config.yml",
    "azure-pipelines.yml",
    "k8s/a.yaml",
    "charts/a/templates/a.yaml",
    "charts/a/values.yaml",
    "main.tf",
    "main.tf.json",
    "Dockerfile",
    "docker-compose.yml",
    "Jenkinsfile",
    "settings.xml",
    ".cargo/config.toml",
    ".mcp.json",
    ".npmrc",
    "a.sh",
    "main.bicep",
    "build.gradle",
    "a.py",
    "config/database.yml",
    "inventory.ini",
    "requirements.txt",
    ".env.production",
    "policy.json",
];

fuzz_target!(|input: (u8, &[u8])| {
    let (choice, bytes) = input;
    let path = PATHS[usize::from(choice) % PATHS.len()];
    let mut watched = Vec::new();
    for (number, word) in WATCH.iter().enumerate() {
        let places = bytes.windows(word.len()).enumerate();
        let same = places.filter(|(_, window)| window.eq_ignore_ascii_case(word.as_bytes()));
        watched.extend(same.map(|(at, _)| (number, Span::new(at, at + word.len()))));
    }
    for reference in inspect(path, bytes, &watched).references {
        assert!(reference.span.end <= bytes.len());
    }
});
