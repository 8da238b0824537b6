//! Lists of what passes.

use sluicegate_core::{Allow, AllowTarget};

use super::raw::needed_text;
use crate::import::go::{self, Unit, Wanted};
use crate::import::tree::{Node, Wrong};

/// A list as it is written.
#[derive(Clone)]
pub(super) struct List {
    pub(super) line: usize,
    all: bool,
    commits: Vec<String>,
    paths: Vec<String>,
    regexes: Vec<String>,
    target: AllowTarget,
    stopwords: Vec<String>,
    /// The rules that a list of the whole file is for; all if empty.
    pub(super) targets: Vec<String>,
}

impl List {
    pub(super) fn read(node: &Node) -> Result<Self, Wrong> {
        let wrong = |key: &str, message: String| Wrong {
            line: node.get(key).map_or(node.line, |node| node.line),
            message,
        };
        let word = |key: &str| needed_text(node, key).unwrap_or_default();
        let condition = word("condition");
        let all = match condition.to_ascii_uppercase().as_str() {
            "" | "OR" | "||" => false,
            "AND" | "&&" => true,
            _ => {
                let message = format!("`condition` is `{condition}`, and neither AND nor OR");
                return Err(wrong("condition", message));
            }
        };
        let target = match word("regexTarget").as_str() {
            "" | "secret" => AllowTarget::Secret,
            "match" => AllowTarget::Match,
            "line" => AllowTarget::Line,
            other => {
                let message =
                    format!("`regexTarget` is `{other}`, and none of secret, match, line");
                return Err(wrong("regexTarget", message));
            }
        };
        let list = Self {
            line: node.line,
            all,
            commits: node.texts("commits")?,
            paths: node.texts("paths")?,
            regexes: node.texts("regexes")?,
            target,
            stopwords: node.texts("stopwords")?,
            targets: node.texts("targetRules")?,
        };
        let kinds = [&list.commits, &list.paths, &list.regexes, &list.stopwords];
        if kinds.iter().all(|kind| kind.is_empty()) {
            let message = "a list of what passes has no commits, paths, regexes or stopwords";
            return Err(wrong("", message.to_owned()));
        }
        Ok(list)
    }

    /// The list for the engine, if anything is left of it, and what is to be said about it.
    pub(super) fn translate(&self) -> Result<(Option<Allow>, Vec<String>), String> {
        let mut remarks = Vec::new();
        let mut patterns = |list: &[String]| -> Result<Vec<String>, String> {
            list.iter()
                .map(|one| {
                    let translated = go::translate(one, Wanted::Whole, Unit::Char)
                        .map_err(|why| format!("the pattern `{one}` in a list: {why}"))?;
                    remarks.extend(translated.notes);
                    Ok(translated.regex)
                })
                .collect()
        };
        let allow = Allow {
            all: self.all,
            unless: false,
            paths: patterns(&self.paths)?,
            regexes: patterns(&self.regexes)?,
            target: self.target,
            stopwords: self.stopwords.clone(),
        };
        if self.commits.is_empty() {
            return Ok((Some(allow), remarks));
        }
        let line = self.line;
        // A file has no commit, so that a list which asks for one as well never holds.
        let is_empty =
            allow.paths.is_empty() && allow.regexes.is_empty() && allow.stopwords.is_empty();
        if self.all || is_empty {
            remarks.push(format!(
                "the list in line {line} lets commits pass, which is not done: it is left out"
            ));
            return Ok((None, remarks));
        }
        remarks.push(format!(
            "the commits of the list in line {line} are left out: nothing passes by its commit"
        ));
        Ok((Some(allow), remarks))
    }
}
