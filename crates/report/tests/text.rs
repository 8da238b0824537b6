//! What people see.

mod support;

use insta::assert_snapshot;
use sluicegate_core::{
    Confidence, Excerpt, Finding, Kind, Piece, Report, Secret, Severity, SkipReason,
};
use sluicegate_report::{Context, TextStyle, text};
use support::{at, finding, history, rule, sample, skipped, suppress};
use unicode_width::UnicodeWidthStr;

fn render(report: &Report, style: &TextStyle) -> String {
    let mut out = Vec::new();
    text(report, &Context::new("0.1.0"), style, &mut out).expect("a vector takes all");
    String::from_utf8(out).expect("text is UTF-8")
}

fn plain(report: &Report) -> String {
    render(report, &TextStyle::plain())
}

#[test]
fn a_report_reads_well_in_eighty_columns() {
    assert_snapshot!(plain(&sample()), @r#"
    config/deploy.env

      critical: GitHub personal access token (classic) [definite]
      config/deploy.env:12:21  fingerprint 9e3779b97f4a7c15
       12 | export GITHUB_TOKEN=ghp_************************************  # used ...
          |                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            also at docs/RELEASE.md:88:19
                    scripts/release.sh:3:7
            revoke  Delete the token under Settings, Developer settings, Personal
                    access tokens, or send it to the credential revocation API.
                    https://github.example/settings/tokens

      critical: GitHub personal access token (classic) [definite]
      config/deploy.env:13:25  fingerprint 3c6ef372fe94f82b
       13 | export GITHUB_TOKEN_OLD=ghp_************************************
          |                         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

      medium: Slack incoming webhook URL [definite]
      config/deploy.env:140:12  fingerprint daa66d2c7ddf7441
      140 | SLACK_URL="https://hooks.slack.com/services/********/*********/******...
          |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          |            72 bytes
            revoke  Delete the token under Settings, Developer settings, Personal
                    access tokens, or send it to the credential revocation API.
                    https://slack.example/settings/tokens

    docs/RELEASE.md

      high: RSA private key [definite]
      docs/RELEASE.md:120:5  fingerprint 78dde6e5fd29f057
      120 |     -----BEGIN RSA PRIVATE KEY-----
          |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ 295 bytes on 8 lines
            revoke  Delete the token under Settings, Developer settings, Personal
                    access tokens, or send it to the credential revocation API.
                    https://private.example/settings/tokens

      docs/RELEASE.md:88:19  same value as config/deploy.env:12:21

    scripts/release.sh

      high: Password in an assignment [probable]
      scripts/release.sh:9:61  fingerprint 1715609f7c746c6d
        9 | ...-retry 3 --user "deploy:*******-*********************" https://reg...
          |                            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            revoke  Delete the token under Settings, Developer settings, Personal
                    access tokens, or send it to the credential revocation API.
                    https://generic.example/settings/tokens

      scripts/release.sh:3:7  same value as config/deploy.env:12:21

    Suppressed (1)
      tests/fixtures/app.yaml:4  generic-password  sluice:allow  test fixture, never deployed

    Markers that suppress nothing (1)
      src/legacy.py:14  gitleaks:allow

    critical    2 (2 definite)
    high        2 (1 definite, 1 probable)
    medium      1 (1 definite)
    suppressed  1 place, 1 unused marker
    not shown   4 findings of less confidence; see them with --min-confidence hint
    read        1,204 files, 38.2 MB in 411 ms (93.0 MB/s), 412 rules
    not read    2 could not be opened or read
                  secrets/prod.env (Permission denied (os error 13))
                  secrets/stage.env (Permission denied (os error 13))
                1 neither file nor folder
                  run/agent.sock (a socket)

    Incomplete: 2 paths could not be read to the end.
    5 findings in 3 files. Revoke them first: removing them is not enough.
    "#);
}

#[test]
fn quiet_is_one_line_for_each_finding() {
    let mut style = TextStyle::plain();
    style.quiet = true;
    assert_snapshot!(render(&sample(), &style), @r#"
    config/deploy.env:12:21: critical github-pat ghp_************************************ 9e3779b97f4a7c15 (and 2 more places)
    config/deploy.env:13:25: critical github-pat ghp_************************************ 3c6ef372fe94f82b
    config/deploy.env:140:12: medium slack-webhook https://hooks.slack.com/services/********/*********/******************** daa66d2c7ddf7441
    docs/RELEASE.md:120:5: high private-key-rsa -----BEGIN RSA PRIVATE KEY----- 78dde6e5fd29f057
    scripts/release.sh:9:61: high generic-password *******-********************* 1715609f7c746c6d
    "#);
}

#[test]
fn a_clean_scan_says_so_and_little_else() {
    let mut report = sample();
    report.findings.clear();
    report.unused_suppressions.clear();
    report.coverage.skipped.clear();
    report.below_confidence = 0;
    assert_snapshot!(plain(&report), @r#"
    read        1,204 files, 38.2 MB in 411 ms (93.0 MB/s), 412 rules

    Nothing found.
    "#);
}

#[test]
fn the_last_lines_never_call_an_incomplete_scan_clean() {
    let mut report = Report::default();
    let last = |report: &Report| {
        let text = plain(report);
        text.rsplit("\n\n").next().unwrap_or_default().to_owned()
    };
    assert_eq!(last(&report), "Nothing was read, so nothing was found.\n");
    report.coverage.files = 3;
    assert_eq!(last(&report), "Nothing found.\n");
    for reason in SkipReason::ALL.iter().copied() {
        report.coverage.skipped = vec![skipped("x", reason, "")];
        assert_eq!(
            last(&report).ends_with("Nothing found.\n"),
            !reason.is_failure(),
            "{reason:?}"
        );
    }
    report.coverage.skipped.clear();
    report.coverage.cancelled = true;
    assert_snapshot!(last(&report), @r#"
    Stopped before the end: what was not read may hold more.
    Nothing found in what was read.
    "#);
}

#[test]
fn a_value_in_four_hundred_files_is_told_of_once() {
    let mut report = sample();
    report.findings.truncate(1);
    for number in 0..400 {
        at(
            &mut report.findings[0],
            &format!("copy/{number:03}.env"),
            7,
            "T=@",
        );
    }
    let text = plain(&report);
    assert!(text.lines().count() < 40, "{text}");
    assert!(text.contains("and 399 more places in 399 files"), "{text}");
}

#[test]
fn suppressed_and_skipped_lists_are_cut_and_say_so() {
    let mut report = Report::default();
    let rule = rule(
        "generic-password",
        "Password",
        Severity::Low,
        Confidence::Probable,
    );
    let mut many = finding(0, rule, &support::password(), 0);
    for line in 1..=30 {
        at(&mut many, "a.txt", line, "p=@");
        suppress(&mut many, None);
    }
    report.findings.push(many);
    let sockets = (0..9).map(|n| skipped(&format!("s{n}"), SkipReason::Special, ""));
    report.coverage.skipped = sockets.collect();
    let text = plain(&report);
    assert!(text.contains("Suppressed (30)"), "{text}");
    assert!(
        text.contains("and 10 more lines; --format json has them all"),
        "{text}"
    );
    assert!(text.contains("and 6 more\n"), "{text}");
}

#[test]
fn colour_changes_nothing_but_colour() {
    let mut style = TextStyle::plain();
    style.color = true;
    let coloured = render(&sample(), &style);
    assert!(coloured.contains("\x1b["));
    let mut stripped = String::new();
    let mut rest = coloured.as_str();
    while let Some((before, after)) = rest.split_once("\x1b[") {
        stripped.push_str(before);
        rest = after.split_once('m').map_or("", |(_, after)| after);
    }
    stripped.push_str(rest);
    assert_eq!(stripped, plain(&sample()));
}

#[test]
fn what_stands_in_files_cannot_drive_the_terminal() {
    let rule = rule(
        "generic-password",
        "Pass\x1bword",
        Severity::High,
        Confidence::Probable,
    );
    let mut hostile = finding(0, rule, &support::password(), 0);
    at(
        &mut hostile,
        "a\x1b]0;t\x07\u{202e}\nb",
        3,
        "\x1b[2J\u{9b}1m\r@\u{200b}\x7f",
    );
    let mut allowed = hostile.clone();
    suppress(&mut allowed, Some("fine\x1b[0m"));
    let report = Report {
        findings: vec![hostile, allowed],
        ..Report::default()
    };
    for quiet in [false, true] {
        let mut style = TextStyle::plain();
        style.quiet = quiet;
        let text = render(&report, &style);
        let bad = |c: char| {
            (c.is_control() && c != '\n') || matches!(c, '\u{200b}' | '\u{202e}' | '\u{9b}')
        };
        assert!(!text.contains(bad), "{text:?}");
        assert!(text.contains("a\\x1b]0;t\\x07\\u{202e}\\nb:3:"), "{text}");
    }
}

/// The columns of the carets, and what stands above them.
fn above_carets(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let at = lines
        .iter()
        .position(|line| line.contains("| ") && line.contains('^'))
        .expect("there are carets");
    let from = lines[at].find('^').expect("there are carets");
    let to = from + lines[at].matches('^').count();
    let mut column = 0;
    let mut out = String::new();
    for c in lines[at - 1].chars() {
        if (from..to).contains(&column) {
            out.push(c);
        }
        column += c.to_string().width();
    }
    out
}

#[test]
fn carets_stand_exactly_under_the_value() {
    let stars = "*******-*********************";
    for (line, want) in [
        ("p=@", stars),
        ("\tp\t=@ \t#", stars),
        ("パスワード=@;", stars),
        ("e\u{301}\u{1b}[0m\u{202e} @ x", stars),
        ("😀😀 = '@'", stars),
    ] {
        for before in [0, 1, 30, 60, 500] {
            for width in [40, 80, 81, 120] {
                let rule = rule("r", "R", Severity::High, Confidence::Probable);
                let mut one = finding(0, rule, &support::password(), 0);
                at(
                    &mut one,
                    "f",
                    7,
                    &format!("{}{line}{}", "漢".repeat(before), "tail ".repeat(50)),
                );
                let mut style = TextStyle::plain();
                style.width = width;
                let text = render(
                    &Report {
                        findings: vec![one],
                        ..Report::default()
                    },
                    &style,
                );
                let above = above_carets(&text);
                assert!(
                    want.starts_with(&above) && above.len() >= 15,
                    "{width} {text}"
                );
                let line = text
                    .lines()
                    .find(|line| line.contains("7 | "))
                    .unwrap_or_default();
                assert!(line.width() <= width, "{width} {line}");
            }
        }
    }
}

#[test]
fn a_value_that_is_not_in_its_line_is_shown_below() {
    let rule = rule("r", "R", Severity::High, Confidence::Probable);
    let mut one = finding(0, rule, &support::password(), 0);
    at(&mut one, "f", 7, "@");
    one.occurrences[0].excerpt = Excerpt {
        pieces: vec![
            Piece::Text("data: ".into()),
            Piece::Other(Secret::new(b"other value of the line".to_vec())),
        ],
        cut_before: true,
        cut_after: true,
    };
    let text = plain(&Report {
        findings: vec![one],
        ..Report::default()
    });
    let lines: Vec<&str> = text.lines().skip(4).take(2).collect();
    assert_snapshot!(lines.join("\n"), @r#"
    7 | ...data: ***********************...
      | *******-*********************
    "#);
}

#[test]
fn a_history_is_told_with_commits() {
    assert_snapshot!(plain(&history()), @r#"
    config/deploy.env

      critical: GitHub personal access token (classic) [definite]
      config/deploy.env:12:21  fingerprint 9e3779b97f4a7c15
       12 | export GITHUB_TOKEN=ghp_************************************  # used ...
          |                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            commit  000100010001 of 2023-11-14 by A U Thor <a@example.invalid>
                    deploy by hand: ghp_************************************
            where   still there at HEAD
            also at docs/RELEASE.md:88:19 in 000400040004
            revoke  Delete the token under Settings, Developer settings, Personal
                    access tokens, or send it to the credential revocation API.
                    https://github.example/settings/tokens

      critical: GitHub personal access token (classic) [definite]
      config/deploy.env:13:25  fingerprint 3c6ef372fe94f82b
       13 | export GITHUB_TOKEN_OLD=ghp_************************************
          |                         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
            commit  000900090009 of 2023-11-14 by A U Thor <a@example.invalid>
                    why why why why why why why why why why why why why why why ...
            where   nothing leads to it any more, but git still has it; in 9
                    versions of the file, by 5 commits

    critical    2 (2 definite)
    not shown   4 findings of less confidence; see them with --min-confidence hint
    read        1,204 objects of 431 commits, 38.2 MB in 411 ms (93.0 MB/s), 412 rules
    searched    4.1 MB of it, the rest is repetition; 17 objects known from before

    2 findings in 2 files. Revoke them first: removing them is not enough.
    "#);
    let mut style = TextStyle::plain();
    style.quiet = true;
    assert_snapshot!(render(&history(), &style), @r#"
    config/deploy.env:12:21: critical github-pat ghp_************************************ 9e3779b97f4a7c15 in 000100010001 (and 1 more place)
    config/deploy.env:13:25: critical github-pat ghp_************************************ 3c6ef372fe94f82b in 000900090009
    "#);
}

#[test]
fn the_last_line_says_what_comes_first() {
    let advice = |findings: Vec<Finding>| {
        let text = plain(&Report {
            findings,
            ..Report::default()
        });
        let last = text.lines().last().map(str::to_owned);
        last.expect("there is a last line")
    };
    let secrets = sample().findings;
    let reference = |secret: &Finding| Finding {
        kind: Kind::Reference,
        ..secret.clone()
    };
    let (one, two) = (secrets[0].clone(), secrets[1].clone());
    for (findings, wanted) in [
        (
            vec![one.clone()],
            "Revoke it first: removing it is not enough.",
        ),
        (
            vec![one.clone(), reference(&two)],
            "Revoke them first: removing them is not enough.",
        ),
        (
            vec![reference(&one)],
            "It holds no secret and depends on a stored one.",
        ),
        (
            vec![reference(&one), reference(&two)],
            "They hold no secrets and depend on stored ones.",
        ),
    ] {
        let last = advice(findings);
        assert!(last.ends_with(wanted), "{last}");
    }
}

#[test]
fn a_history_without_repetition_was_searched_whole() {
    let mut report = history();
    let read = report.coverage.bytes;
    let coverage = report.coverage.history.as_mut().expect("a history");
    (coverage.searched, coverage.cached) = (read, 0);
    let text = plain(&report);
    assert!(text.contains("\nsearched    all of it\n"), "{text}");
}
