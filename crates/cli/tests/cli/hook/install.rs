//! Hooks put in, chained and taken out.

use crate::support::Sandbox;

#[test]
fn it_is_installed_once_and_taken_out_again() {
    let sandbox = Sandbox::with_repository();
    let hooks = || sandbox.git(&["rev-parse", "--git-path", "hooks"]);
    let before = list(&sandbox, &hooks());
    sandbox
        .hook(&["status"])
        .ends(1)
        .says(&["pre-commit: not installed"]);
    let ran = sandbox.hook(&["install"]).ends(0);
    ran.says(&["pre-commit: installed\n", "pre-push: installed\n"]);
    let installed = list(&sandbox, &hooks());
    let ran = sandbox.hook(&["install"]).ends(0);
    ran.says(&["pre-commit: is installed already"]);
    assert_eq!(list(&sandbox, &hooks()), installed);
    sandbox
        .hook(&["status"])
        .ends(0)
        .says(&["pre-push: installed"]);
    sandbox
        .hook(&["uninstall"])
        .ends(0)
        .says(&["pre-commit: removed\n"]);
    assert_eq!(list(&sandbox, &hooks()), before);
    sandbox
        .hook(&["uninstall"])
        .ends(0)
        .says(&["no hook of sluice"]);
    let ran = sandbox.hook(&["install", "--hook", "pre-push"]).ends(0);
    assert!(!ran.stdout.contains("pre-commit"), "{ran:?}");
}

/// The names and contents of what is in a folder.
fn list(sandbox: &Sandbox, folder: &str) -> Vec<(String, String)> {
    let entries = std::fs::read_dir(sandbox.path().join(folder)).expect("a folder");
    let mut all: Vec<_> = entries
        .map(|entry| entry.expect("it can be listed").path())
        .map(|path| {
            (
                path.display().to_string(),
                std::fs::read_to_string(path).expect("text"),
            )
        })
        .collect();
    all.sort();
    all
}

#[test]
fn another_hook_is_called_first_and_comes_back() {
    let sandbox = Sandbox::with_repository();
    sandbox.script(".git/hooks/pre-commit", "echo theirs >>log; test ! -e stop");
    let theirs = sandbox.read(".git/hooks/pre-commit");
    let ran = sandbox.hook(&["install"]).ends(0);
    ran.says(&["pre-commit.local` now, and is called first"]);
    sandbox.file("a.py", "x = 1\n");
    assert_eq!(sandbox.commit(&[]).code, Some(0));
    assert_eq!(sandbox.read("log"), "theirs\n");
    sandbox.secret("b.py");
    let ran = sandbox.commit(&[]).ends(1);
    ran.tells(&["b.py:2:"]);
    assert_eq!(sandbox.read("log"), "theirs\ntheirs\n");
    // What it refuses is refused, and nobody else is asked.
    sandbox.file("stop", "");
    let ran = sandbox.commit(&[]).ends(1);
    assert!(!ran.stderr.contains("sluice"), "{ran:?}");
    sandbox
        .hook(&["uninstall"])
        .ends(0)
        .says(&["what was there before is back"]);
    assert_eq!(sandbox.read(".git/hooks/pre-commit"), theirs);
}

#[test]
fn hooks_that_call_each_other_come_to_an_end() {
    let sandbox = Sandbox::with_repository();
    sandbox.script(
        ".git/hooks/pre-commit",
        "echo theirs >>log; exec \"$(dirname $0)/pre-commit\"",
    );
    sandbox.hook(&["install"]).ends(0);
    sandbox.file("a.py", "x = 1\n");
    assert_eq!(sandbox.commit(&[]).code, Some(0));
    assert_eq!(sandbox.read("log"), "theirs\n");
}

#[test]
fn both_hooks_see_what_git_says() {
    let sandbox = Sandbox::with_repository();
    sandbox.git(&["init", "-q", "--bare", "server.git"]);
    sandbox.script(".git/hooks/pre-push", "echo \"$1\" >>log; cat >>log");
    sandbox.hook(&["install"]).ends(0);
    sandbox.git(&["remote", "add", "origin", "server.git"]);
    let ran = sandbox.try_git(".", &[], &["push", "-q", "origin", "HEAD:refs/heads/x"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let log = sandbox.read("log");
    assert!(
        log.starts_with("origin\nHEAD ") && log.contains(" refs/heads/x 000"),
        "{log}"
    );
}

#[test]
fn the_folder_is_the_one_that_git_uses() {
    let sandbox = Sandbox::with_repository();
    sandbox.git(&["config", "core.hooksPath", ".githooks"]);
    sandbox.hook(&["install"]).ends(0);
    let text = sandbox.read(".githooks/pre-commit");
    assert!(
        text.contains("\nsluice=\n"),
        "no path of this machine: {text}"
    );
    assert!(!sandbox.path().join(".git/hooks/pre-commit").exists());
    // From a working tree of its own, and from a folder below.
    let sandbox = Sandbox::with_repository();
    sandbox.git(&["worktree", "add", "-q", "tree"]);
    sandbox.file("tree/deep/x", "");
    sandbox.hook(&["install", "tree/deep"]).ends(0);
    assert!(sandbox.path().join(".git/hooks/pre-commit").exists());
    sandbox.secret("tree/a.py");
    sandbox.try_git("tree", &[], &["add", "-A"]);
    let ran = sandbox.try_git("tree", &[], &["commit", "-qm", "x"]);
    ran.ends(1).tells(&["a.py:2:"]);
}

#[test]
fn a_folder_that_others_share_is_left_alone() {
    let sandbox = Sandbox::with_repository();
    let shared = sandbox.path().join("shared");
    sandbox.file(
        "gitconfig",
        &format!("[core]\n\thooksPath = {}\n", shared.display()),
    );
    let path = super::path();
    let config = sandbox.path().join("gitconfig");
    let env = [
        ("PATH", path.as_str()),
        ("GIT_CONFIG_GLOBAL", config.to_str().expect("a plain name")),
    ];
    let ran = sandbox.run_with_env(&env, &["hook", "install"]).ends(2);
    ran.complains(&["other repositories share", "--anyway"]);
    assert!(!shared.exists());
    sandbox
        .run_with_env(&env, &["hook", "install", "--anyway"])
        .ends(0);
    assert!(shared.join("pre-commit").exists());
}

#[test]
fn managers_of_hooks_are_told_what_to_call() {
    for (file, parts) in [
        (
            ".husky/pre-commit",
            &[
                "husky",
                ".husky/pre-push:",
                "sluice hook run pre-push \"$@\"",
            ][..],
        ),
        (
            "lefthook.yml",
            &[
                "lefthook",
                "use_stdin: true",
                "run: sluice hook run pre-commit",
            ],
        ),
        (
            ".pre-commit-config.yaml",
            &["pre-commit", "language: system", "- repo: local"],
        ),
    ] {
        let sandbox = Sandbox::with_repository();
        sandbox.file(file, "");
        sandbox.hook(&["install"]).ends(2).complains(parts);
        assert!(!sandbox.path().join(".git/hooks/pre-commit").exists());
        sandbox
            .hook(&["status"])
            .ends(1)
            .says(&["another program manages hooks"]);
        sandbox.hook(&["install", "--anyway"]).ends(0);
        sandbox.hook(&["status"]).ends(0);
    }
}

#[test]
fn a_program_that_is_gone_is_a_warning_here_and_a_refusal_on_a_server() {
    let sandbox = Sandbox::with_repository();
    sandbox.hook(&["install"]).ends(0);
    sandbox.hook(&["install", "--hook", "pre-receive"]).ends(0);
    for hook in ["pre-commit", "pre-receive"] {
        let name = format!(".git/hooks/{hook}");
        let text = sandbox.read(&name);
        let line = text.lines().find(|line| line.starts_with("sluice='"));
        let text = text.replace(line.expect("the path"), "sluice=/nowhere");
        let text = text.replace("command -v sluice", "command -v not-sluice");
        sandbox.script(&name, &text);
    }
    sandbox.file("a.py", "x = 1\n");
    let ran = sandbox.commit(&[]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    ran.tells(&["sluice: warning: the program is not there, so this commit was not checked"]);
    // Somebody changed it, so it is not taken out.
    sandbox
        .hook(&["uninstall"])
        .ends(2)
        .complains(&["somebody changed the hook"]);
    sandbox
        .hook(&["status"])
        .ends(1)
        .says(&["changed by somebody"]);
    let other = Sandbox::with_repository();
    let url = format!("{}/.git", sandbox.path().display());
    let ran = other.try_git(".", &[], &["push", "-q", &url, "HEAD:refs/heads/x"]);
    assert_ne!(ran.code, Some(0));
    ran.tells(&["sluice: error: the program is not there"]);
}

#[test]
fn without_a_repository_there_is_nothing_to_install_into() {
    let sandbox = Sandbox::new();
    for args in [&["install"][..], &["uninstall"], &["status"]] {
        sandbox
            .hook(args)
            .ends(2)
            .complains(&["is not in a git repository"]);
    }
}
