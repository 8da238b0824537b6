//! What a change introduces: `--staged` and `--range`.

use crate::support::{Sandbox, TOKEN_RULE, token_line};

#[test]
fn only_what_is_staged_is_reported() {
    let sandbox = Sandbox::with_repository();
    sandbox.file("app.py", &format!("{}\n", token_line()));
    sandbox.run(&["scan", "--staged"]).ends(0);
    sandbox.git(&["add", "app.py"]);
    sandbox.file("app.py", "");
    let ran = sandbox
        .run(&["scan", "--staged", "--format", "json"])
        .ends(1);
    let report = ran.json();
    assert_eq!(report["findings"][0]["rule"]["id"], TOKEN_RULE);
    assert_eq!(report["findings"][0]["occurrences"][0]["path"], "app.py");
    // From a folder below, and by name from outside.
    sandbox.file("sub/x", "");
    sandbox.run_in("sub", &["scan", "--staged"]).ends(1);
    sandbox.run(&["scan", "--staged", "sub"]).ends(1);
    sandbox.git(&["commit", "-qm", "bad"]);
    sandbox.run(&["scan", "--staged"]).ends(0);
    sandbox.run(&["scan", "--range", "HEAD~1..HEAD"]).ends(1);
    sandbox
        .run(&["scan", "--range", "HEAD~1..HEAD", "--exclude", "app.py"])
        .ends(0);
    sandbox.run(&["scan", "--range", "HEAD..HEAD"]).ends(0);
}

#[test]
fn a_copy_says_where_it_comes_from() {
    let sandbox = Sandbox::with_repository();
    sandbox.file("app.py", &format!("{}\n", token_line()));
    sandbox.git(&["add", "-A"]);
    sandbox.git(&["commit", "-qm", "bad"]);
    sandbox.file("lib/copy.py", &format!("# a copy\n{}\n", token_line()));
    sandbox.git(&["add", "-A"]);
    let ran = sandbox.run(&["scan", "--staged"]).ends(1);
    ran.says(&["lib/copy.py:2:10", "copied  from app.py"]);
    let ran = sandbox
        .run(&["scan", "--staged", "--format", "json"])
        .ends(1);
    let place = &ran.json()["findings"][0]["occurrences"][0];
    assert_eq!(place["copied_from"], "app.py");
}

#[test]
fn git_tells_which_index_and_which_repository() {
    let sandbox = Sandbox::with_repository();
    sandbox.file("app.py", &format!("{}\n", token_line()));
    let other = [("GIT_INDEX_FILE", "other.index")];
    sandbox.try_git(".", &other, &["read-tree", "HEAD"]);
    sandbox.try_git(".", &other, &["add", "app.py"]);
    sandbox.run(&["scan", "--staged"]).ends(0);
    sandbox.run_with_env(&other, &["scan", "--staged"]).ends(1);
    let git_dir = sandbox.path().join(".git");
    let env = [
        ("GIT_DIR", git_dir.to_str().expect("a plain name")),
        ("GIT_INDEX_FILE", "../other.index"),
    ];
    sandbox.file("elsewhere/x", "");
    let mut command = sandbox.command(&["scan", "--staged"]);
    let status = command
        .current_dir(sandbox.path().join("elsewhere"))
        .envs(env)
        .output();
    assert_eq!(status.expect("it runs").status.code(), Some(1));
}

#[test]
fn mistakes_are_told_with_a_way_out() {
    let sandbox = Sandbox::with_repository();
    for (args, parts) in [
        (
            &["scan", "--range", "no..HEAD"][..],
            &["`no`", "no such reference", "rev-parse"][..],
        ),
        (
            &["scan", "--range", "HEAD"],
            &["`HEAD` is no range", "A..B"],
        ),
        (
            &["scan", "--staged", ".", "old.txt"],
            &["one repository", "leave the paths out"],
        ),
        (&["scan", "--staged", "-"], &["one repository"]),
    ] {
        sandbox.run(args).ends(2).complains(parts);
    }
    let outside = Sandbox::new();
    outside
        .run(&["scan", "--staged"])
        .ends(2)
        .complains(&["is not in a git repository", "hint: "]);
    sandbox
        .run(&["scan", "--staged", "--range", "HEAD..HEAD"])
        .ends(2);
    sandbox.file(".git/index", "no index");
    let ran = sandbox.run(&["scan", "--staged"]);
    ran.ends(3).complains(&["cannot read the git index"]);
}
