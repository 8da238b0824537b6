//! Every file below a folder, on several threads.

use std::path::{Path, PathBuf};

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use ignore::{WalkBuilder, WalkState};
use sluicegate_core::SkipReason;

/// How a folder is walked.
#[derive(Clone, Debug)]
pub struct WalkOptions {
    /// How many threads; at least one is used.
    pub threads: usize,
    /// Whether files that git ignores are left out.
    pub respect_ignore_files: bool,
    /// What is left out whatever else holds.
    pub exclude: Exclude,
}

/// Paths to leave out, in the syntax of ignore files (`gitignore(5)`).
#[derive(Clone, Debug)]
pub struct Exclude(Gitignore);

impl Exclude {
    /// The paths below `root` that one of the globs names.
    ///
    /// # Errors
    ///
    /// What is wrong with the first glob that is not valid.
    pub fn new(root: &Path, globs: &[String]) -> Result<Self, String> {
        let mut builder = GitignoreBuilder::new(root);
        for glob in globs {
            // The parser takes an open bracket for itself, which nobody means.
            if glob.matches('[').count() != glob.matches(']').count() {
                return Err(format!("glob `{glob}`: a bracket is not closed"));
            }
            builder
                .add_line(None, glob)
                .map_err(|why| format!("glob `{glob}`: {why}"))?;
        }
        builder.build().map(Self).map_err(|why| why.to_string())
    }

    /// Whether the file at `path`, which lies below the root, is left out.
    pub fn has_file(&self, path: &Path) -> bool {
        !self.0.is_empty() && self.0.matched_path_or_any_parents(path, false).is_ignore()
    }

    fn has_entry(&self, path: &Path, is_dir: bool) -> bool {
        !self.0.is_empty() && self.0.matched(path, is_dir).is_ignore()
    }
}

/// What a walk meets.
#[derive(Debug)]
pub enum Entry<'a> {
    /// A file.
    File(&'a Path),
    /// Something that cannot be read, the reason, and what the system said.
    Skipped(PathBuf, SkipReason, String),
}

/// What a visitor wants next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visit {
    /// More.
    Continue,
    /// No more.
    Stop,
}

/// Visits every file below `root`, hidden ones too, in no particular order. `visitor`
/// is called once for each thread and gives the function that is called for each entry.
///
/// `.git` is not entered, and links are not followed, except `root` itself.
pub fn walk<'s, V>(root: &Path, options: &WalkOptions, mut visitor: impl FnMut() -> V)
where
    V: FnMut(Entry<'_>) -> Visit + Send + 's,
{
    let respect = options.respect_ignore_files;
    let exclude = options.exclude.clone();
    let walk = WalkBuilder::new(root)
        .hidden(false)
        .ignore(false)
        .git_ignore(respect)
        .git_exclude(respect)
        // What one person ignores on one machine must not change what is found.
        .git_global(false)
        .parents(respect)
        .follow_links(false)
        .threads(options.threads.max(1))
        .filter_entry(move |entry| {
            let is_dir = entry.file_type().is_some_and(|t| t.is_dir());
            entry.depth() == 0
                || !(is_dir && entry.file_name() == ".git"
                    || exclude.has_entry(entry.path(), is_dir))
        })
        .build_parallel();
    walk.run(|| {
        let mut visit = visitor();
        Box::new(move |result| {
            let wanted = match result {
                Ok(entry) => match entry.file_type() {
                    Some(kind) if kind.is_file() => visit(Entry::File(entry.path())),
                    Some(kind) if kind.is_dir() || kind.is_symlink() => Visit::Continue,
                    _ => visit(Entry::Skipped(
                        entry.into_path(),
                        SkipReason::Special,
                        "neither a file nor a folder".to_owned(),
                    )),
                },
                Err(error) => visit(failed(root, &error)),
            };
            match wanted {
                Visit::Continue => WalkState::Continue,
                Visit::Stop => WalkState::Quit,
            }
        })
    });
}

fn failed(root: &Path, error: &ignore::Error) -> Entry<'static> {
    let path = path_of(error).unwrap_or(root).to_owned();
    let reason = match error.io_error().map(std::io::Error::kind) {
        Some(std::io::ErrorKind::NotFound) => SkipReason::Vanished,
        _ => SkipReason::Unreadable,
    };
    let detail = error
        .io_error()
        .map_or_else(|| error.to_string(), crate::reason);
    Entry::Skipped(path, reason, detail)
}

fn path_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => {
            path_of(err)
        }
        ignore::Error::Loop { child, .. } => Some(child),
        ignore::Error::Partial(errors) => errors.first().and_then(path_of),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::sync::Mutex;

    fn files(root: &Path, respect: bool) -> Vec<String> {
        let found = Mutex::new(Vec::new());
        let globs = ["/out/".to_owned(), "*.bak".to_owned()];
        let options = WalkOptions {
            threads: 2,
            respect_ignore_files: respect,
            exclude: Exclude::new(root, &globs).expect("valid globs"),
        };
        walk(root, &options, || {
            |entry: Entry<'_>| {
                let line = match entry {
                    Entry::File(path) => {
                        crate::shown(path.strip_prefix(root).expect("below the root"))
                    }
                    Entry::Skipped(path, reason, _) => {
                        format!(
                            "{} {}",
                            reason.as_str(),
                            path.file_name().unwrap_or_default().display()
                        )
                    }
                };
                found.lock().expect("no panic").push(line);
                Visit::Continue
            }
        });
        let mut found = found.into_inner().expect("no panic");
        found.sort();
        found
    }

    #[test]
    fn hidden_files_are_visited_and_ignored_ones_only_outside_of_work_trees() {
        let dir = tempfile::tempdir().expect("a folder");
        let root = dir.path();
        for folder in [".git", "sub/.git", "sub/.hidden", "out/x"] {
            fs::create_dir_all(root.join(folder)).expect("a folder");
        }
        for (name, text) in [
            (".env", ""),
            (".gitignore", "*.log\n"),
            ("a.log", ""),
            (".git/config", ""),
            ("sub/.hidden/x", ""),
            ("out/x/y", ""),
            ("sub/b.bak", ""),
        ] {
            fs::write(root.join(name), text).expect("a file");
        }
        assert_eq!(files(root, true), [".env", ".gitignore", "sub/.hidden/x"]);
        assert_eq!(
            files(root, false),
            [".env", ".gitignore", "a.log", "sub/.hidden/x"]
        );
    }

    #[cfg(unix)]
    #[test]
    fn pipes_are_named_and_links_are_left_alone() {
        let dir = tempfile::tempdir().expect("a folder");
        let root = dir.path();
        std::os::unix::fs::symlink(root, root.join("loop")).expect("a link");
        std::os::unix::fs::symlink("nowhere", root.join("broken")).expect("a link");
        let pipe = root.join("pipe");
        let made = std::process::Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .expect("mkfifo runs");
        assert!(made.success());
        assert_eq!(files(root, true), ["special pipe"]);
    }
}
