//! Completions and manual pages.

use crate::support::Sandbox;

#[test]
fn every_shell_gets_completions_for_every_command() {
    let sandbox = Sandbox::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = sandbox.run(&["completions", shell]).ends(0);
        for word in [
            "sluice",
            "scan",
            "explain",
            "min-confidence",
            "exclude-rule",
        ] {
            assert!(ran.stdout.contains(word), "{shell} lacks {word}");
        }
        // These two shells' scripts name no values of options.
        if !matches!(shell, "powershell" | "elvish") {
            assert!(ran.stdout.contains("definite"), "{shell} lacks the levels");
        }
        assert_eq!(ran.stderr, "");
    }
}

#[test]
fn every_command_has_a_page() {
    let sandbox = Sandbox::new();
    for (args, title) in [
        (&["man"][..], "sluice"),
        (&["man", "scan"], "sluice-scan"),
        (&["man", "rules"], "sluice-rules"),
        (&["man", "rules", "list"], "sluice-rules-list"),
        (&["man", "rules", "check"], "sluice-rules-check"),
        (&["man", "explain"], "sluice-explain"),
        (&["man", "config", "show"], "sluice-config-show"),
        (&["man", "completions"], "sluice-completions"),
    ] {
        let ran = sandbox.run(args).ends(0);
        assert!(
            ran.stdout.contains(&format!(".TH {title} 1")),
            "{args:?}: {ran:#?}"
        );
        assert!(ran.stdout.contains(".SH DESCRIPTION"), "{args:?}");
    }
    let page = sandbox.run(&["man", "scan"]);
    page.says(&["Exit codes:", "show\\-secrets"]);
}
