//! Where reports go, and what happens when they cannot.

use std::process::Stdio;

use crate::support::{Sandbox, ran, token};

#[test]
fn one_run_writes_several_reports() {
    let sandbox = Sandbox::with_token();
    let args = "scan --format json --output a.json --format sarif --output b.sarif --format text";
    let args: Vec<_> = args.split(' ').collect();
    sandbox.run(&args).ends(1).says(&["app.py:2"]);
    let json: serde_json::Value = serde_json::from_str(&sandbox.read("a.json")).expect("JSON");
    assert_eq!(
        json["findings"].as_array().map(Vec::len),
        Some(1),
        "{json:#}"
    );
    let sarif: serde_json::Value = serde_json::from_str(&sandbox.read("b.sarif")).expect("JSON");
    assert_eq!(sarif["version"], "2.1.0");
    assert_eq!(sandbox.names(), ["a.json", "app.py", "b.sarif"]);
}

#[test]
fn the_name_of_the_output_tells_the_format() {
    let sandbox = Sandbox::with_token();
    let ran = sandbox
        .run(&["scan", "-o", "a.jsonl", "-o", "a.txt"])
        .ends(1);
    assert_eq!(ran.stdout, "");
    assert_eq!(ran.stderr, "note: 1 finding, written to a.jsonl, a.txt\n");
    for line in sandbox.read("a.jsonl").lines() {
        serde_json::from_str::<serde_json::Value>(line).expect("each line is JSON");
    }
    assert!(sandbox.read("a.txt").contains("app.py:2"));
    let quiet = sandbox.run(&["scan", "-q", "-o", "a.txt"]).ends(1);
    assert_eq!((quiet.stdout.as_str(), quiet.stderr.as_str()), ("", ""));
}

#[test]
fn an_output_that_cannot_be_written_ends_with_3() {
    let sandbox = Sandbox::with_token();
    std::fs::create_dir(sandbox.path().join("folder.json")).expect("a folder");
    for (file, parts) in [
        (
            "missing/a.json",
            &["`missing/a.json`", "hint: make the folder"][..],
        ),
        ("folder.json", &["`folder.json`", "hint: name a file in it"]),
        ("app.py/a.json", &["`app.py/a.json`", "hint: "]),
    ] {
        let args = [
            "scan", "--output", file, "--format", "json", "--format", "text",
        ];
        let ran = sandbox.run(&args).ends(3).complains(parts);
        assert!(
            ran.stdout.contains("app.py:2"),
            "the other report is written: {ran:#?}"
        );
    }
    assert_eq!(sandbox.names(), ["app.py", "folder.json"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_ends_with_3() {
    let sandbox = Sandbox::with_token();
    for format in ["text", "json", "jsonl", "sarif"] {
        let args = ["scan", "--format", format, "--output", "/dev/full"];
        let ran = sandbox.run(&args).ends(3);
        let ran = ran.complains(&["`/dev/full`", "no space left", "hint: free some space"]);
        assert!(!ran.stderr.contains("written to"), "{}", ran.stderr);
    }
    let full = std::fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .expect("the device is there");
    let mut command = sandbox.command(&["scan"]);
    let child = command.stdout(full).stderr(Stdio::piped()).spawn();
    let ran = ran(child.expect("the program starts")).ends(3);
    ran.complains(&["standard output", "no space left", "hint: "]);
}

#[cfg(target_os = "linux")]
#[test]
fn devices_are_written_to_and_not_replaced() {
    let sandbox = Sandbox::with_token();
    let ran = sandbox.run(&["scan", "-q", "--format", "json", "--output", "/dev/stdout"]);
    ran.ends(1).json();
    sandbox
        .run(&["scan", "--format", "json", "--output", "/dev/null"])
        .ends(1);
    let null = std::fs::metadata("/dev/null").expect("it is there");
    assert!(!null.is_file());
}

#[test]
fn an_old_report_is_replaced_and_reports_with_secrets_are_private() {
    let sandbox = Sandbox::with_token();
    let path = sandbox.file("a.json", &"old ".repeat(100_000));
    sandbox.run(&["scan", "app.py", "-o", "a.json"]).ends(1);
    let text = sandbox.read("a.json");
    assert!(text.starts_with('{') && !text.contains("old "), "{text}");
    sandbox
        .run(&["scan", "app.py", "-o", "a.json", "--show-secrets"])
        .ends(1);
    assert!(sandbox.read("a.json").contains(&token()));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = path.metadata().expect("it is there").permissions().mode();
        assert_eq!(mode & 0o077, 0, "others may read it");
    }
    #[cfg(not(unix))]
    drop(path);
}

#[test]
fn a_reader_that_goes_away_is_a_normal_end() {
    let sandbox = Sandbox::with_token();
    for (args, code) in [
        (&["rules", "list", "--format", "json"][..], 0),
        (&["scan", "--format", "json"], 1),
        (&["man"], 0),
        (&["--help"], 0),
    ] {
        let mut child = sandbox.spawn(args);
        drop(child.stdout.take());
        let ran = ran(child).ends(code);
        assert_eq!(ran.stderr, "", "{args:?}");
    }
}

#[test]
fn quiet_leaves_the_findings_and_verbose_says_what_is_used() {
    let sandbox = Sandbox::with_token();
    let usual = sandbox.run(&["scan"]).ends(1);
    let quiet = sandbox
        .run(&["scan", "--quiet"])
        .ends(1)
        .says(&["app.py:2"]);
    assert!(quiet.stdout.len() < usual.stdout.len());
    assert_eq!(quiet.stderr, "");
    let clean = sandbox
        .run(&["scan", "--quiet", "--exclude", "app.py"])
        .ends(0);
    assert_eq!((clean.stdout.as_str(), clean.stderr.as_str()), ("", ""));
    let verbose = sandbox
        .run(&["scan", "--verbose", "--threads", "2"])
        .ends(1);
    assert_eq!(verbose.stdout.lines().count(), usual.stdout.lines().count());
    for part in [
        "note: configuration: none",
        " rules, digest ",
        "note: 2 threads",
    ] {
        assert!(verbose.stderr.contains(part), "{verbose:#?}");
    }
}
