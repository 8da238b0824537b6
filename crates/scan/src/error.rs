//! Why a scan cannot even start.

use std::fmt;

/// A scan that cannot start. What goes wrong later is coverage.
#[derive(Debug)]
pub struct ScanError {
    kind: ScanErrorKind,
    message: String,
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ScanErrorKind {
    /// A path to scan does not exist.
    MissingTarget,
    /// A path to scan is there and cannot be read, or the index of a repository.
    UnreadableTarget,
    /// A path whose history was asked for lies in no repository.
    NoRepository,
    /// A repository cannot be read.
    UnreadableRepository,
    /// A branch that was asked for is not in the repository.
    UnknownBranch,
    /// A change names what is not in the repository.
    BadChange,
    /// A glob is not valid.
    BadGlob,
    /// The threads could not be started.
    Threads,
}

impl ScanError {
    pub(crate) fn new(kind: ScanErrorKind, message: String) -> Self {
        Self { kind, message }
    }

    /// What is wrong.
    pub fn kind(&self) -> ScanErrorKind {
        self.kind
    }
}

impl fmt::Display for ScanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ScanError {}
