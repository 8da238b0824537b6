//! References in What is read line by line, as markup or by its calls.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sluicegate_fuzz::references::look;

const PATHS: &[&str] = &[
    "Jenkinsfile",
    ".teamcity/a.kts",
    "settings.xml",
    "NuGet.config",
    "build.gradle",
    "main.bicep",
    "ansible.cfg",
    "inventory.ini",
    "authorized_keys",
    ".npmrc",
    "requirements.txt",
    ".pypirc",
    ".condarc",
    ".aws/credentials",
    "AGENTS.md",
    ".env.production",
    ".env",
    "config/database.yml",
    "application.properties",
    "a.py",
    "a.ts",
];

fuzz_target!(|input: (u8, &[u8])| look(PATHS, input));
