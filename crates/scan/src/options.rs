//! What one scan is asked for.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use sluicegate_core::Confidence;

use crate::marker::MarkerKind;

/// Files larger than this are left out unless the options say otherwise, in bytes.
pub const DEFAULT_MAX_FILE_SIZE: u64 = 1 << 30;

/// How many archives in each other are opened unless the options say otherwise.
pub const DEFAULT_ARCHIVE_DEPTH: usize = 8;

/// The choices of a scan; start from [`Options::default`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// How many threads; 0 for one per processor.
    pub threads: usize,
    /// Larger files are left out and counted, in bytes; `None` for no limit.
    pub max_file_size: Option<u64>,
    /// How many archives, packages and images in each other are opened; 0 opens none.
    pub archive_depth: usize,
    /// Findings of less confidence are counted and left out.
    pub min_confidence: Confidence,
    /// The markers that are honoured.
    pub markers: Vec<MarkerKind>,
    /// Globs of paths, relative to the folder given, that are left out.
    pub exclude: Vec<String>,
    /// Whether files that git ignores and does not track are left out.
    pub respect_ignore_files: bool,
    /// What is looked for.
    pub kinds: Kinds,
    /// Patterns of references that are left out, by id.
    pub exclude_patterns: Vec<String>,
    /// The key of fingerprints; `None` for the built-in one.
    pub fingerprint_key: Option<Vec<u8>>,
    /// What time it is, in seconds since 1970, to tell what is expired; `None` if nothing
    /// is to be.
    pub now: Option<i64>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            threads: 0,
            max_file_size: Some(DEFAULT_MAX_FILE_SIZE),
            archive_depth: DEFAULT_ARCHIVE_DEPTH,
            min_confidence: Confidence::Probable,
            markers: MarkerKind::ALL.to_vec(),
            exclude: Vec::new(),
            respect_ignore_files: true,
            kinds: Kinds::default(),
            exclude_patterns: Vec::new(),
            fingerprint_key: None,
            now: None,
        }
    }
}

/// What a scan looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kinds {
    /// Values of secrets.
    pub secrets: bool,
    /// References to stored long-lived credentials. They are looked for in files as they
    /// are now, and never in the history of a repository.
    pub references: bool,
}

impl Default for Kinds {
    fn default() -> Self {
        Self {
            secrets: true,
            references: true,
        }
    }
}

/// Something to scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A file, or a folder and all below it.
    Path(PathBuf),
    /// Standard input, read as a stream; reports call it `-`.
    Stdin,
    /// Bytes that the caller has, under the name that reports show. Rules and file
    /// kinds go by that name.
    Bytes {
        /// The name.
        name: String,
        /// The bytes.
        bytes: Vec<u8>,
    },
}

/// Watches a scan from another thread, and stops it.
#[derive(Debug, Default)]
pub struct Monitor {
    files: AtomicU64,
    bytes: AtomicU64,
    matches: AtomicU64,
    expected: AtomicU64,
    cancelled: AtomicBool,
    warnings: Mutex<Vec<String>>,
}

impl Monitor {
    /// How many files were read so far.
    pub fn files(&self) -> u64 {
        self.files.load(Ordering::Relaxed)
    }

    /// How many bytes were read so far.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// How many matches were seen so far.
    pub fn matches(&self) -> u64 {
        self.matches.load(Ordering::Relaxed)
    }

    /// How many files there are, if that is known: in a history, blobs and messages, and
    /// what is not told from those before it was read. 0 if it is not.
    pub fn expected(&self) -> u64 {
        self.expected.load(Ordering::Relaxed)
    }

    pub(crate) fn expect(&self, files: u64) {
        self.expected.fetch_add(files, Ordering::Relaxed);
    }

    pub(crate) fn add_bytes(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(crate) fn add_file(&self, matches: u64) {
        self.files.fetch_add(1, Ordering::Relaxed);
        self.matches.fetch_add(matches, Ordering::Relaxed);
    }

    pub(crate) fn add_matches(&self, matches: u64) {
        self.matches.fetch_add(matches, Ordering::Relaxed);
    }

    /// What went wrong on the way and changes no answer, in words; each once.
    pub fn warnings(&self) -> Vec<String> {
        let warnings = self.warnings.lock();
        warnings.unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn warn(&self, warning: String) {
        let warnings = self.warnings.lock();
        let mut warnings = warnings.unwrap_or_else(PoisonError::into_inner);
        if !warnings.contains(&warning) {
            warnings.push(warning);
        }
    }

    /// Asks the scan to stop soon. Its report says that it is incomplete.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Whether it was asked to stop.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }
}
