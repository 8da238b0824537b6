//! Markers in files, each of which can be switched off.

use crate::support::{Sandbox, token_line};

/// The name of each marker and a text that holds a token which it lets pass. Joined
/// here, so that this file has no marker of its own.
fn marked() -> Vec<(&'static str, String)> {
    let line = token_line();
    let behind = |words: &[&str], sign: &str| format!("{line}  # {}\n", words.join(sign));
    vec![
        ("sluice", behind(&["sluice", "allow"], ":")),
        ("gitleaks", behind(&["gitleaks", "allow"], ":")),
        ("betterleaks", behind(&["betterleaks", "allow"], ":")),
        ("trufflehog", behind(&["trufflehog", "ignore"], ":")),
        ("kingfisher", behind(&["kingfisher", "ignore"], ":")),
        (
            "detect-secrets",
            behind(&["pragma", " allowlist secret"], ":"),
        ),
        (
            "detect-secrets-nextline",
            format!(
                "# {}\n{line}\n",
                ["pragma", " allowlist nextline secret"].join(":")
            ),
        ),
        ("ggshield", behind(&["gg", "ignore"], "")),
    ]
}

#[test]
fn every_marker_is_honoured_and_can_be_switched_off() {
    for (name, text) in marked() {
        let sandbox = Sandbox::new();
        sandbox.file("a.py", &text);
        let ran = sandbox.run(&["scan", "--format", "json"]);
        assert_eq!(ran.code, Some(0), "{name}: {ran:#?}");
        for flags in [&["--ignore-marker", name][..], &["--no-markers"]] {
            let args = [&["scan"], flags].concat();
            let ran = sandbox.run(&args);
            assert_eq!(ran.code, Some(1), "{args:?}: {ran:#?}");
        }
        sandbox.file(
            ".sluice.toml",
            &format!("[suppressions]\ndisable = ['{name}']\n"),
        );
        assert_eq!(
            sandbox.run(&["scan"]).code,
            Some(1),
            "{name} by configuration"
        );
        sandbox.file(".sluice.toml", "[suppressions]\nmarkers = []\n");
        assert_eq!(
            sandbox.run(&["scan"]).code,
            Some(1),
            "none by configuration"
        );
        assert_eq!(sandbox.run(&["scan", "--no-config"]).code, Some(0));
    }
}

#[test]
fn another_marker_is_not_switched_off_with_it() {
    for (name, text) in marked() {
        let other = if name == "sluice" {
            "gitleaks"
        } else {
            "sluice"
        };
        let sandbox = Sandbox::new();
        sandbox.file("a.py", &text);
        sandbox.run(&["scan", "--ignore-marker", other]).ends(0);
    }
}
