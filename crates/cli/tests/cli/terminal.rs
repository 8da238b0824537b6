//! Colours, and names that would drive a terminal.

use crate::support::{Sandbox, token_line};

const ESCAPE: char = '\u{1b}';

#[test]
fn text_is_coloured_when_somebody_wants_it() {
    let sandbox = Sandbox::with_token();
    let (force, no_color) = (("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1"));
    for (env, args, colored) in [
        (&[][..], &["scan"][..], false),
        (&[], &["scan", "--color", "always"], true),
        (&[], &["--color", "always", "scan"], true),
        (&[], &["scan", "--color", "auto"], false),
        (&[force], &["scan"], true),
        (&[force], &["scan", "--color", "never"], false),
        (&[force, no_color], &["scan"], false),
        (&[no_color], &["scan", "--color", "always"], true),
        (&[("TERM", "dumb")], &["scan"], false),
        (&[force], &["rules", "list"], true),
        (&[], &["rules", "list"], false),
        (&[force], &["explain", "app.py:2"], true),
        (&[force], &["--help"], true),
        (&[], &["--help"], false),
        (&[force], &["scan", "--format", "json"], false),
        (&[force], &["scan", "--format", "sarif"], false),
    ] {
        let ran = sandbox.run_with_env(env, args);
        assert_eq!(
            ran.stdout.contains(ESCAPE),
            colored,
            "{env:?} {args:?}: {ran:#?}"
        );
    }
    let wrong = sandbox.run_with_env(&[force], &["scan", "nowhere"]);
    assert!(wrong.stderr.contains(ESCAPE), "{wrong:#?}");
}

#[test]
fn files_are_coloured_only_on_demand() {
    let sandbox = Sandbox::with_token();
    let env = [("CLICOLOR_FORCE", "1")];
    sandbox.run_with_env(&env, &["scan", "-o", "a.txt"]).ends(1);
    assert!(!sandbox.read("a.txt").contains(ESCAPE));
    sandbox
        .run(&["scan", "-o", "a.txt", "--color", "always"])
        .ends(1);
    assert!(sandbox.read("a.txt").contains(ESCAPE));
}

#[test]
fn the_configuration_chooses_colours_where_nobody_else_does() {
    let sandbox = Sandbox::with_token();
    sandbox.file(".sluice.toml", "[output]\ncolor = 'always'\n");
    for args in [&["scan"][..], &["rules", "list"], &["explain", "app.py:2"]] {
        assert!(sandbox.run(args).stdout.contains(ESCAPE), "{args:?}");
        let plain = sandbox.run_with_env(&[("NO_COLOR", "1")], args);
        assert!(!plain.stdout.contains(ESCAPE), "{args:?}");
    }
}

#[cfg(unix)]
#[test]
fn names_of_files_cannot_drive_the_terminal() {
    let sandbox = Sandbox::new();
    let name = "a\u{1b}[2Jb.py";
    sandbox.file(name, &format!("{}\n", token_line()));
    sandbox.file("c\u{1b}]0;x\u{7}.txt", &"long ".repeat(1000));
    let place = format!("{name}:1");
    for args in [
        &["scan"][..],
        &["scan", "--quiet"],
        &["scan", "--format", "json"],
        &["scan", "--max-file-size", "1K"],
        &["scan", "nowhere\u{1b}[2J"],
        &["explain", &place],
        &["scan", "-o", "gone\u{1b}[2J/a.json"],
    ] {
        let ran = sandbox.run(args);
        assert!(!ran.stdout.contains(ESCAPE), "{args:?}: {ran:#?}");
        assert!(!ran.stderr.contains(ESCAPE), "{args:?}: {ran:#?}");
    }
}

#[test]
fn width_follows_columns() {
    let sandbox = Sandbox::with_token();
    let longest = |columns: &str| {
        let ran = sandbox
            .run_with_env(&[("COLUMNS", columns)], &["scan"])
            .ends(1);
        ran.stdout
            .lines()
            .map(|line| line.chars().count())
            .max()
            .unwrap_or(0)
    };
    assert!(longest("60") < longest("140"));
}
