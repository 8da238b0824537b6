//! `sluice references` and `sluice remediate`

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{ConfigArgs, ListFormat};

/// What can be done with references.
#[derive(Debug, Subcommand)]
pub(crate) enum ReferencesCommand {
    /// List every stored credential that files depend on, and where each is used.
    ///
    /// It answers what must be rotated if a CI system or a cluster is broken into. Hints
    /// are in the list too.
    #[command(
        after_help = "Examples:\n  sluice references list\n  sluice references list .github --format markdown"
    )]
    List(ReferencesListArgs),
    /// List the patterns that are looked for.
    Patterns(ReferencesPatternsArgs),
}

/// `sluice references list`
#[derive(Debug, Args)]
pub(crate) struct ReferencesListArgs {
    /// Files and folders to look at.
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,
    /// How to write the list.
    #[arg(long, value_enum, default_value_t = ListFormat::Text)]
    pub(crate) format: ListFormat,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
}

/// `sluice references patterns`
#[derive(Debug, Args)]
pub(crate) struct ReferencesPatternsArgs {
    /// How to write the list.
    #[arg(long, value_enum, default_value_t = ListFormat::Text)]
    pub(crate) format: ListFormat,
}

/// `sluice remediate`
#[derive(Debug, Args)]
pub(crate) struct RemediateArgs {
    /// Files and folders to look at.
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,
    /// Print the changes as a patch for `git apply` or `patch -p1`.
    #[arg(long)]
    pub(crate) diff: bool,
    /// Print patches whose lines hold secrets as well.
    ///
    /// The lines around a change are printed as they are. A file is left out if a secret
    /// stands in them.
    #[arg(long)]
    pub(crate) show_secrets: bool,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
}
