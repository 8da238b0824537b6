//! Before a push.

use crate::support::{Ran, Sandbox, token_line};

/// A repository with the hook, and another that it pushes to.
fn guarded() -> Sandbox {
    let sandbox = Sandbox::with_repository();
    sandbox.git(&["init", "-q", "--bare", "server.git"]);
    sandbox.file(".git/info/exclude", "server.git\n");
    sandbox.git(&["remote", "add", "origin", "./server.git"]);
    sandbox.git(&["push", "-q", "origin", "main"]);
    sandbox.hook(&["install", "--hook", "pre-push"]).ends(0);
    sandbox
}

fn push(sandbox: &Sandbox, args: &[&str]) -> Ran {
    sandbox.try_git(".", &[], &[&["push", "-q"], args].concat())
}

#[test]
fn a_secret_in_any_pushed_commit_is_kept_back() {
    let sandbox = guarded();
    sandbox.secret("app.py");
    sandbox.commit(&[]).ends(0);
    sandbox.file("app.py", "x = 1\n");
    sandbox.commit(&[]).ends(0);
    let id = sandbox.git(&["rev-parse", "HEAD~1"]);
    let ran = push(&sandbox, &["origin", "main"]).ends(1);
    ran.tells(&[
        "app.py:2:10",
        &id[..12],
        "git rebase -i",
        "git push --no-verify",
    ]);
    push(&sandbox, &["origin", "main:refs/heads/new"]).ends(1);
    push(&sandbox, &["origin", "HEAD~2:refs/heads/fine"]).ends(0);
    // By its URL: what it has is guessed from what other remotes have.
    push(&sandbox, &["./server.git", "main:refs/heads/url"]).ends(1);
    push(&sandbox, &["--no-verify", "origin", "main"]).ends(0);
    // The other side has it now, so a branch of it and more of it are nothing new.
    push(&sandbox, &["origin", "main:refs/heads/new"]).ends(0);
    sandbox.file("b.py", "x = 2\n");
    sandbox.commit(&[]).ends(0);
    push(&sandbox, &["origin", "main"]).ends(0);
}

#[test]
fn every_reference_of_a_push_counts() {
    let sandbox = guarded();
    sandbox.git(&["branch", "fine"]);
    sandbox.git(&["checkout", "-qb", "bad"]);
    sandbox.secret("app.py");
    sandbox.commit(&[]).ends(0);
    push(&sandbox, &["origin", "fine", "bad"])
        .ends(1)
        .tells(&["app.py:2:"]);
    push(&sandbox, &["origin", "fine"]).ends(0);
    push(&sandbox, &["origin", ":fine"]).ends(0);
    sandbox.git(&["tag", "-a", "v1", "-m", "v1"]);
    push(&sandbox, &["origin", "v1"]).ends(1);
    let message = format!("the token is {}", token_line());
    sandbox.git(&["tag", "-a", "v2", "-m", &message, "main"]);
    push(&sandbox, &["origin", "v2"])
        .ends(1)
        .tells(&["(tag message):1:"]);
    sandbox.git(&["tag", "-a", "v3", "-m", "fine", "main"]);
    push(&sandbox, &["origin", "v3"]).ends(0);
}

#[test]
fn another_remote_may_lack_what_the_first_has() {
    let sandbox = guarded();
    sandbox.secret("app.py");
    sandbox.commit(&[]).ends(0);
    push(&sandbox, &["--no-verify", "origin", "main"]).ends(0);
    sandbox.git(&["init", "-q", "--bare", ".git/public.git"]);
    sandbox.git(&["remote", "add", "public", ".git/public.git"]);
    push(&sandbox, &["public", "main"])
        .ends(1)
        .tells(&["app.py:2:"]);
}

#[test]
fn a_push_that_rewrites_is_checked_for_what_it_brings() {
    let sandbox = guarded();
    sandbox.file("a.py", "x = 1\n");
    sandbox.commit(&[]).ends(0);
    push(&sandbox, &["origin", "main"]).ends(0);
    sandbox.git(&["reset", "-q", "--hard", "HEAD~1"]);
    sandbox.secret("b.py");
    sandbox.commit(&[]).ends(0);
    push(&sandbox, &["--force", "origin", "main"])
        .ends(1)
        .tells(&["b.py:2:"]);
}

#[test]
fn lines_that_make_no_sense_are_a_failed_check() {
    let sandbox = guarded();
    let ran = sandbox.run_with_input(
        "what is this\n",
        &["hook", "run", "pre-push", "origin", "x"],
    );
    ran.ends(0)
        .tells(&["what is this", "warning: this push was not checked"]);
    sandbox
        .run_with_input("", &["hook", "run", "pre-push", "origin", "x"])
        .ends(0);
}
