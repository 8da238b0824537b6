//! Repositories of real git, and what changes of them introduce.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use sluicegate_core::{Confidence, Occurrence, Report};
use sluicegate_rules::Rules;
use sluicegate_scan::{Change, Monitor, Options, ScanError, Scanner, Surroundings};

pub(crate) fn scanner(threads: usize) -> Scanner {
    let mut options = Options::default();
    options.threads = threads;
    options.min_confidence = Confidence::Probable;
    let words = Scanner::watch_words(&options.markers);
    let rules = Rules::builder()
        .build(&words)
        .expect("the built-in rules are valid");
    Scanner::new(Arc::new(rules), options)
}

/// A folder with a repository, and a clock that ticks with every commit.
pub(crate) struct Repo {
    dir: tempfile::TempDir,
    clock: std::cell::Cell<u32>,
}

impl Repo {
    pub(crate) fn new() -> Self {
        Self::with(&[])
    }

    pub(crate) fn with(options: &[&str]) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let clock = std::cell::Cell::new(1_700_000_000);
        let repo = Self { dir, clock };
        std::fs::create_dir(repo.path()).expect("a folder");
        repo.git(&[&["init", "-q", "-b", "main"], options].concat());
        repo
    }

    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.dir.path().join("repo")
    }

    pub(crate) fn git_in(&self, dir: &Path, args: &[&str]) -> String {
        self.clock.set(self.clock.get() + 60);
        let date = format!("{} +0200", self.clock.get());
        let output = Command::new("git")
            .args(["-c", "user.name=A", "-c", "user.email=a@example.invalid"])
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

    /// Commits all that is there; gives the commit.
    pub(crate) fn commit(&self, message: &str) -> String {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-qm", message, "--allow-empty"]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Writes and commits; gives the commit.
    pub(crate) fn save(&self, path: &str, text: &str) -> String {
        self.write(path, text);
        self.commit(path)
    }

    pub(crate) fn try_scan(&self, change: &Change) -> Result<Report, ScanError> {
        let git = Surroundings::default();
        scanner(2).scan_change(&self.path(), &git, change, &Monitor::default())
    }

    pub(crate) fn range(&self, range: &str) -> Report {
        let change = Change::Range(range.to_owned());
        self.try_scan(&change).expect("a range")
    }

    pub(crate) fn staged(&self) -> Report {
        self.try_scan(&Change::Staged).expect("a good index")
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
    let line = |n: usize| format!("option_{n} = {}\n", n * 7919);
    (0..lines).map(line).collect()
}

/// The numbers of the values that are introduced, with their paths, sorted.
pub(crate) fn introduced(report: &Report) -> Vec<(usize, String)> {
    assert!(!report.coverage.is_incomplete(), "{:?}", report.coverage);
    listed(report)
}

/// The same, whatever could not be read.
pub(crate) fn listed(report: &Report) -> Vec<(usize, String)> {
    let mut all = Vec::new();
    for finding in &report.findings {
        let bytes = finding.secret.expose_secret_bytes();
        let number = (0..100).find(|&n| value(n).as_bytes() == bytes);
        let number = number.unwrap_or_else(|| panic!("a value of this test: {finding:?}"));
        for place in &finding.occurrences {
            all.push((number, place.path.to_string()));
        }
    }
    all.sort();
    all
}

/// The only occurrence of the only finding.
pub(crate) fn only(report: &Report) -> &Occurrence {
    match &report.findings[..] {
        [finding] if finding.occurrences.len() == 1 => &finding.occurrences[0],
        other => panic!("one occurrence of one finding: {other:#?}"),
    }
}

/// Pairs as [`introduced`] gives them.
pub(crate) fn pairs(pairs: &[(usize, &str)]) -> Vec<(usize, String)> {
    pairs
        .iter()
        .map(|(n, path)| (*n, (*path).to_owned()))
        .collect()
}
