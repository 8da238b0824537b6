//! What is kept between scans.

use std::fs;
use std::path::PathBuf;

use sluicegate_core::Report;
use sluicegate_scan::{HistoryOptions, Monitor};

use crate::support::{Repo, clean, filler, line, of, scanner, value};

/// A repository with two values in a pack, one of them removed again, and many files.
fn packed() -> Repo {
    let repo = Repo::new(&[]);
    repo.commit("a.conf", &format!("{}{}", filler(40), line(1)), "first");
    repo.commit("a.conf", &filler(41), "removed");
    for number in 0..20 {
        let path = format!("d{}/f{number}.txt", number % 3);
        repo.commit(&path, &filler(30 + number), "nothing");
    }
    repo.commit("b.conf", &line(2), "second");
    repo.git(&["repack", "-adfq"]);
    repo
}

fn scan_with(repo: &Repo, change: impl Fn(&mut HistoryOptions)) -> (Report, Vec<String>) {
    let mut options = HistoryOptions::default();
    options.cache = true;
    change(&mut options);
    let monitor = Monitor::default();
    let report = scanner(2).scan_history(&repo.path(), &options, &monitor);
    (report.expect("a repository"), monitor.warnings())
}

/// A scan that must not complain.
fn cached(repo: &Repo) -> Report {
    let (report, warnings) = scan_with(repo, |_| {});
    assert_eq!(warnings, Vec::<String>::new());
    clean(&report);
    report
}

fn fresh(repo: &Repo) -> Report {
    scan_with(repo, |options| options.cache = false).0
}

/// All of a report but how it was come by.
fn shown(report: &Report) -> String {
    let coverage = &report.coverage;
    format!(
        "{:?} {} {} {} {:?} {:?}",
        report.findings,
        report.below_confidence,
        coverage.files,
        coverage.bytes,
        coverage.skipped,
        coverage.history.map(|history| history.commits)
    )
}

fn known(report: &Report) -> u64 {
    report.coverage.history.map_or(0, |history| history.cached)
}

fn files(repo: &Repo) -> Vec<PathBuf> {
    let entries = fs::read_dir(repo.path().join(".git/sluicegate")).expect("a cache");
    let mut paths: Vec<_> = entries.map(|e| e.expect("readable").path()).collect();
    paths.sort();
    paths
}

#[test]
fn the_second_scan_gives_the_same_and_reads_nothing_else() {
    let repo = packed();
    let first = cached(&repo);
    assert_eq!(
        (known(&first), of(&first, 1).len(), of(&first, 2).len()),
        (0, 1, 1)
    );
    let second = cached(&repo);
    assert_eq!(shown(&second), shown(&first));
    assert_eq!(known(&second), first.coverage.files);
    assert_eq!(
        second.coverage.history.map(|history| history.searched),
        Some(0)
    );
}

#[test]
fn of_a_repository_that_grew_only_what_is_new_is_read() {
    let repo = packed();
    let first = cached(&repo);
    repo.commit("c.conf", &format!("{}{}", filler(41), line(3)), "third");
    repo.git(&["repack", "-dq"]);
    repo.commit("d.conf", &line(4), "fourth, loose");
    let second = cached(&repo);
    assert_eq!(known(&second), first.coverage.files);
    assert_eq!(shown(&second), shown(&fresh(&repo)));
    assert_eq!((of(&second, 3).len(), of(&second, 4).len()), (1, 1));
    // What leads to a value changes without an object.
    repo.git(&["reset", "-q", "--hard", "HEAD~2"]);
    assert_eq!(shown(&cached(&repo)), shown(&fresh(&repo)));
    repo.git(&["repack", "-adfq"]);
    assert_eq!(shown(&cached(&repo)), shown(&fresh(&repo)));
}

#[test]
fn other_questions_have_other_answers() {
    let repo = packed();
    cached(&repo);
    repo.git(&["branch", "early", "HEAD~10"]);
    let changes: [fn(&mut HistoryOptions); 4] = [
        |options| options.branch = Some("early".to_owned()),
        |options| options.reachable_only = true,
        |options| options.since = Some(1_700_000_500),
        |options| options.since = Some(i64::MAX),
    ];
    for change in changes {
        let (with, _) = scan_with(&repo, change);
        let (without, _) = scan_with(&repo, |options| {
            change(options);
            options.cache = false;
        });
        assert_eq!(shown(&with), shown(&without));
    }
}

#[test]
fn damage_is_told_and_mended() {
    let repo = packed();
    let good = shown(&cached(&repo));
    let number = files(&repo).len();
    assert!(number >= 2, "a pack and the answer");
    for cut in [0, 3, 40, 100, usize::MAX] {
        for path in files(&repo) {
            let mut bytes = fs::read(&path).expect("a file");
            match bytes.get_mut(cut) {
                Some(byte) => *byte ^= 1,
                None => bytes.truncate(bytes.len() / 2),
            }
            fs::write(&path, bytes).expect("our own file");
        }
        let (report, warnings) = scan_with(&repo, |_| {});
        assert_eq!(shown(&report), good);
        assert_eq!(warnings.len(), number, "{warnings:?}");
        assert!(
            warnings.iter().all(|w| w.contains("is damaged")),
            "{warnings:?}"
        );
        assert_eq!(shown(&cached(&repo)), good, "it was mended");
    }
}

#[test]
fn no_file_holds_a_value_and_none_is_left_half_written() {
    let repo = packed();
    cached(&repo);
    for path in files(&repo) {
        let bytes = fs::read(&path).expect("a file");
        for number in [1, 2] {
            let value = value(number);
            let held = bytes
                .windows(6)
                .any(|w| value.as_bytes().windows(6).any(|v| v == w));
            assert!(!held, "{}", path.display());
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        assert!(
            name.starts_with("pack-") || name.starts_with("state-"),
            "{name}"
        );
    }
}

#[test]
fn runs_at_the_same_time_do_not_disturb_each_other() {
    let repo = packed();
    let want = shown(&fresh(&repo));
    let path = repo.path();
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                let mut options = HistoryOptions::default();
                options.cache = true;
                let monitor = Monitor::default();
                let report = scanner(1).scan_history(&path, &options, &monitor);
                assert_eq!(shown(&report.expect("a repository")), want);
                assert_eq!(monitor.warnings(), Vec::<String>::new());
            });
        }
    });
}

#[test]
fn a_scan_that_is_stopped_keeps_nothing() {
    let repo = packed();
    let mut options = HistoryOptions::default();
    options.cache = true;
    let monitor = Monitor::default();
    monitor.cancel();
    let report = scanner(2).scan_history(&repo.path(), &options, &monitor);
    assert!(report.is_ok_and(|report| report.coverage.cancelled));
    assert!(!repo.path().join(".git/sluicegate").exists());
}

#[test]
fn where_nothing_can_be_written_another_folder_is_used() {
    let repo = packed();
    // A file of that name stands in the way, whoever runs this test.
    fs::write(repo.path().join(".git/sluicegate"), "").expect("room");
    let (first, warnings) = scan_with(&repo, |_| {});
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(
        warnings[0].contains("cannot keep what was found out"),
        "{warnings:?}"
    );
    let elsewhere = repo.dir.path().join("elsewhere");
    let there = |options: &mut HistoryOptions| options.cache_fallback = Some(elsewhere.clone());
    let (second, warnings) = scan_with(&repo, there);
    assert_eq!((warnings, shown(&second)), (Vec::new(), shown(&first)));
    let (third, _) = scan_with(&repo, there);
    assert_eq!(known(&third), first.coverage.files);
}
