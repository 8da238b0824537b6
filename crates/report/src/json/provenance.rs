//! How a value came into a repository, as the documents have it.

use schemars::JsonSchema;
use serde::Serialize;
use sluicegate_core as core;

use super::words;
use crate::value::Values;

/// More characters of a summary are not shown: git sets no limit.
const SUMMARY: usize = 200;

/// How a value came to a path in the history of a repository.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Provenance<'a> {
    /// The id of the first object that held it there.
    object: &'a str,
    /// The commit that brought it; missing if no commit holds the object.
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<Commit<'a>>,
    /// How easily it is reached: `head` if what is checked out holds it, `reachable` if a
    /// reference leads to it, `stash`, `reflog` or `dangling` if only those or nothing does.
    #[schemars(schema_with = "words::exposure")]
    exposure: &'static str,
    /// How many versions of the file hold it.
    blobs: usize,
    /// How many commits brought one of those versions.
    commits: usize,
}

/// A commit.
#[derive(Serialize, JsonSchema)]
struct Commit<'a> {
    /// The id.
    id: &'a str,
    /// The author, as `Name <address>`.
    author: String,
    /// When it was written, by the author's clock, as in RFC 3339.
    date: &'a str,
    /// The first line of its message, with known values redacted.
    summary: String,
}

impl<'a> Provenance<'a> {
    /// What is to say about an occurrence, if it comes from a history.
    pub(crate) fn of(occurrence: &'a core::Occurrence, values: &Values<'_>) -> Option<Self> {
        let provenance = occurrence.provenance.as_ref()?;
        Some(Self {
            object: &provenance.object,
            commit: provenance.commit.as_ref().map(|commit| Commit {
                id: &commit.id,
                author: values.words(&commit.author).into_owned(),
                date: &commit.date,
                summary: summary(commit, values),
            }),
            exposure: provenance.exposure.as_str(),
            blobs: provenance.blobs,
            commits: provenance.commits,
        })
    }
}

/// The first line of the message, as it may be shown.
pub(crate) fn summary(commit: &core::CommitInfo, values: &Values<'_>) -> String {
    // Redacted first: a value that is cut would not be known any more.
    let whole = values.words(&commit.summary);
    match whole.char_indices().nth(SUMMARY) {
        Some((end, _)) => format!("{}…", &whole[..end]),
        None => whole.into_owned(),
    }
}

/// How a history was read.
#[derive(Serialize, JsonSchema)]
pub(crate) struct History {
    /// How many commits there are.
    commits: u64,
    /// How many bytes had to be searched; the others were known from what they were
    /// copied from, or from an earlier scan.
    searched_bytes: u64,
    /// How many blobs and messages were known from an earlier scan.
    cached_objects: u64,
}

impl History {
    /// What is to say, if a history was scanned.
    pub(crate) fn of(coverage: &core::Coverage) -> Option<Self> {
        coverage.history.map(|history| Self {
            commits: history.commits,
            searched_bytes: history.searched,
            cached_objects: history.cached,
        })
    }
}
