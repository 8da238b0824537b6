//! Repositories made by real git, with a clock that ticks with every commit, and values
//! that exist only while a test runs.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, LazyLock};

use sluicegate_core::{Confidence, Exposure, Occurrence, Report, SkipReason};
use sluicegate_rules::Rules;
use sluicegate_scan::{HistoryOptions, Monitor, Options, Scanner};

pub(crate) fn scanner(threads: usize) -> Scanner {
    scanner_to_depth(threads, Options::default().archive_depth)
}

/// The same that opens so many containers in each other.
pub(crate) fn scanner_to_depth(threads: usize, archive_depth: usize) -> Scanner {
    let mut options = Options::default();
    options.archive_depth = archive_depth;
    options.threads = threads;
    options.min_confidence = Confidence::Probable;
    let words = Scanner::watch_words(&options.markers);
    let rules = Rules::builder()
        .build(&words)
        .expect("the built-in rules are valid");
    Scanner::new(Arc::new(rules), options)
}

pub(crate) fn scan(path: &Path) -> Report {
    // The rules are the same for all, and take longest to make.
    static SCANNER: LazyLock<Scanner> = LazyLock::new(|| scanner(2));
    let mut options = HistoryOptions::default();
    options.paranoid = true;
    SCANNER
        .scan_history(path, &options, &Monitor::default())
        .expect("a repository")
}

/// A folder with a repository, and a clock that ticks with every commit.
pub(crate) struct Repo {
    pub(crate) dir: tempfile::TempDir,
    clock: std::cell::Cell<u32>,
}

impl Repo {
    pub(crate) fn new(options: &[&str]) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let clock = std::cell::Cell::new(1_700_000_000);
        let repo = Self { dir, clock };
        std::fs::create_dir(repo.path()).expect("a folder");
        repo.git(&[&["init", "-q", "-b", "main"], options].concat());
        repo
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.dir.path().join("repo")
    }

    pub(crate) fn git_in(&self, dir: &Path, args: &[&str]) -> String {
        self.clock.set(self.clock.get() + 60);
        let date = format!("{} +0200", self.clock.get());
        let output = Command::new("git")
            .args([
                "-c",
                "user.name=A U Thor",
                "-c",
                "user.email=a@example.invalid",
            ])
            .args(["-c", "protocol.file.allow=always", "-c", "gc.auto=0"])
            .args(args)
            .current_dir(dir)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_AUTHOR_DATE", &date)
            .env("GIT_COMMITTER_DATE", &date)
            .output()
            .expect("git runs");
        assert!(output.status.success(), "git {args:?}: {output:?}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    pub(crate) fn git(&self, args: &[&str]) -> String {
        self.git_in(&self.path(), args)
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().expect("it lies in a folder")).expect("a folder");
        std::fs::write(path, text).expect("room");
    }

    /// Writes and commits; gives the commit.
    pub(crate) fn commit(&self, path: &str, text: &str, message: &str) -> String {
        self.write(path, text);
        self.git(&["add", "-A"]);
        self.git(&["commit", "-qm", message]);
        self.git(&["rev-parse", "HEAD"])
    }
}

/// A value that is found, different for every number.
pub(crate) fn value(number: usize) -> String {
    format!("Kq{number}!vR7xT{number}zz")
}

pub(crate) fn line(number: usize) -> String {
    format!("smtp_password = \"{}\"\n", value(number))
}

pub(crate) fn filler(lines: usize) -> String {
    (0..lines)
        .map(|n| format!("option_{n} = {}\n", n * 7919))
        .collect()
}

/// The occurrences of a value.
pub(crate) fn of(report: &Report, number: usize) -> Vec<Occurrence> {
    let value = value(number);
    let is_it = |bytes: &[u8]| bytes == value.as_bytes();
    let findings = report.findings.iter();
    findings
        .filter(|f| is_it(f.secret.expose_secret_bytes()))
        .flat_map(|f| f.occurrences.clone())
        .collect()
}

pub(crate) fn one(report: &Report, number: usize) -> Occurrence {
    let mut all = of(report, number);
    assert_eq!(
        all.len(),
        1,
        "value {number}: {all:?}\n{:?}",
        report.coverage
    );
    all.remove(0)
}

pub(crate) fn exposure(report: &Report, number: usize) -> Exposure {
    one(report, number)
        .provenance
        .expect("it comes from history")
        .exposure
}

pub(crate) fn commit_of(occurrence: &Occurrence) -> String {
    let provenance = occurrence
        .provenance
        .as_ref()
        .expect("it comes from history");
    provenance
        .commit
        .as_ref()
        .map_or(String::new(), |commit| commit.id.clone())
}

pub(crate) fn clean(report: &Report) {
    assert!(
        report.coverage.skipped.is_empty(),
        "{:?}",
        report.coverage.skipped
    );
}

/// Checks that one thing is told to be missing, and how.
pub(crate) fn missing(report: &Report, detail: &str) {
    let skipped = &report.coverage.skipped;
    assert_eq!(skipped.len(), 1, "{skipped:?}");
    assert_eq!(skipped[0].reason, SkipReason::Missing);
    assert!(skipped[0].detail.contains(detail), "{skipped:?}");
}
