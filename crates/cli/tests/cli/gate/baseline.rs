//! Known debt, and exceptions that have ended, kept by the commands for them.

use super::{Desk, in_days, other_token};

const BASELINE: &str = ".sluice/baseline";

#[test]
fn a_baseline_grows_and_shrinks_with_what_is_there() {
    let desk = Desk::new();
    let run = |word: &str, says: &str| {
        let ran = desk.run(&["baseline", word]).ends(0);
        let said = format!("{}{}", ran.stdout, ran.stderr);
        assert!(said.contains(says), "{word}: {said}");
    };
    desk.run(&["baseline", "update"])
        .ends(2)
        .complains(&["no baseline", "sluice baseline create"]);
    run("create", "1 fingerprint written");
    let first = desk.read(BASELINE);
    desk.run(&["baseline", "create"])
        .ends(2)
        .complains(&["is there already", "sluice baseline update"]);
    desk.file("more.py", &format!("key = '{}'\n", other_token()));
    run("update", "1 fingerprint added");
    run("update", "0 fingerprints added");
    let both = desk.read(BASELINE);
    let lines: Vec<&str> = both.lines().collect();
    assert!(lines.is_sorted() && lines.len() == 2, "{both}");
    // Lines move, and the baseline does not.
    desk.file("more.py", &format!("\n\n\nkey = '{}'\n", other_token()));
    run("update", "0 fingerprints added");
    assert_eq!(desk.read(BASELINE), both);
    desk.file("more.py", "key = read()\n");
    run("show", "");
    run("prune", "1 fingerprint taken off");
    assert_eq!(desk.read(BASELINE), first);
}

#[test]
fn baselines_of_other_scanners_are_taken_over_and_the_rest_is_told() {
    let report = r#"[{"RuleID":"github-pat","File":"job.py","StartLine":1,"Secret":"REDACTED","Commit":""}]"#;
    let detect = r#"{"version":"1.5.0","results":{"job.py":[{"type":"GitHub Token","hashed_secret":"ab","line_number":1}],"gone.py":[{"type":"x","line_number":1}]}}"#;
    for (name, text, left) in [
        ("gitleaks.json", report, ""),
        (".secrets.baseline", detect, "gone.py"),
        (
            ".gitleaksignore",
            "# old\njob.py:github-pat:1\nelse.py:x:9\n",
            "else.py",
        ),
    ] {
        let desk = Desk::new();
        desk.sandbox.file(name, text);
        let from = format!("../{name}");
        let ran = desk.run(&["baseline", "create", "--from", &from]).ends(0);
        let said = format!("{}{}", ran.stdout, ran.stderr);
        assert!(said.contains(left), "{name}: {said}");
        let print = desk.fingerprint();
        assert_eq!(desk.read(BASELINE).trim(), print, "{name}");
    }
}

#[test]
fn waivers_that_have_ended_are_taken_away() {
    let desk = Desk::new();
    let none = desk.run(&["waiver", "list"]).ends(0);
    assert!(none.stderr.contains("there are no waivers"), "{none:#?}");
    let id = desk.waive(&["--requested-by", "dave@example.com"]);
    let file = format!(".sluice/waivers/{id}.json");
    let there = || desk.sandbox.path().join("repo").join(&file).exists();
    desk.run(&["waiver", "prune"]).ends(0);
    assert!(there());
    let late = ["waiver", "prune", "--clock", &in_days(8)];
    desk.run(&late).ends(0).says(&["removed", &id]);
    assert!(!there());
}
