//! Scans of histories that real git has made.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::{Ran, Sandbox, TOKEN_RULE, token, token_line};

/// Runs git in a folder of the sandbox, on a day of November 2023.
fn git_on(sandbox: &Sandbox, folder: &str, day: u32, args: &[&str]) -> String {
    let date = format!("2023-11-{day:02}T12:00:00+02:00");
    let output = Command::new("git")
        .args([
            "-c",
            "user.name=A U Thor",
            "-c",
            "user.email=a@example.invalid",
        ])
        .args(["-c", "protocol.file.allow=always", "-c", "gc.auto=0"])
        .args(args)
        .current_dir(sandbox.path().join(folder))
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_AUTHOR_DATE", &date)
        .env("GIT_COMMITTER_DATE", &date)
        .output()
        .expect("git runs");
    assert!(output.status.success(), "git {args:?}: {output:?}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn commit(sandbox: &Sandbox, folder: &str, day: u32, message: &str) -> String {
    git_on(sandbox, folder, day, &["add", "-A"]);
    git_on(
        sandbox,
        folder,
        day,
        &["commit", "-q", "--allow-empty", "-m", message],
    );
    git_on(sandbox, folder, day, &["rev-parse", "HEAD"])
}

/// A repository `repo` whose second commit brings a token and whose third removes it;
/// gives the second.
fn removed_token(sandbox: &Sandbox) -> String {
    std::fs::create_dir_all(sandbox.path().join("repo")).expect("a folder");
    git_on(sandbox, "repo", 1, &["init", "-q", "-b", "main"]);
    sandbox.file("repo/app.py", "import os\n");
    commit(sandbox, "repo", 10, "start");
    sandbox.file("repo/app.py", &format!("import os\n{}\n", token_line()));
    let brought = commit(sandbox, "repo", 14, &format!("add {}", token()));
    sandbox.file("repo/app.py", "import os\n");
    commit(sandbox, "repo", 20, "remove it");
    brought
}

/// Every place in a report that is about an occurrence at `path`.
fn places(ran: &Ran, path: &str) -> Vec<Value> {
    let findings = ran.json()["findings"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let all = findings
        .iter()
        .flat_map(|f| f["occurrences"].as_array().cloned());
    all.flatten()
        .filter(|place| place["path"] == path)
        .collect()
}

#[test]
fn a_removed_token_is_found_with_the_commit_that_brought_it() {
    let sandbox = Sandbox::new();
    let brought = removed_token(&sandbox);
    sandbox.run(&["scan", "repo"]).ends(0);
    let short = &brought[..12];
    let ran = sandbox.run(&["scan", "--history", "repo"]).ends(1).says(&[
        "app.py:2:10",
        &format!("commit  {short} of 2023-11-14 by A U Thor <a@example.invalid>"),
        "add ghp_***",
        "not at HEAD, but a branch or another reference leads to it",
        "of 3 commits",
        "searched    ",
    ]);
    assert_eq!(ran.stderr, "");
    assert!(!ran.stdout.contains(&token()));
    sandbox
        .run(&["scan", "--history", "repo", "--quiet"])
        .ends(1)
        .says(&[TOKEN_RULE, &format!(" in {short}")]);
    let ran = sandbox
        .run(&["scan", "--history", "repo", "--format", "json"])
        .ends(1);
    let all = places(&ran, "app.py");
    assert_eq!(all.len(), 1);
    let provenance = &all[0]["provenance"];
    assert_eq!(provenance["commit"]["id"], *brought);
    assert_eq!(provenance["commit"]["date"], "2023-11-14T12:00:00+02:00");
    assert_eq!(provenance["exposure"], "reachable");
    assert_eq!(
        (&provenance["blobs"], &provenance["commits"]),
        (&1.into(), &1.into())
    );
    assert_eq!(places(&ran, "(commit message)").len(), 1);
    assert_eq!(ran.json()["coverage"]["history"]["commits"], 3);
    assert!(!ran.stdout.contains(&token()));
    let ran = sandbox
        .run(&["scan", "--history", "repo", "--format", "sarif"])
        .ends(1);
    assert!(!ran.stdout.contains(&token()));
    let results = ran.json()["runs"][0]["results"].clone();
    let of_file = |result: &&Value| {
        let place = &result["locations"][0]["physicalLocation"]["artifactLocation"];
        place["uri"] == "app.py"
    };
    let all = results.as_array().expect("a list");
    let result = all.iter().find(of_file).expect("the file is there");
    let logical = &result["locations"][0]["logicalLocations"][0];
    assert_eq!(logical["fullyQualifiedName"], *brought);
    assert_eq!(
        result["properties"]["provenance"]["commit"]["author"],
        "A U Thor <a@example.invalid>"
    );
    let matched = result["partialFingerprints"].to_string();
    assert!(!matched.contains("Thor") && !matched.contains("example.invalid"));
}

#[test]
fn a_finding_has_the_same_fingerprint_in_files_and_in_history() {
    let sandbox = Sandbox::new();
    removed_token(&sandbox);
    sandbox.file("repo/other.py", &token_line());
    let prints = |args: &[&str]| -> Vec<String> {
        let ran = sandbox.run(args).ends(1);
        let findings = ran.json()["findings"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        findings
            .iter()
            .map(|f| f["fingerprint"].to_string())
            .collect()
    };
    let files = prints(&["scan", "repo", "--format", "json"]);
    assert_eq!(files.len(), 1);
    assert_eq!(
        prints(&["scan", "--history", "repo", "--format", "json"]),
        files
    );
}

#[test]
fn parts_of_a_history_can_be_asked_for() {
    let sandbox = Sandbox::new();
    removed_token(&sandbox);
    git_on(&sandbox, "repo", 21, &["branch", "old", "HEAD~2"]);
    git_on(
        &sandbox,
        "repo",
        21,
        &["tag", "-a", "v1", "-m", "one", "HEAD~1"],
    );
    let second = git_on(&sandbox, "repo", 21, &["rev-parse", "HEAD~1"]);
    for (args, code) in [
        (&["--branch", "main"][..], 1),
        (&["--branch", "refs/heads/main"], 1),
        (&["--branch", "HEAD"], 1),
        (&["--branch", "v1"], 1),
        (&["--branch", &second], 1),
        (&["--branch", "old"], 0),
        (&["--since", "2023-11-14"], 1),
        (&["--since", "2023-11-14T10:00:00Z"], 1),
        (&["--since", "2023-11-14T10:00:01Z"], 0),
        (&["--since", "2023-11-15"], 0),
        (&["--since", "500y"], 1),
        (&["--since", "1h"], 0),
        (&["--reachable-only"], 1),
        (&["--paranoid"], 1),
        (
            &[
                "--branch",
                "main",
                "--since",
                "2023-11-14",
                "--reachable-only",
            ],
            1,
        ),
        (&["--exclude", "app.py"], 1),
    ] {
        let ran = sandbox.run(&[&["scan", "--history", "repo"], args].concat());
        assert_eq!(ran.code, Some(code), "{args:?}: {ran:#?}");
    }
    git_on(&sandbox, "repo", 22, &["tag", "-d", "v1"]);
    git_on(&sandbox, "repo", 22, &["reset", "-q", "--hard", "old"]);
    sandbox
        .run(&["scan", "--history", "repo"])
        .ends(1)
        .says(&["only a reflog leads to it"]);
    sandbox
        .run(&["scan", "--history", "repo", "--reachable-only"])
        .ends(0);
}

#[test]
fn what_makes_no_sense_ends_with_2_and_a_way_out() {
    let sandbox = Sandbox::with_token();
    removed_token(&sandbox);
    std::fs::create_dir(sandbox.path().join("plain")).expect("a folder");
    for (args, parts) in [
        (&["--reachable-only"][..], &["--history"][..]),
        (&["--branch", "main"], &["--history"]),
        (&["--since", "1d"], &["--history"]),
        (&["--submodules"], &["--history"]),
        (&["--no-cache"], &["--history"]),
        (&["--paranoid"], &["--history"]),
        (
            &["--history", "--since", "yesterday"],
            &["yesterday", "2024-01-31"],
        ),
        (
            &["--history", "-"],
            &["standard input has no history", "hint: "],
        ),
        (
            &["--history", "repo", "plain"],
            &["one repository, and 2 are named", "hint: "],
        ),
        (&["--history", "app.py"], &["`app.py` is a file", "hint: "]),
        (&["--history", "nowhere"], &["`nowhere`", "hint: "]),
        (
            &["--history", "plain"],
            &["`plain` is not in a git repository", "hint: "],
        ),
        (
            &["--history", "repo", "--no-ignore"],
            &["--no-ignore", "hint: "],
        ),
        (
            &["--history", "repo", "--kind", "reference"],
            &["secrets only", "hint: "],
        ),
        (
            &["--history", "repo", "--branch", "nope"],
            &["no branch or tag `nope`", "hint: "],
        ),
        (
            &["--history", "repo", "--submodules", "--branch", "main"],
            &["--branch"],
        ),
        (
            &["--history", "repo", "--exclude", "a[b"],
            &["a[b", "hint: "],
        ),
    ] {
        let ran = sandbox.run(&[&["scan"], args].concat());
        assert_eq!(ran.code, Some(2), "{args:?}: {ran:#?}");
        assert_eq!(ran.complains(parts).stdout, "", "{args:?}");
    }
}

#[test]
fn what_is_not_in_the_clone_makes_the_scan_incomplete() {
    let sandbox = Sandbox::new();
    removed_token(&sandbox);
    let source = format!("file://{}", sandbox.path().join("repo").display());
    git_on(
        &sandbox,
        ".",
        21,
        &["clone", "-q", "--depth=1", &source, "shallow"],
    );
    sandbox
        .run(&["scan", "--history", "shallow"])
        .ends(3)
        .complains(&[
            "not in this clone",
            "the clone is shallow",
            "--unshallow",
            "hint: ",
        ]);
    git_on(
        &sandbox,
        "repo",
        21,
        &["config", "uploadpack.allowFilter", "true"],
    );
    let partial = [
        "clone",
        "-q",
        "--bare",
        "--filter=blob:none",
        &source,
        "partial",
    ];
    git_on(&sandbox, ".", 21, &partial);
    let ran = sandbox
        .run(&["scan", "--history", "partial", "--format", "json"])
        .ends(3);
    assert_eq!(ran.json()["coverage"]["skipped"][0]["reason"], "missing");
    ran.complains(&["the clone is partial: at least 2 files and folders"]);
}

#[test]
fn submodules_are_scanned_when_asked() {
    let sandbox = Sandbox::new();
    removed_token(&sandbox);
    std::fs::create_dir(sandbox.path().join("top")).expect("a folder");
    git_on(&sandbox, "top", 1, &["init", "-q", "-b", "main"]);
    let source = sandbox.path().join("repo").display().to_string();
    git_on(
        &sandbox,
        "top",
        2,
        &["submodule", "--quiet", "add", &source, "lib/inner"],
    );
    commit(&sandbox, "top", 3, "with a module");
    sandbox.run(&["scan", "--history", "top"]).ends(0);
    let args = [
        "scan",
        "--history",
        "top",
        "--submodules",
        "--format",
        "json",
    ];
    let ran = sandbox.run(&args).ends(1);
    assert_eq!(places(&ran, "lib/inner/app.py").len(), 1, "{}", ran.stdout);
    let top = sandbox.path().join("top").display().to_string();
    git_on(&sandbox, ".", 4, &["clone", "-q", &top, "fresh"]);
    sandbox
        .run(&["scan", "--history", "fresh", "--submodules"])
        .ends(3)
        .complains(&["lib/inner", "was never cloned", "--init"]);
}

#[test]
fn a_scan_leaves_the_work_tree_as_it_was() {
    let sandbox = Sandbox::new();
    removed_token(&sandbox);
    let listed = |folder: &Path| -> Vec<_> {
        let entries = std::fs::read_dir(folder).expect("it is there");
        entries.map(|e| e.expect("readable").file_name()).collect()
    };
    let before = listed(&sandbox.path().join("repo"));
    sandbox.run_in("repo", &["scan", "--history"]).ends(1);
    assert_eq!(listed(&sandbox.path().join("repo")), before);
    assert_eq!(git_on(&sandbox, "repo", 22, &["status", "--porcelain"]), "");
}

#[test]
fn what_is_kept_can_be_told_from_nothing_but_the_time() {
    let sandbox = Sandbox::new();
    removed_token(&sandbox);
    let json = ["scan", "--history", "repo", "--format", "json"];
    sandbox.run(&[&json[..], &["--no-cache"]].concat()).ends(1);
    let kept = sandbox.path().join("repo/.git/sluicegate");
    assert!(!kept.exists());
    let first = sandbox.run(&json).ends(1);
    assert!(kept.exists());
    let second = sandbox.run(&json).ends(1);
    assert_eq!(first.json()["findings"], second.json()["findings"]);
    assert_eq!(second.json()["coverage"]["history"]["searched_bytes"], 0);
    for file in std::fs::read_dir(&kept).expect("a folder") {
        let path = file.expect("readable").path();
        let bytes = std::fs::read(&path).expect("a file");
        let token = token();
        assert!(
            !bytes
                .windows(8)
                .any(|w| token.as_bytes().windows(8).any(|t| t == w))
        );
        std::fs::write(&path, "spoilt").expect("our own file");
    }
    let third = sandbox.run(&json).ends(1);
    assert_eq!(first.json()["findings"], third.json()["findings"]);
    assert!(third.stderr.starts_with("note: "), "{third:?}");
    assert!(third.stderr.contains("is damaged"), "{third:?}");
}
