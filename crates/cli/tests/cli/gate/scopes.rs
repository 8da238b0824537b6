//! How far a waiver reaches: the content, the version of an action, and the time.

use super::Desk;
use super::approvals::{DAVE, waiver};

#[test]
fn a_waiver_holds_for_the_content_that_was_approved() {
    let desk = Desk::new();
    let blob = desk.git(&["rev-parse", "topic:job.py"]);
    let id = desk.waive(&[DAVE, &["--blob", &blob]].concat());
    desk.sign(&id, "bob", "bob@example.com");
    desk.commit("ann@example.com", "Ask");
    desk.decides(&[], "allow", "WAIVED");
    desk.decides(&["."], "allow", "WAIVED");
    let old = desk.read("job.py");
    desk.file("job.py", &format!("{old}print(key)\n"));
    // What lies in the folder is not what was approved, and neither is a later commit.
    desk.decides(&["."], "block", "WAIVER-CONDITION");
    desk.commit("ann@example.com", "Print it");
    desk.decides(&[], "block", "WAIVER-CONDITION");
    desk.git(&["reset", "-q", "--hard", "HEAD~1"]);
    desk.decides(&[], "allow", "WAIVED");
    // Of what is staged nobody is named as the author, so two have to agree.
    desk.sign(&id, "carol", "carol@example.com");
    desk.git(&["reset", "-q", "--soft", "main"]);
    desk.git(&["add", "-A"]);
    desk.decides(&["--stage", "commit"], "allow", "WAIVED");
    desk.file("job.py", &format!("{old}print(key)\n"));
    desk.git(&["add", "-A"]);
    desk.decides(&["--stage", "commit"], "block", "WAIVER-CONDITION");
    desk.commit("ann@example.com", "Ask");
    // An id that is none.
    let args = [
        "--why",
        "x",
        "--expires",
        &super::in_days(7),
        "--blob",
        "HEAD:job.py",
    ];
    let print = desk.fingerprint();
    desk.run(&[&["waive", &print], &args[..], DAVE].concat())
        .ends(2)
        .complains(&["no id of git"]);
}

#[test]
fn a_waiver_holds_for_the_version_of_an_action_that_was_approved() {
    let workflow = |version: &str| {
        format!(
            "on: push\njobs:\n  push:\n    runs-on: ubuntu-latest\n    steps:\n      \
             - uses: helpers/ship@{version}\n        with:\n          \
             npm_token: ${{{{ secrets.NPM_TOKEN }}}}\n      - run: npm publish\n"
        )
    };
    let desk = Desk::new();
    desk.git(&["reset", "-q", "--hard", "main"]);
    let (good, other) = ("0a".repeat(20), "0b".repeat(20));
    let path = ".github/workflows/ship.yml";
    desk.file(path, &workflow(&good));
    let args = [
        "waive",
        "ref-github-npm-publish",
        "--path",
        path,
        "--credential",
        "NPM_TOKEN",
        "--why",
        "moves next week",
        "--expires",
        &super::in_days(7),
        "--action-sha",
        &good,
    ];
    let ran = desk.run(&[&args[..], DAVE].concat()).ends(0);
    let id = ran
        .stderr
        .split("waiver ")
        .nth(1)
        .and_then(|rest| rest.split(' ').next());
    let id = id.expect("it says the name").to_owned();
    desk.sign(&id, "bob", "bob@example.com");
    desk.commit("ann@example.com", "Ship");
    let told = |code: &str| desk.codes(&[]).iter().any(|c| c == code);
    assert!(told("WAIVED"), "{:?}", desk.codes(&[]));
    for version in [other.as_str(), "v1"] {
        desk.file(path, &workflow(version));
        desk.commit("ann@example.com", "Another version");
        assert!(
            told("WAIVER-CONDITION") && !told("WAIVED"),
            "{version}: {:?}",
            desk.codes(&[])
        );
    }
    // Another credential in the same file is not what was approved.
    desk.git(&["reset", "-q", "--soft", "main"]);
    desk.file(
        path,
        &workflow(&good).replace("NPM_TOKEN", "NPM_OTHER_TOKEN"),
    );
    desk.commit("ann@example.com", "Another token");
    assert!(!told("WAIVED"), "{:?}", desk.codes(&[]));
}

#[test]
fn a_waiver_begins_and_is_renewed_when_it_says() {
    let desk = Desk::new();
    let id = desk.waive(&[DAVE, &["--not-before", &super::in_days(2)]].concat());
    desk.sign(&id, "bob", "bob@example.com");
    desk.commit("ann@example.com", "Ask");
    desk.decides(&[], "block", "WAIVER-EARLY");
    desk.decides(&["--clock", &super::in_days(3)], "allow", "WAIVED");
    for round in 1..=3_u16 {
        let end = super::in_days(20);
        desk.run(&["waive", &id, "--renew", "--expires", &end])
            .ends(0);
        assert_eq!(waiver(&desk, &id).renewals, round);
        desk.commit("ann@example.com", "Renew");
        desk.decides(
            &[],
            "block",
            if round < 3 {
                "WAIVER-UNSIGNED"
            } else {
                "WAIVER-RENEWALS"
            },
        );
        desk.sign(&id, "bob", "bob@example.com");
        desk.commit("ann@example.com", "Bob agrees again");
        let want = if round < 3 {
            ("allow", "WAIVED")
        } else {
            ("block", "WAIVER-RENEWALS")
        };
        desk.decides(&[], want.0, want.1);
    }
    desk.run(&[
        "waive",
        "nothing",
        "--renew",
        "--expires",
        &super::in_days(3),
    ])
    .ends(2)
    .complains(&["no waiver `nothing` to renew"]);
}
