//! Any text as a configuration file: settings or an error with a line, never a panic;
//! and a layer laid over itself says the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sluicegate::config::{Config, Origin};

fuzz_target!(|text: &str| {
    let lines = text.split('\n').count();
    match Config::parse(".sluice.toml", text, "folder".as_ref()) {
        Err(wrong) => {
            assert!(!wrong.message().is_empty());
            assert!(
                wrong.line().is_none_or(|line| 1 <= line && line <= lines),
                "{wrong}"
            );
        }
        Ok(config) => {
            let settings = config.clone().or_default();
            let twice = config.clone().over(config).or_default();
            assert_eq!(settings.threads, twice.threads);
            assert_eq!(settings.markers, twice.markers);
            assert_eq!(settings.exclude.len() * 2, twice.exclude.len());
            for setting in &settings.exclude {
                let Origin::File { line, .. } = setting.origin else {
                    panic!("{:?} is from the file", setting.value);
                };
                assert!(1 <= line && line <= lines);
            }
            assert!(!settings.entries().is_empty());
            // A key file would be read, and a rule file: those are not ours to choose.
            if settings.key_file.is_none() {
                assert!(settings.options().is_ok());
            }
        }
    }
});
