//! On a server: objects of a push lie in quarantine until the hook has said yes.

use crate::support::{Ran, Sandbox, token_line};

/// A server with the hook, and a clone of it.
fn guarded(options: &[&str]) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.git(&[&["init", "-q", "--bare", "server.git"], options].concat());
    sandbox
        .hook(&["install", "server.git"])
        .ends(0)
        .says(&["pre-receive: installed"]);
    sandbox.git(&["clone", "-q", "server.git", "work"]);
    sandbox.file("work/a.py", "x = 1\n");
    commit(&sandbox);
    assert_eq!(
        push(&sandbox, &["origin", "HEAD:refs/heads/main"]).code,
        Some(0)
    );
    sandbox
}

fn commit(sandbox: &Sandbox) {
    for args in [&["add", "-A"][..], &["commit", "-qm", "x"]] {
        let ran = sandbox.try_git("work", &[], args);
        assert_eq!(ran.code, Some(0), "{ran:?}");
    }
}

fn push(sandbox: &Sandbox, args: &[&str]) -> Ran {
    sandbox.try_git("work", &[], &[&["push", "-q"], args].concat())
}

#[test]
fn a_push_with_a_secret_is_refused_and_leaves_nothing() {
    for options in [&[][..], &["--object-format=sha256"]] {
        let sandbox = guarded(options);
        sandbox.secret("work/app.py");
        commit(&sandbox);
        sandbox.file("work/app.py", "x = 1\n");
        commit(&sandbox);
        let ran = push(&sandbox, &["origin", "HEAD:main"]).ends(1);
        let ran = ran.tells(&[
            "app.py:2:10",
            "The push is refused",
            "pre-receive hook declined",
        ]);
        assert!(!ran.stderr.contains("--no-verify"), "{ran:?}");
        push(&sandbox, &["--no-verify", "origin", "HEAD:refs/heads/new"]).ends(1);
        let count = sandbox.try_git("server.git", &[], &["rev-list", "--count", "--all"]);
        assert_eq!(count.stdout, "1\n");
    }
}

#[test]
fn every_line_counts_and_every_kind_of_update_is_understood() {
    let sandbox = guarded(&[]);
    let git = |args: &[&str]| {
        let ran = sandbox.try_git("work", &[], args);
        assert_eq!(ran.code, Some(0), "{ran:?}");
    };
    sandbox.file("work/b.py", "x = 2\n");
    commit(&sandbox);
    push(
        &sandbox,
        &["origin", "HEAD:refs/heads/one", "HEAD:refs/heads/two"],
    )
    .ends(0);
    // An existing commit under another name, a forced step back, a deletion.
    push(&sandbox, &["origin", "HEAD~1:refs/heads/three"]).ends(0);
    push(&sandbox, &["--force", "origin", "HEAD~1:refs/heads/one"]).ends(0);
    push(&sandbox, &["origin", ":two"]).ends(0);
    // The last of several has it.
    sandbox.secret("work/app.py");
    commit(&sandbox);
    let all = [
        "origin",
        "HEAD~1:refs/heads/a",
        "HEAD~2:refs/heads/b",
        "HEAD:refs/heads/c",
    ];
    push(&sandbox, &all).ends(1).tells(&["app.py:2:"]);
    push(&sandbox, &["--force", "origin", "HEAD:refs/heads/one"]).ends(1);
    git(&["tag", "-a", "v1", "-m", &token_line(), "HEAD~1"]);
    push(&sandbox, &["origin", "v1"])
        .ends(1)
        .tells(&["(tag message)"]);
    // References on trees and blobs are rare and legal.
    git(&["tag", "blob", "HEAD:app.py"]);
    push(&sandbox, &["origin", "blob"]).ends(1);
    git(&["tag", "tree", "HEAD^{tree}"]);
    push(&sandbox, &["origin", "tree"])
        .ends(1)
        .tells(&["app.py:2:"]);
    git(&["tag", "good", "HEAD~1^{tree}"]);
    push(&sandbox, &["origin", "good"]).ends(0);
}

#[test]
fn what_the_server_has_is_not_refused_again() {
    let sandbox = guarded(&[]);
    sandbox.secret("work/app.py");
    commit(&sandbox);
    let hook = sandbox.path().join("server.git/hooks/pre-receive");
    std::fs::rename(&hook, hook.with_extension("off")).expect("it is there");
    push(&sandbox, &["origin", "HEAD:main"]).ends(0);
    std::fs::rename(hook.with_extension("off"), &hook).expect("it is there");
    sandbox.file("work/b.py", "x = 3\n");
    commit(&sandbox);
    push(&sandbox, &["origin", "HEAD:refs/heads/topic"]).ends(0);
    // Moved, and the same value in the file where it stood.
    let ran = sandbox.try_git("work", &[], &["mv", "app.py", "moved.py"]);
    assert_eq!(ran.code, Some(0));
    commit(&sandbox);
    push(&sandbox, &["origin", "HEAD:refs/heads/topic"]).ends(0);
    sandbox.file("work/copy.py", &format!("{}\n", token_line()));
    commit(&sandbox);
    push(&sandbox, &["origin", "HEAD:refs/heads/topic"])
        .ends(1)
        .tells(&["copy.py:1:"]);
}

#[test]
fn a_check_that_fails_or_is_late_refuses() {
    let sandbox = guarded(&[]);
    sandbox.file("work/b.py", "x = 2\n");
    commit(&sandbox);
    sandbox.file("server.git/.sluice.toml", "[scan]\nno-such-key = 1\n");
    let ran = push(&sandbox, &["origin", "HEAD:main"]).ends(1);
    ran.tells(&["no-such-key", "could not be checked, and is refused"]);
    std::fs::remove_file(sandbox.path().join("server.git/.sluice.toml")).expect("it is there");
    let name = "server.git/hooks/pre-receive";
    let text = sandbox.read(name);
    let late = text.replace(
        "hook run pre-receive",
        "hook run pre-receive --deadline 0.000001",
    );
    sandbox.script(name, &late);
    let ran = push(&sandbox, &["origin", "HEAD:main"]).ends(1);
    ran.tells(&["within", "is refused"]);
    sandbox.script(name, &text);
    push(&sandbox, &["origin", "HEAD:main"]).ends(0);
    for input in ["nonsense\n", "0 1 refs/heads/x\n", "\u{0}\n"] {
        let ran = sandbox.run_with_input(input, &["hook", "run", "pre-receive"]);
        ran.ends(3).tells(&["is refused"]);
    }
    let missing = format!("{} {} refs/heads/x\n", "0".repeat(40), "1".repeat(40));
    let mut child = sandbox.command(&["hook", "run", "pre-receive"]);
    let child = child.current_dir(sandbox.path().join("server.git"));
    let input = sandbox.file("input", &missing);
    let output = child
        .stdin(std::fs::File::open(input).expect("it is there"))
        .output();
    assert_eq!(
        output.expect("it runs").status.code(),
        Some(3),
        "an object that is not there"
    );
}

#[test]
fn pages_of_gitlab_show_one_line() {
    let sandbox = guarded(&[]);
    sandbox.secret("work/app.py");
    commit(&sandbox);
    let ran = sandbox.try_git(
        "work",
        &[("GL_PROTOCOL", "web")],
        &["push", "origin", "HEAD:main"],
    );
    let ran = ran.ends(1);
    let lines = ran
        .stderr
        .lines()
        .filter(|line| line.contains("GL-HOOK-ERR: "));
    let lines: Vec<_> = lines.collect();
    assert_eq!(lines.len(), 1, "{ran:?}");
    assert!(lines[0].contains("app.py:2 "), "{lines:?}");
}

#[test]
fn a_server_whose_references_are_not_read_knows_by_the_quarantine() {
    let sandbox = Sandbox::new();
    let made = [
        "init",
        "-q",
        "--bare",
        "--ref-format=reftable",
        "server.git",
    ];
    if sandbox.try_git(".", &[], &made).code != Some(0) {
        // This git is older than the format.
        return;
    }
    sandbox.secret("work/old.py");
    sandbox.git(&["init", "-q", "work"]);
    commit(&sandbox);
    let server = ["../server.git", "HEAD:refs/heads/main"];
    assert_eq!(push(&sandbox, &server).code, Some(0));
    sandbox.hook(&["install", "server.git"]).ends(0);
    sandbox.file("work/b.py", "x = 2\n");
    commit(&sandbox);
    assert_eq!(push(&sandbox, &server).code, Some(0));
    push(&sandbox, &["../server.git", "HEAD:refs/heads/same"]).ends(0);
    sandbox.file("work/c.py", &format!("{}\n", token_line()));
    commit(&sandbox);
    push(&sandbox, &server).ends(1).tells(&["c.py:1:"]);
}
