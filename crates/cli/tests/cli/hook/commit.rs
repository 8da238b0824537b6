//! Before a commit.

use crate::support::{Sandbox, token_line, wrong_token};

fn guarded() -> Sandbox {
    let sandbox = Sandbox::with_repository();
    sandbox.hook(&["install"]).ends(0);
    sandbox
}

#[test]
fn a_secret_is_kept_out_with_all_that_is_needed_to_go_on() {
    let sandbox = guarded();
    sandbox.secret("src/app.py");
    let ran = sandbox.commit(&[]).ends(1);
    ran.tells(&[
        "this commit introduces 1 secret",
        "src/app.py:2:10",
        "github-personal-access-token",
        "ghp_",
        "sluice:allow WHY",
        "git commit --no-verify",
    ]);
    assert_eq!(sandbox.git(&["rev-list", "--count", "HEAD"]), "1");
    // The blank is written so that this is no marker to who scans this file.
    let allowed = format!(
        "import os\n{}  #\x20sluice:allow an example\n",
        token_line()
    );
    sandbox.file("src/app.py", &allowed);
    assert_eq!(sandbox.commit(&[]).code, Some(0));
    sandbox.secret("src/app.py");
    sandbox.file("more.py", &format!("{}\n", token_line()));
    // It is in the base already, so neither the lost marker nor the copy is... but a copy
    // into another file, while the first is touched too, is a move.
    assert_eq!(sandbox.commit(&[]).code, Some(0));
}

#[test]
fn it_can_be_passed_by() {
    let sandbox = guarded();
    sandbox.secret("app.py");
    assert_eq!(sandbox.commit(&["--no-verify"]).code, Some(0));
    sandbox.file("copy.py", &format!("{}\n", token_line()));
    sandbox.commit(&[]).ends(1).tells(&["copied from app.py"]);
}

#[test]
fn what_is_committed_is_checked_whatever_the_index_says() {
    let sandbox = guarded();
    sandbox.file("a.py", "x = 1\n");
    sandbox.file("b.py", "x = 1\n");
    assert_eq!(sandbox.commit(&[]).code, Some(0));
    sandbox.secret("a.py");
    sandbox.file("b.py", "x = 2\n");
    // Only b.py is committed, out of an index of its own.
    let ran = sandbox.try_git(".", &[], &["commit", "-qm", "b", "b.py"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    sandbox.git(&["reset", "-q"]);
    let ran = sandbox.try_git(".", &[], &["commit", "-qm", "a", "a.py"]);
    ran.ends(1).tells(&["a.py:2:"]);
    sandbox.git(&["reset", "-q"]);
    let ran = sandbox.try_git(".", &[], &["commit", "-qam", "all"]);
    ran.ends(1).tells(&["a.py:2:"]);
}

#[test]
fn deleting_renaming_and_the_rest_is_free() {
    let sandbox = guarded();
    sandbox.secret("app.py");
    assert_eq!(sandbox.commit(&["--no-verify"]).code, Some(0));
    sandbox.git(&["mv", "app.py", "main.py"]);
    assert_eq!(sandbox.commit(&[]).code, Some(0));
    sandbox.git(&["rm", "-q", "main.py"]);
    assert_eq!(sandbox.commit(&[]).code, Some(0));
    assert_eq!(sandbox.commit(&["--allow-empty"]).code, Some(0));
    sandbox.file("near.py", &format!("value = '{}'\n", wrong_token()));
    assert_eq!(sandbox.commit(&[]).code, Some(0));
    // A first commit.
    let fresh = Sandbox::new();
    fresh.git(&["init", "-q"]);
    fresh.hook(&["install"]).ends(0);
    fresh.secret("a.py");
    fresh.commit(&[]).ends(1);
    let other = Sandbox::new();
    other.git(&["init", "-q", "--object-format=sha256"]);
    other.hook(&["install"]).ends(0);
    other.secret("a.py");
    other.commit(&[]).ends(1).tells(&["a.py:2:"]);
}

#[test]
fn a_check_that_fails_lets_the_commit_pass_and_says_so() {
    let sandbox = guarded();
    sandbox.file("damaged.index", "no index");
    let env = [("GIT_INDEX_FILE", "damaged.index")];
    let ran = sandbox
        .run_with_env(&env, &["hook", "run", "pre-commit"])
        .ends(0);
    ran.tells(&[
        "cannot read the git index",
        "warning: this commit was not checked",
    ]);
    let ran = sandbox
        .run(&["hook", "run", "pre-commit", "--deadline", "0.000001"])
        .ends(0);
    ran.tells(&["within", "goes on all the same"]);
    // What the user wrote wrongly is no such failure.
    sandbox.file(".sluice.toml", "[scan]\nno-such-key = 1\n");
    let ran = sandbox.run(&["hook", "run", "pre-commit"]).ends(2);
    ran.tells(&["no-such-key", "is refused"]);
}

#[test]
fn the_framework_may_ask_for_commits() {
    let sandbox = Sandbox::with_repository();
    sandbox.secret("app.py");
    sandbox.commit(&[]).ends(0);
    let ask = |hook, env: &[(&str, &str)]| {
        let env = [&[("PRE_COMMIT", "1")], env].concat();
        sandbox.run_with_env(&env, &["hook", "run", hook]).code
    };
    let between = [
        ("PRE_COMMIT_FROM_REF", "HEAD~1"),
        ("PRE_COMMIT_TO_REF", "HEAD"),
    ];
    assert_eq!(ask("pre-commit", &[]), Some(0));
    assert_eq!(ask("pre-commit", &between), Some(1));
    assert_eq!(ask("pre-push", &between), Some(1));
    assert_eq!(
        ask("pre-push", &[("PRE_COMMIT_REMOTE_NAME", "origin")]),
        Some(1)
    );
    assert_eq!(ask("pre-push", &[]), Some(0));
}

#[test]
fn references_that_are_not_read_are_no_reason_to_blame_everything() {
    let sandbox = Sandbox::new();
    if sandbox
        .try_git(".", &[], &["init", "-q", "--ref-format=reftable"])
        .code
        != Some(0)
    {
        // This git is older than the format.
        return;
    }
    sandbox.secret("a.py");
    sandbox.commit(&[]).ends(0);
    sandbox
        .run(&["scan", "--staged"])
        .ends(3)
        .complains(&["reftable", "git refs migrate"]);
    sandbox
        .run(&["hook", "run", "pre-commit"])
        .ends(0)
        .tells(&["warning"]);
}
