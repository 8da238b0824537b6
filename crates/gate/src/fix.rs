//! A change to files that turns a finding off: lines that go and lines that come. What goes
//! is named by its place, so a fix shows nothing of a file but what it adds.

use serde::{Deserialize, Serialize};

/// A change that turns a finding off wherever it counts. Nobody applies it but people and the
/// programs they choose.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Fix {
    /// The files, by path.
    pub changes: Vec<FileChange>,
    /// What has to be there before the change works, in words; may be empty.
    pub needs: Vec<String>,
}

/// What becomes of one file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FileChange {
    /// The path, `/`-separated.
    pub path: String,
    /// The SHA-256 of the text that the change was made for. It is for no other.
    pub base_sha256: String,
    /// Lines that go and lines that come, in order; line numbers are those of the text as it
    /// was.
    pub replacements: Vec<Replacement>,
}

/// Lines in the place of others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Replacement {
    /// The first line that goes, counted from 1; the line before which something comes, if
    /// none goes.
    pub line: usize,
    /// How many lines go.
    pub removed: usize,
    /// What comes, with its line breaks.
    pub inserted: String,
}

impl FileChange {
    /// The changed text, if `text` is what the change was made for.
    ///
    /// ```
    /// use sluicegate_gate::{FileChange, Replacement, sha256};
    ///
    /// let change = FileChange {
    ///     path: "main.tf".to_owned(),
    ///     base_sha256: sha256(b"a = true\n"),
    ///     replacements: vec![Replacement { line: 1, removed: 1, inserted: "a = false\n".into() }],
    /// };
    /// assert_eq!(change.apply("a = true\n").as_deref(), Some("a = false\n"));
    /// assert_eq!(change.apply("a = 1\n"), None);
    /// ```
    pub fn apply(&self, text: &str) -> Option<String> {
        if crate::canonical::sha256(text.as_bytes()) != self.base_sha256 {
            return None;
        }
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let (mut out, mut at) = (String::with_capacity(text.len()), 0);
        for replacement in &self.replacements {
            let start = replacement.line.checked_sub(1)?;
            out.push_str(&lines.get(at..start)?.concat());
            out.push_str(&replacement.inserted);
            at = start.checked_add(replacement.removed)?;
        }
        out.push_str(&lines.get(at..)?.concat());
        Some(out)
    }
}
