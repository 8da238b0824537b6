//! What a scan says: findings, where they are, and what was not read.
//!
//! These types carry secrets only as [`Secret`]; whoever renders them redacts.

use std::fmt;
use std::sync::Arc;

use crate::encoded::Codec;
use crate::identity::Identity;
use crate::info::RuleInfo;
use crate::job::Job;
use crate::secret::Secret;
use crate::span::Span;
use crate::vocabulary::{Confidence, Kind};

/// One rule and one secret value, wherever it was seen.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Stable identity, in lower-case hexadecimal digits: the same for the same rule
    /// and value, whatever the path, the line and the kind of scan.
    pub fingerprint: String,
    /// Whether the value is here, or a reference to a stored one.
    pub kind: Kind,
    /// The rule.
    pub rule: Arc<RuleInfo>,
    /// How sure it is; the highest of its occurrences.
    pub confidence: Confidence,
    /// The value.
    pub secret: Secret,
    /// How many bytes at the start of the value belong to the format and not to the
    /// secret, such as `ghp_`: they may be shown.
    pub public_prefix: usize,
    /// Which stored credential it is, if this is a reference. `secret` then holds its
    /// name, which may be shown.
    pub reference: Option<Referenced>,
    /// What the value, or what belongs to it beside it, says about itself.
    pub identity: Option<Arc<Identity>>,
    /// Where it was seen, sorted by path and place; at least one.
    pub occurrences: Vec<Occurrence>,
}

/// The stored credential that a reference depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Referenced {
    /// Whose it is, such as `aws`; `stored` if nothing tells.
    pub provider: &'static str,
    /// What it is called where it is referred to. Never a value.
    pub name: String,
    /// What it asks for in development, staging and production: one letter each, `A` to
    /// allow, `R` to remediate, `B` to block.
    pub stages: &'static str,
    /// Whether something short-lived is known that does the same.
    pub has_alternative: bool,
    /// Whether the name or the file says that its holder can do everything.
    pub is_admin: bool,
}

impl Finding {
    /// Whether every occurrence is suppressed.
    pub fn is_suppressed(&self) -> bool {
        self.occurrences.iter().all(|o| o.suppression.is_some())
    }
}

/// One place where a value was seen.
#[derive(Clone, Debug)]
pub struct Occurrence {
    /// The path as it is shown, `/`-separated; bytes that are not UTF-8 are replaced.
    /// `-` for standard input.
    pub path: Arc<str>,
    /// The bytes of the value in the file.
    pub span: Span,
    /// Where the value starts.
    pub start: Position,
    /// Where it ends: the place after its last character.
    pub end: Position,
    /// How sure it is here.
    pub confidence: Confidence,
    /// How it is written here, the outermost first; empty if as it is. If it is encoded,
    /// the span and the excerpt are those of what stands in the file.
    pub encoding: Vec<Codec>,
    /// The line it starts on, cut to a readable length.
    pub excerpt: Excerpt,
    /// What a reference is used for here, such as ``env of step `Publish` in job
    /// `release` ``.
    pub usage: Option<Arc<str>>,
    /// The job that uses a reference here, if a pipeline does.
    pub job: Option<Arc<Job>>,
    /// Why it does not count, if it does not.
    pub suppression: Option<Suppression>,
    /// How it came into the history of a repository, if that was scanned.
    pub provenance: Option<Provenance>,
    /// Where the value stood before the change that was scanned, and still stands: it came
    /// here as a copy. `None` if that is not known.
    pub copied_from: Option<Arc<str>>,
    /// The layer of an image that holds it, if one does.
    pub layer: Option<Arc<ImageLayer>>,
}

/// A layer of an image, as reports show it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ImageLayer {
    /// Its number, counted from 1 at the bottom.
    pub number: usize,
    /// Its digest, as `sha256:` and digits, if it is known.
    pub digest: Option<String>,
    /// The instruction that made it, cut to a readable length and without what may be
    /// secret in it.
    pub created_by: Option<String>,
    /// The number of the layer above that deletes the file. It is in the image all the
    /// same: who has the image has all its layers.
    pub deleted_by: Option<usize>,
}

/// How a value came to a path in the history of a repository. The occurrence it belongs to
/// is the first there; how often the path held it afterwards is only counted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Provenance {
    /// The id of the object that holds it, in lower-case hexadecimal digits.
    pub object: Arc<str>,
    /// The commit that brought it; `None` for objects that no commit holds.
    pub commit: Option<Arc<CommitInfo>>,
    /// How easily it is reached.
    pub exposure: Exposure,
    /// How many versions of the file hold it.
    pub blobs: usize,
    /// How many commits brought one of those versions.
    pub commits: usize,
}

/// A commit, as reports show it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CommitInfo {
    /// The id, in lower-case hexadecimal digits.
    pub id: String,
    /// The author, as `Name <address>`.
    pub author: String,
    /// When it was written, by the author's clock, as in RFC 3339.
    pub date: String,
    /// The first line of its message. People put secrets into those, too: it is for
    /// renderers that redact it.
    pub summary: String,
}

impl fmt::Debug for CommitInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CommitInfo")
            .field("id", &self.id)
            .field("date", &self.date)
            .finish_non_exhaustive()
    }
}

/// How easily a value in a repository is reached, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Exposure {
    /// What is checked out holds it.
    Head,
    /// A branch, a tag or another reference leads to it.
    Reachable,
    /// Only the stash leads to it.
    Stash,
    /// Only the record of where references stood leads to it.
    Reflog,
    /// Nothing leads to it.
    Dangling,
}

impl Exposure {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::Head,
        Self::Reachable,
        Self::Stash,
        Self::Reflog,
        Self::Dangling,
    ];

    /// The stable word, as reports have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Head => "head",
            Self::Reachable => "reachable",
            Self::Stash => "stash",
            Self::Reflog => "reflog",
            Self::Dangling => "dangling",
        }
    }
}

/// A place in a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line, counted from 1.
    pub line: usize,
    /// The column in Unicode characters, counted from 1.
    pub column: usize,
}

/// A stretch of one line, with every known secret in it set apart.
#[derive(Clone, Debug, Default)]
pub struct Excerpt {
    /// The pieces in order.
    pub pieces: Vec<Piece>,
    /// Whether the line goes on before the first piece.
    pub cut_before: bool,
    /// Whether it goes on after the last.
    pub cut_after: bool,
}

/// A piece of a line.
#[derive(Clone, Debug)]
pub enum Piece {
    /// Text in which nothing was found; bytes that are not UTF-8 are replaced.
    Text(String),
    /// The value of the occurrence that the excerpt belongs to (its first line).
    Own(Secret),
    /// Another value that was found on the same line.
    Other(Secret),
}

/// A marker in the file says that an occurrence does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// The marker, such as `sluice:allow`.
    pub marker: &'static str,
    /// Its line, counted from 1.
    pub line: usize,
    /// The reason it gives, if it gives one.
    pub reason: Option<String>,
}

/// A marker that suppresses nothing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnusedSuppression {
    /// The file.
    pub path: Arc<str>,
    /// Its line, counted from 1.
    pub line: usize,
    /// The marker.
    pub marker: &'static str,
}

/// What was read and what was not.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    /// How many files were read to the end.
    pub files: u64,
    /// How many bytes of them.
    pub bytes: u64,
    /// What was left out, sorted by path.
    pub skipped: Vec<Skipped>,
    /// Whether the scan was stopped before its end.
    pub cancelled: bool,
    /// What else is to say if the history of a repository was scanned. Its blobs and
    /// messages are the files, then.
    pub history: Option<HistoryCoverage>,
}

/// How a history was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HistoryCoverage {
    /// How many commits there are.
    pub commits: u64,
    /// How many bytes had to be searched; the others were known from what they were
    /// copied from, or from an earlier scan.
    pub searched: u64,
    /// How many blobs and messages were known from an earlier scan.
    pub cached: u64,
}

impl Coverage {
    /// Whether something that was asked for could not be read. Files left out by a
    /// stated choice, such as a size limit that the user set, do not count.
    pub fn is_incomplete(&self) -> bool {
        self.cancelled || self.skipped.iter().any(|s| s.reason.is_failure())
    }
}

/// Something that was not read, or not to its end.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Skipped {
    /// The path as it is shown.
    pub path: Arc<str>,
    /// Why.
    pub reason: SkipReason,
    /// What the system said, or the number that was exceeded; may be empty.
    pub detail: String,
    /// How many parts of what lies at the path this stands for: one, but where more are only
    /// counted.
    pub parts: u64,
}

/// Why something was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SkipReason {
    /// It could not be opened or read.
    Unreadable,
    /// It was there when the folder was listed, and gone when it was opened.
    Vanished,
    /// It became shorter while it was read.
    Shrunk,
    /// It is larger than files may be: `--max-file-size`.
    TooLarge,
    /// To read it takes more memory than there is for that: a limit that no option raises.
    TooMuchMemory,
    /// It is neither a file nor a folder: a pipe, a socket, a device.
    Special,
    /// It is a link that leads nowhere or to itself.
    BrokenLink,
    /// It holds containers in each other deeper than the limit.
    TooDeep,
    /// It holds more files than the limit.
    TooManyEntries,
    /// More comes out of it for what goes in than the limit.
    ExpandsTooMuch,
    /// It cannot be read without a key.
    Encrypted,
    /// It breaks the rules of its format: cut off, overwritten, or made to deceive.
    Damaged,
    /// Its format, or the way it is compressed, is not known here.
    Unsupported,
    /// It holds so many matches that only the first are kept.
    TooManyMatches,
    /// It belongs to a repository and is not in this clone of it.
    Missing,
    /// Its path says what it is, and it cannot be read as that: what it refers to is not
    /// known. Its bytes were searched.
    Malformed,
    /// It cannot be read as what it looks like, which may be a template, a test or
    /// something else. Its bytes were searched.
    NotUnderstood,
    /// The scanner failed on it; a fault of ours.
    Internal,
}

impl SkipReason {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::Unreadable,
        Self::Vanished,
        Self::Shrunk,
        Self::TooLarge,
        Self::TooMuchMemory,
        Self::Special,
        Self::BrokenLink,
        Self::TooDeep,
        Self::TooManyEntries,
        Self::ExpandsTooMuch,
        Self::Encrypted,
        Self::Damaged,
        Self::Unsupported,
        Self::TooManyMatches,
        Self::Missing,
        Self::Malformed,
        Self::NotUnderstood,
        Self::Internal,
    ];

    /// The stable code, as reports have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Vanished => "vanished",
            Self::Shrunk => "shrunk",
            Self::TooLarge => "too-large",
            Self::TooMuchMemory => "too-much-memory",
            Self::Special => "special",
            Self::BrokenLink => "broken-link",
            Self::TooDeep => "too-deep",
            Self::TooManyEntries => "too-many-entries",
            Self::ExpandsTooMuch => "expands-too-much",
            Self::Encrypted => "encrypted",
            Self::Damaged => "damaged",
            Self::Unsupported => "unsupported",
            Self::TooManyMatches => "too-many-matches",
            Self::Missing => "missing",
            Self::Malformed => "malformed",
            Self::NotUnderstood => "not-understood",
            Self::Internal => "internal",
        }
    }

    /// Whether this makes a scan incomplete: something that was meant to be read could
    /// not be.
    pub fn is_failure(self) -> bool {
        match self {
            Self::Unreadable
            | Self::Shrunk
            | Self::TooLarge
            | Self::TooMuchMemory
            | Self::TooDeep
            | Self::TooManyEntries
            | Self::ExpandsTooMuch
            | Self::Encrypted
            | Self::Damaged
            | Self::Unsupported
            | Self::TooManyMatches
            | Self::Missing
            | Self::Malformed
            | Self::Internal => true,
            Self::Vanished | Self::Special | Self::BrokenLink | Self::NotUnderstood => false,
        }
    }
}

/// All that one scan has to say. Renderers take this and nothing else.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The findings that count and those that are suppressed, sorted: worst first.
    pub findings: Vec<Finding>,
    /// Findings below the least confidence that was asked for; they are only counted.
    pub below_confidence: usize,
    /// Markers that suppress nothing, sorted.
    pub unused_suppressions: Vec<UnusedSuppression>,
    /// What was read.
    pub coverage: Coverage,
    /// Identifies the rules.
    pub rules_digest: String,
    /// How many rules were searched for.
    pub rules: usize,
    /// Wall time of the scan, for people; nothing that is compared may hold it.
    pub elapsed: std::time::Duration,
}

impl Report {
    /// The findings that count.
    pub fn active(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|f| !f.is_suppressed())
    }
}
