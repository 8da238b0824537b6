//! How the program ends, and that it always says why.

use crate::support::{Sandbox, TOKEN_RULE, acme_rules, token, token_line};

#[test]
fn a_clean_folder_ends_with_0_and_a_finding_with_1() {
    let sandbox = Sandbox::new();
    sandbox.file("readme.md", "nothing to see\n");
    sandbox.run(&["scan"]).ends(0);
    sandbox.file("app.py", &token_line());
    let ran = sandbox.run(&["scan"]).ends(1).says(&["app.py"]);
    assert_eq!(ran.stderr, "");
}

#[test]
fn wrong_usage_ends_with_2_and_says_what_and_how_else() {
    let sandbox = Sandbox::with_token();
    sandbox.file("bad.toml", "[provider]\nid = \"x\"\nnaem = \"X\"\n");
    sandbox.file("strange.toml", "[[rule]]\nid = \"x\"\npattern = \"x\"\n");
    sandbox.file("own/acme.toml", &acme_rules());
    sandbox.file("bad-config.toml", "[scan]\nthreadz = 2\n");
    std::fs::create_dir(sandbox.path().join("empty")).expect("a folder");
    for (args, parts) in [
        (
            &["scan", "nowhere"][..],
            &["`nowhere`: no such file", "hint: "][..],
        ),
        (&["scan", "app.py", "nowhere"], &["`nowhere`", "hint: "]),
        (&["scan", "--frmat", "json"], &["--frmat", "--format"]),
        (&["scan", "--format", "yaml"], &["yaml", "jsonl"]),
        (&["scan", "--threads", "many"], &["many"]),
        (&["scan", "--threads", "99999"], &["99999", "1024"]),
        (&["scan", "--max-file-size", "10X"], &["`10X` is no size"]),
        (&["scan", "--min-confidence", "sure"], &["hint", "definite"]),
        (&["scan", "--ignore-marker", "noqa"], &["noqa", "gitleaks"]),
        (&["scan", "--exclude", "a[b"], &["a[b", "hint: "]),
        (
            &["scan", "--rule", "github-personal-acess-token"],
            &[TOKEN_RULE, "hint: "],
        ),
        (
            &["scan", "--exclude-rule", "nope-nope-nope"],
            &["nope-nope-nope", "rules list"],
        ),
        (
            &["scan", "--rules", "nowhere.toml"],
            &["nowhere.toml: cannot be read", "hint: check the spelling"],
        ),
        (
            &["scan", "--rules", "empty"],
            &["empty: holds no `*.toml`", "hint: "],
        ),
        (
            &["scan", "--rules", "bad.toml"],
            &["bad.toml:3: ", "`name`", "hint: "],
        ),
        (
            &["scan", "--rules", "strange.toml"],
            &["strange.toml:3: unknown key `pattern`\nhint: "],
        ),
        (
            &["scan", "--rules", "own", "--rules", "bad.toml"],
            &["bad.toml:3: "],
        ),
        (
            &["scan", "--config", "nowhere.toml"],
            &["nowhere.toml: cannot be read", "hint: "],
        ),
        (
            &["scan", "--config", "bad-config.toml"],
            &["bad-config.toml:2: ", "did you mean `threads`", "hint: "],
        ),
        (&["scan", "--config", "x", "--no-config"], &["--no-config"]),
        (
            &["scan", "--format", "json", "--format", "text"],
            &["standard output", "hint: "],
        ),
        (&["scan", "--output", "report"], &["`report`", "hint: "]),
        (
            &["scan", "--no-builtin-rules"],
            &["no rules are left", "hint: "],
        ),
        (&["scan", "-", "-"], &["standard input", "hint: "]),
        (&["explain", "app.py"], &["app.py", "12"]),
        (&["explain", ".:1"], &["`.` is a folder", "hint: "]),
        (
            &["explain", "nowhere:1"],
            &["`nowhere`: no such file", "hint: "],
        ),
        (&["explain", "app.py:99"], &["no line 99", "2 lines"]),
        (&["rules", "show", "githb"], &["`githb`", "hint: "]),
        (
            &["rules", "list", "--provider", "gitub"],
            &["`gitub`", "hint: did you mean `github`"],
        ),
        (&["config", "show", "nowhere"], &["`nowhere`", "hint: "]),
        (&["man", "scam"], &["`scam`", "did you mean `scan`"]),
        (&["completions", "tcsh"], &["tcsh", "bash"]),
        (&["scna"], &["scna", "scan"]),
    ] {
        let ran = sandbox.run(args);
        assert_eq!(ran.code, Some(2), "{args:?}: {ran:#?}");
        let ran = ran.complains(parts);
        assert_eq!(ran.stdout, "", "{args:?}");
    }
    assert_eq!(sandbox.run(&[]).code, Some(2));
}

#[test]
fn help_and_version_are_results() {
    let sandbox = Sandbox::new();
    for args in [
        &["--help"][..],
        &["-h"],
        &["help", "scan"],
        &["scan", "--help"],
        &["rules"],
    ] {
        let ran = sandbox.run(args);
        let (code, text) = if args == ["rules"] {
            (2, &ran.stderr)
        } else {
            (0, &ran.stdout)
        };
        assert!(text.contains("Usage:"), "{args:?}: {ran:#?}");
        assert_eq!(ran.code, Some(code), "{args:?}");
    }
    let version = format!("sluice {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(sandbox.run(&["--version"]).ends(0).stdout, version);
}

#[test]
fn what_is_incomplete_ends_with_3_even_with_findings() {
    let sandbox = Sandbox::with_token();
    sandbox.file("large.txt", &"nothing to see here\n".repeat(100));
    let ran = sandbox.run(&["scan", "--max-file-size", "1K"]).ends(3);
    assert!(
        ran.stdout.contains("app.py:2"),
        "findings are still reported: {ran:#?}"
    );
    ran.complains(&[
        "incomplete",
        "large.txt",
        "2000 bytes",
        "hint: raise --max-file-size",
    ]);
    // The same whatever the format.
    let ran = sandbox
        .run(&["scan", "--max-file-size", "1K", "--format", "json"])
        .ends(3);
    ran.json();
    ran.complains(&["incomplete"]);
}

/// Runs as root as well, where permissions keep nobody out.
#[cfg(target_os = "linux")]
#[test]
fn what_cannot_be_read_ends_with_3_and_is_named() {
    let sandbox = Sandbox::with_token();
    let ran = sandbox.run(&["scan", "app.py", "/proc/self/mem"]).ends(3);
    let ran = ran.complains(&["/proc/self/mem", "hint: give read access"]);
    assert!(ran.stdout.contains("app.py:2"), "{ran:#?}");
    assert!(!ran.stderr.contains("os error"), "{ran:#?}");
}

#[cfg(unix)]
#[test]
fn an_unreadable_folder_ends_with_3() {
    use std::os::unix::fs::PermissionsExt as _;
    let sandbox = Sandbox::new();
    sandbox.file("closed/a.txt", "x");
    let closed = sandbox.path().join("closed");
    let mode = |mode| {
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(&closed, permissions).expect("it is ours");
    };
    mode(0o000);
    // For root nothing is closed.
    if std::fs::read_dir(&closed).is_err() {
        sandbox
            .run(&["scan"])
            .ends(3)
            .complains(&["closed", "hint: give read access"]);
        sandbox
            .run(&["scan", "closed"])
            .ends(3)
            .complains(&["closed"]);
    }
    mode(0o755);
}

#[cfg(unix)]
#[test]
fn a_pipe_that_is_named_is_refused_and_one_in_a_folder_is_left_out() {
    let sandbox = Sandbox::new();
    let made = std::process::Command::new("mkfifo")
        .arg(sandbox.path().join("pipe"))
        .status()
        .expect("mkfifo runs");
    assert!(made.success());
    sandbox
        .run(&["scan", "pipe"])
        .ends(2)
        .complains(&["`pipe`", "hint: ", "sluice scan - <"]);
    sandbox
        .run(&["explain", "pipe:1"])
        .ends(2)
        .complains(&["`pipe`"]);
    sandbox.run(&["scan"]).ends(0);
}

#[test]
fn standard_input_is_scanned_for_a_dash() {
    let sandbox = Sandbox::new();
    let line = token_line();
    sandbox
        .run_with_input(&line, &["scan", "-"])
        .ends(1)
        .says(&["-:1"]);
    sandbox.run_with_input("nothing\n", &["scan", "-"]).ends(0);
    sandbox.run_with_input("", &["scan", "-"]).ends(0);
    let long = format!("{}{line}\n", "filler\n".repeat(200_000));
    sandbox
        .run_with_input(&long, &["scan", "-"])
        .ends(1)
        .says(&["-:200001"]);
}

#[test]
fn values_are_shown_only_when_asked_for() {
    let sandbox = Sandbox::with_token();
    let token = token();
    for format in ["text", "json", "jsonl", "sarif"] {
        let ran = sandbox.run(&["scan", "--format", format]).ends(1);
        assert!(
            !ran.stdout.contains(&token[8..]),
            "{format} shows the value"
        );
        assert!(
            ran.stdout.contains("ghp_***"),
            "{format} shows no shape: {ran:#?}"
        );
        let ran = sandbox
            .run(&["scan", "--format", format, "--show-secrets"])
            .ends(1);
        assert!(
            ran.stdout.contains(&token),
            "{format} hides the value: {ran:#?}"
        );
    }
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let sandbox = Sandbox::with_token();
    for number in 0..40 {
        let name = format!("d{}/f{number}.txt", number % 4);
        sandbox.file(&name, &format!("{}\n", token_line()));
    }
    let one = sandbox
        .run(&["scan", "--threads", "1", "--format", "json"])
        .ends(1);
    for threads in ["2", "4", "0"] {
        let more = sandbox.run(&["scan", "--threads", threads, "--format", "json"]);
        assert_eq!(more.stdout, one.stdout, "{threads} threads");
    }
}
