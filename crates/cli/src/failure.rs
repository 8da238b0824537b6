//! What went wrong: the thing, the reason, the way out, and how the program ends.

use std::io;

use sluicegate::{Diagnostic, ScanError, ScanErrorKind};

use crate::status::Status;

/// One thing that went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    status: Status,
    message: String,
    hint: Option<String>,
}

impl Failure {
    /// The user has to change the command line or a file.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Status::Usage, message.into())
    }

    /// The work could not be done, or not whole.
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::new(Status::Failed, message.into())
    }

    fn new(status: Status, message: String) -> Self {
        Self {
            status,
            message,
            hint: None,
        }
    }

    /// With the way out.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// How the program ends because of it.
    pub(crate) fn status(&self) -> Status {
        self.status
    }

    /// The thing and the reason.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// The way out, if there is one.
    pub(crate) fn way_out(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

impl From<ScanError> for Failure {
    fn from(error: ScanError) -> Self {
        let message = without_number(&error.to_string());
        match error.kind() {
            ScanErrorKind::MissingTarget => Self::usage(message)
                .hint("check the spelling; paths are taken from the current folder"),
            ScanErrorKind::BadGlob => Self::usage(message)
                .hint("globs are written as in .gitignore, such as `vendor/` or `*.min.js`"),
            ScanErrorKind::UnreadableTarget => {
                Self::failed(message).hint("give read access to it, or name another path")
            }
            ScanErrorKind::NoRepository => Self::usage(message)
                .hint("name a folder in a repository, or scan files: `sluice scan PATH`"),
            ScanErrorKind::UnknownBranch => {
                Self::usage(message).hint("`git branch --all` and `git tag` list what there is")
            }
            ScanErrorKind::BadChange => Self::usage(message)
                .hint("`git rev-parse --verify NAME` tells what a name stands for"),
            ScanErrorKind::Threads => Self::failed(message).hint("ask for fewer with --threads"),
            _ => Self::failed(message),
        }
    }
}

/// Several things that went wrong, at least one.
#[derive(Debug)]
pub(crate) struct Failures(Vec<Failure>);

impl Failures {
    /// One after the other.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Failure> {
        self.0.iter()
    }

    /// How the program ends because of the worst of them.
    pub(crate) fn status(&self) -> Status {
        self.iter()
            .map(Failure::status)
            .max()
            .unwrap_or(Status::Failed)
    }

    /// What is wrong with a configuration.
    pub(crate) fn config(error: &Diagnostic) -> Self {
        let message = without_number(&shown(error));
        Failure::usage(message)
            .hint("`sluice config show --no-config` prints every key; --no-config scans without the file")
            .into()
    }

    /// What is wrong with rule files, or with the choice of rules.
    pub(crate) fn rules(errors: &[Diagnostic]) -> Self {
        let one = |error: &Diagnostic| {
            // Choices made by flags are of no file.
            let of_no_file = error.line().is_none() && error.file() == "rules";
            let text = if of_no_file {
                error.message().to_owned()
            } else {
                shown(error)
            };
            Failure::usage(without_number(&text))
        };
        let mut failures: Vec<_> = errors.iter().map(one).collect();
        let hint = if errors
            .iter()
            .any(|e| e.message().contains("there is no rule"))
        {
            "`sluice rules list` prints the ids of all rules"
        } else if errors.iter().all(|e| e.message().starts_with("cannot be ")) {
            "check the spelling and who may read it; paths are taken from the current folder"
        } else {
            "rules/README.md describes rule files; `sluice rules check --rules FILE` tests one"
        };
        if let Some(last) = failures.pop() {
            failures.push(last.hint(hint));
        }
        Self(failures)
    }
}

impl From<Failure> for Failures {
    fn from(failure: Failure) -> Self {
        Self(vec![failure])
    }
}

impl From<ScanError> for Failures {
    fn from(error: ScanError) -> Self {
        Failure::from(error).into()
    }
}

/// What the system said, for the middle of a sentence.
pub(crate) fn reason(error: &io::Error) -> String {
    let text = without_number(&error.to_string());
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_lowercase().chain(letters).collect(),
        None => text,
    }
}

/// The text without the numbers that systems give their errors: they help nobody.
fn without_number(text: &str) -> String {
    match text.split_once(" (os error ") {
        Some((before, after)) => {
            let rest = after.split_once(')').map_or("", |(_, rest)| rest);
            format!("{before}{rest}")
        }
        None => text.to_owned(),
    }
}

/// What is wrong with a file, and where. What parsers say repeats parts of the file, and
/// somebody may have named one that is full of values.
fn shown(error: &Diagnostic) -> String {
    const OF_PARSERS: &[&str] = &["unknown", "invalid", "duplicate", "missing", "expected"];
    let message = error.message();
    if !OF_PARSERS.iter().any(|start| message.starts_with(start)) {
        return error.to_string();
    }
    let masked = sluicegate::gate::without_values(message);
    Diagnostic::new(error.file(), error.line(), masked).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_errors_are_left_out() {
        let error = io::Error::from_raw_os_error(2);
        assert!(!reason(&error).contains("os error"), "{}", reason(&error));
        assert_eq!(without_number("a: b (os error 2): c"), "a: b: c");
    }

    #[test]
    fn the_worst_failure_decides() {
        let failures = Failures(vec![Failure::failed("a"), Failure::usage("b")]);
        assert_eq!(failures.status(), Status::Failed);
    }
}
