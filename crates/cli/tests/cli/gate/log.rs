//! Attacks on the log, as a file that the program has written.

use std::fs;
use std::process::Stdio;

use sluicegate::gate::{Event, Head, Time};

use super::Desk;
use crate::support::ran;

const LOG: &str = "../log.jsonl";

/// A log of four decisions, and its head.
fn written() -> (Desk, String, String) {
    let desk = Desk::new();
    for stage in ["commit", "merge", "release", "deploy"] {
        desk.gate(&["--stage", stage, "--log", LOG, "--quiet"]);
    }
    let text = desk.sandbox.read("log.jsonl");
    assert_eq!(text.lines().count(), 4);
    let head = verify(&desk, &[]).ends(0).stdout;
    let head = head.lines().last().and_then(|l| l.strip_prefix("head "));
    let head = head.expect("it says the head").to_owned();
    (desk, text, head)
}

fn verify(desk: &Desk, more: &[&str]) -> crate::support::Ran {
    desk.run(&[&["log", "verify", "--log", LOG], more].concat())
}

fn write(desk: &Desk, text: &str) {
    desk.sandbox.file("log.jsonl", text);
}

#[test]
fn edits_swaps_and_removals_are_found_and_nothing_is_written_behind_them() {
    let (desk, text, head) = written();
    let lines: Vec<&str> = text.lines().collect();
    let join = |lines: &[&str]| lines.iter().map(|l| format!("{l}\n")).collect::<String>();
    for (what, broken, record) in [
        (
            "edited",
            text.replacen("\"decision\":\"block\"", "\"decision\":\"allow\"", 1),
            "record ",
        ),
        (
            "swapped",
            join(&[lines[0], lines[2], lines[1], lines[3]]),
            "record 2",
        ),
        ("removed", join(&[lines[0], lines[1], lines[3]]), "record 3"),
        ("beheaded", join(&lines[1..]), "record 1"),
        ("filled", text.replacen('\n', "\n\n", 1), "record 2"),
    ] {
        assert_ne!(broken, text, "{what}");
        write(&desk, &broken);
        verify(&desk, &[]).ends(20).complains(&[record]);
        // No decision is made on a log that somebody has edited.
        let ran = desk.gate(&["--log", LOG, "--quiet"]).ends(3);
        ran.complains(&["record", "no decision"]);
        assert_eq!(desk.sandbox.read("log.jsonl"), broken, "{what}");
    }
    write(&desk, &text);
    verify(&desk, &["--head", &head]).ends(0);
}

#[test]
fn a_cut_and_a_log_written_anew_are_found_by_a_known_head() {
    let (desk, text, head) = written();
    let cut: String = text.lines().take(2).map(|l| format!("{l}\n")).collect();
    write(&desk, &cut);
    verify(&desk, &[]).ends(0);
    verify(&desk, &["--head", &head])
        .ends(20)
        .complains(&["ends with 2"]);
    // A chain that holds together, with other things in it.
    let mut end = Head::genesis("local");
    let mut forged = String::new();
    for _ in 0..4 {
        let note = "nothing happened".to_owned();
        let (record, line) = end.next(Time::from_seconds(0), Event::Checkpoint { note });
        end = Head {
            seq: record.seq,
            hash: record.hash,
        };
        forged.push_str(&format!("{line}\n"));
    }
    write(&desk, &forged);
    verify(&desk, &[]).ends(0);
    verify(&desk, &["--head", &head])
        .ends(20)
        .complains(&["written anew"]);
    // Another log in its place, and none.
    verify(&desk, &["--log-id", "other"]).ends(20);
    fs::remove_file(desk.sandbox.path().join("log.jsonl")).expect("it is there");
    verify(&desk, &["--head", &head]).ends(20);
}

#[test]
fn a_torn_line_is_told_and_the_log_goes_on() {
    let (desk, text, head) = written();
    write(&desk, &format!("{text}{{\"event\":{{\"actor\""));
    let ran = verify(&desk, &["--head", &head]).ends(0);
    assert!(ran.stderr.contains("begun and not ended"), "{ran:#?}");
    desk.gate(&["--log", LOG, "--quiet"]).ends(20);
    verify(&desk, &["--head", &head])
        .ends(0)
        .says(&["5 records"]);
}

#[test]
fn writers_wait_for_each_other() {
    let desk = Desk::new();
    let folder = desk.sandbox.path().join("repo");
    let children: Vec<_> = (0..6)
        .map(|_| {
            let args = ["gate", "--stage", "merge", "--quiet", "--log", LOG];
            let mut command = desk.sandbox.command(&args);
            command.current_dir(&folder).stdin(Stdio::null());
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
            command.spawn().expect("it starts")
        })
        .collect();
    for child in children {
        ran(child).ends(20);
    }
    verify(&desk, &[]).ends(0).says(&["6 records"]);
}

#[test]
fn what_is_news_is_said_once() {
    let desk = Desk::new();
    let id = desk.waive(&["--requested-by", "dave@example.com"]);
    desk.sign(&id, "bob", "bob@example.com");
    desk.commit("ann@example.com", "Bob agrees");
    let late = super::in_days(8);
    for clock in [super::in_days(0), super::in_days(1), late.clone(), late] {
        desk.gate(&[
            "--quiet",
            "--log",
            LOG,
            "--clock",
            &format!("{clock}T23:00:00Z"),
        ]);
    }
    desk.file(
        "../other.toml",
        "schema = 'sluicegate.policy/1'\nname = 'x'\n",
    );
    for _ in 0..2 {
        desk.gate(&["--quiet", "--log", LOG, "--policy", "../other.toml"]);
    }
    let told = desk.run(&["log", "show", "--log", LOG]).ends(0).stdout;
    for (part, count) in [
        (
            &*format!("waiver {id} by bob@example.com lets something pass"),
            1,
        ),
        (&*format!("waiver {id} has ended"), 1),
        ("takes the place of", 1),
        (" at merge: ", 6),
    ] {
        assert_eq!(told.matches(part).count(), count, "{part}: {told}");
    }
    verify(&desk, &[]).ends(0).says(&["9 records"]);
}

#[test]
fn the_summary_names_the_end_of_the_log_and_a_cut_shows_by_it() {
    let desk = Desk::new();
    let asked = |format: &str, more: &[&str]| {
        let args = ["--quiet", "--log", LOG, "--format", format];
        desk.gate(&[&args[..], more].concat()).ends(20).stdout
    };
    let output = asked("github-output", &[]);
    let head = output.lines().find_map(|l| l.strip_prefix("log-head="));
    let head = head.unwrap_or_else(|| panic!("no head in {output}"));
    assert!(head.starts_with("1:"), "{head}");
    let summary = asked("markdown", &[]);
    let later = summary.split("--head ").nth(1);
    let later = later.and_then(|rest| rest.split('`').next());
    let later = later.unwrap_or_else(|| panic!("no head in {summary}"));
    for head in [head, later] {
        verify(&desk, &["--head", head]).ends(0);
    }
    let cut: String = desk
        .sandbox
        .read("log.jsonl")
        .lines()
        .take(1)
        .fold(String::new(), |all, line| all + line + "\n");
    write(&desk, &cut);
    verify(&desk, &["--head", head]).ends(0);
    verify(&desk, &["--head", later]).ends(20);
    // Where no log is kept, nothing is said of one.
    let args = ["--quiet", "--no-log", "--format", "github-output"];
    let none = desk.gate(&args).ends(20).stdout;
    assert!(!none.contains("log-head"), "{none}");
}
