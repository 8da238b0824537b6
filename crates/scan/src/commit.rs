//! Commits as reports show them.

use sluicegate_core::CommitInfo;
use sluicegate_git::object;

/// Paths that reports show for text that stands at none.
pub(crate) const COMMIT_MESSAGE: &str = "(commit message)";
pub(crate) const TAG_MESSAGE: &str = "(tag message)";

/// What a report says about the commit that has these bytes.
pub(crate) fn info(id: String, bytes: &[u8]) -> CommitInfo {
    let commit = object::commit(bytes);
    let author = commit
        .as_ref()
        .and_then(|commit| object::person(commit.author));
    let message = commit.map_or(b"".as_slice(), |commit| commit.message);
    let summary = message.split(|&b| b == b'\n').find(|line| !line.is_empty());
    CommitInfo {
        id,
        date: author.as_ref().map_or(String::new(), object::Person::date),
        author: author.map_or(String::new(), |author| author.name),
        summary: String::from_utf8_lossy(summary.unwrap_or_default())
            .trim()
            .to_owned(),
    }
}
