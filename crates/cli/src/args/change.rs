//! Which change is scanned.

use clap::Args;

/// A change instead of files: what it introduces is reported and nothing else.
#[derive(Debug, Args)]
#[command(next_help_heading = "Changes")]
pub(crate) struct ChangeArgs {
    /// Scan what the index holds against HEAD: what the next commit introduces.
    ///
    /// A value that was there before is not reported, wherever it was moved. PATH says
    /// which repository.
    #[arg(long, conflicts_with_all = ["range", "history"])]
    pub(crate) staged: bool,

    /// Scan what the commits of a range introduce, such as main..HEAD or main...topic.
    ///
    /// A..B are the commits that B leads to and A does not; A...B are the same, seen from
    /// where they began. What one commit brings and a later one takes away is reported,
    /// for it stays in the history. PATH says which repository.
    #[arg(long, value_name = "A..B", conflicts_with = "history")]
    pub(crate) range: Option<String>,
}
