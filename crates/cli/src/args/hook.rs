//! What can be typed after `sluice hook`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};

use super::scan::{ConfigArgs, RuleArgs, Tuning};

/// What follows the flags in the help of `sluice hook run`.
const RUN_AFTER_HELP: &str = "\
Exit codes:
  0  nothing is introduced; before a commit or a push also if the check failed, with a
     warning: a laptop must not stand still because of us
  1  secrets are introduced
  2  wrong usage: a flag, a configuration or a rule file
  3  pre-receive only: the check failed or took too long, and the push is refused

Examples:
  sluice hook run pre-commit
  sluice hook run pre-push origin git@example.org:x.git < lines
  sluice hook run pre-receive --deadline 10 < lines";

/// What can be done with hooks of git.
#[derive(Debug, Subcommand)]
pub(crate) enum HookCommand {
    /// Put hooks into a repository that check commits and pushes.
    ///
    /// A hook that is there already is kept: it is moved to NAME.local and called first.
    /// To install again changes nothing.
    Install(HookInstallArgs),
    /// Take the hooks out again, and put back what was there before.
    Uninstall(HookPlaceArgs),
    /// Say which hooks are installed; exits with 1 if some that should be are not.
    Status(HookPlaceArgs),
    /// Do what a hook does. Hooks call this; so can you.
    #[command(after_help = RUN_AFTER_HELP)]
    Run(Box<HookRunArgs>),
}

/// A hook of git (`githooks(5)`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum HookName {
    /// Before a commit: what the index introduces.
    #[value(name = "pre-commit")]
    Commit,
    /// Before a push: what the pushed commits introduce that the other side does not have.
    #[value(name = "pre-push")]
    Push,
    /// On a server, before a push is taken: what it introduces.
    #[value(name = "pre-receive")]
    Receive,
}

impl HookName {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Commit, Self::Push, Self::Receive];

    /// The name of the file.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Commit => "pre-commit",
            Self::Push => "pre-push",
            Self::Receive => "pre-receive",
        }
    }
}

/// `sluice hook install`
#[derive(Debug, Args)]
pub(crate) struct HookInstallArgs {
    /// The repository.
    #[arg(default_value = ".", hide_default_value = true)]
    pub(crate) path: PathBuf,

    /// Only this hook (can be given several times) [default: pre-commit and pre-push;
    /// pre-receive in a bare repository].
    #[arg(long = "hook", value_enum, value_name = "NAME")]
    pub(crate) hooks: Vec<HookName>,

    /// Install even where another program manages hooks, or into a folder that several
    /// repositories share.
    #[arg(long)]
    pub(crate) anyway: bool,
}

/// `sluice hook uninstall` and `sluice hook status`
#[derive(Debug, Args)]
pub(crate) struct HookPlaceArgs {
    /// The repository.
    #[arg(default_value = ".", hide_default_value = true)]
    pub(crate) path: PathBuf,
}

/// `sluice hook run`
#[derive(Debug, Args)]
pub(crate) struct HookRunArgs {
    /// The hook.
    #[arg(value_enum)]
    pub(crate) hook: HookName,

    /// What git gives the hook: for pre-push the name of the remote and its URL.
    #[arg(value_name = "ARG")]
    pub(crate) args: Vec<String>,

    /// Answer within so many seconds; 0 for no limit [default: 4 for pre-receive].
    ///
    /// When it is over, pre-receive refuses the push; the others let it pass, with a
    /// warning.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) deadline: Option<Duration>,

    #[command(flatten)]
    pub(crate) tuning: Tuning,
    #[command(flatten)]
    pub(crate) rules: RuleArgs,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let number: f64 = text.parse().map_err(|_| "it is no number".to_owned())?;
    Duration::try_from_secs_f64(number).map_err(|_| "it is no length of time".to_owned())
}
