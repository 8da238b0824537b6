//! The flags about the history of a repository.

use std::path::{Path, PathBuf};

use clap::Args;
use sluicegate::HistoryOptions;

use super::since::Since;
use crate::failure::Failure;
use crate::plan::is_stdin;

/// The history of a repository instead of files.
#[derive(Debug, Args)]
#[command(next_help_heading = "History")]
pub(crate) struct HistoryArgs {
    /// Scan everything that the git repository at PATH holds, and not its files.
    ///
    /// All branches and tags, the stash, notes, what only reflogs lead to and what nothing
    /// leads to any more, and the messages of commits and tags. Each finding says which
    /// commit brought it.
    #[arg(long)]
    pub(crate) history: bool,

    /// Leave out what only the stash, a reflog or nothing leads to.
    #[arg(long)]
    pub(crate) reachable_only: bool,

    /// Only what this branch, tag or commit leads to.
    #[arg(long, value_name = "REF")]
    pub(crate) branch: Option<String>,

    /// Only what came in since, such as 2024-01-31, 2024-01-31T12:00:00Z, 90d or 2w.
    ///
    /// The dates are those at which the commits were made; a day starts at midnight UTC.
    #[arg(long, value_name = "DATE")]
    pub(crate) since: Option<Since>,

    /// Scan the histories of submodules as well.
    #[arg(long, conflicts_with = "branch")]
    pub(crate) submodules: bool,

    /// Read everything again, and keep nothing for the next scan.
    ///
    /// Without it the folder `sluicegate` in the repository's git folder keeps which
    /// objects may hold something, and no secrets.
    #[arg(long)]
    pub(crate) no_cache: bool,

    /// Compare with a scan of every object on its own. Slow; it tests sluice.
    #[arg(long)]
    pub(crate) paranoid: bool,
}

impl HistoryArgs {
    /// Checks that flags about a history come with one.
    ///
    /// # Errors
    ///
    /// If there is one without.
    pub(crate) fn without_history(&self) -> Result<(), Failure> {
        let given = [
            (self.reachable_only, "--reachable-only"),
            (self.branch.is_some(), "--branch"),
            (self.since.is_some(), "--since"),
            (self.submodules, "--submodules"),
            (self.no_cache, "--no-cache"),
            (self.paranoid, "--paranoid"),
        ];
        match given.into_iter().find(|(is_given, _)| *is_given) {
            Some((_, flag)) => Err(Failure::usage(format!(
                "{flag} is about history, and files are scanned"
            ))
            .hint(format!("add --history, or leave {flag} out"))),
            None => Ok(()),
        }
    }

    /// What was typed, as the library takes it; `now` is in seconds since 1970, `cache`
    /// the folder of the user for what programs keep.
    pub(crate) fn options(&self, now: i64, cache: Option<PathBuf>) -> HistoryOptions {
        let mut options = HistoryOptions::default();
        options.reachable_only = self.reachable_only;
        options.branch.clone_from(&self.branch);
        options.since = self.since.map(|since| since.at(now));
        options.submodules = self.submodules;
        options.cache = !self.no_cache;
        options.cache_fallback = cache.map(|folder| folder.join("sluicegate"));
        options.paranoid = self.paranoid;
        options
    }

    /// The repository among the paths that were typed.
    ///
    /// # Errors
    ///
    /// If it is not one folder.
    pub(crate) fn repository<'p>(
        &self,
        paths: &'p [impl AsRef<Path>],
    ) -> Result<&'p Path, Failure> {
        let [path] = paths else {
            let message = format!(
                "--history takes one repository, and {} are named",
                paths.len()
            );
            return Err(Failure::usage(message).hint("scan them one after the other"));
        };
        let path = path.as_ref();
        if is_stdin(path) {
            let message = "standard input has no history";
            return Err(Failure::usage(message).hint("name a folder, or leave --history out"));
        }
        if path.is_file() {
            let shown = path.display();
            return Err(Failure::usage(format!(
                "`{shown}` is a file, and history is that of a whole repository"
            ))
            .hint("name the folder; to see less, use --exclude, --branch or --since"));
        }
        Ok(path)
    }
}
