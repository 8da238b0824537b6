//! The flags of `sluice gate` and of the commands around it.

use std::path::PathBuf;
use std::str::FromStr;

use clap::builder::PossibleValue;
use clap::{Args, Subcommand, ValueEnum};
use sluicegate::gate::{Actor, ActorKind, Autonomy, Head, Stage, Time};
use sluicegate::report::DecisionFormat;

use super::{ConfigArgs, RuleArgs};

/// What follows the flags in the help of `sluice gate`.
pub(crate) const GATE_AFTER_HELP: &str = "\
What is judged, unless TARGET, --staged, --range or --findings say it:
  commit           the index: what the next commit introduces
  merge            the commits since the branch that the change goes to
  release, deploy  all that is there

Policy, baseline, waivers, allowed signers and configuration are read from the base of the
change, never from the change itself.

Exit codes:
  0   allow
  10  remediate: it may go on, and somebody owes something by a date
  20  block
  2   wrong usage, or a policy that is not valid
  3   an error: there is no decision

Examples:
  sluice gate --stage commit
  sluice gate --base origin/main --format text --format sarif --output gate.sarif
  sluice gate --stage release build/
  sluice scan --format json | sluice gate --stage merge --findings -";

/// `sluice gate`
#[derive(Debug, Args)]
#[command(after_help = GATE_AFTER_HELP, args_conflicts_with_subcommands = true)]
pub(crate) struct GateArgs {
    #[command(subcommand)]
    pub(crate) command: Option<GateCommand>,

    /// The file or folder to judge, all of it; of a change, the repository.
    #[arg(value_name = "TARGET")]
    pub(crate) target: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) subject: SubjectArgs,
    #[command(flatten)]
    pub(crate) who: WhoArgs,

    /// A document the decision rests on: an approval, results of conftest, a test report (can
    /// be given several times).
    #[arg(long, value_name = "FILE")]
    pub(crate) evidence: Vec<PathBuf>,

    /// Format of the decision: text unless something else is said.
    ///
    /// Can be given several times; the n-th --output belongs to the n-th --format.
    #[arg(long, value_enum, help_heading = "Output")]
    pub(crate) format: Vec<GateFormat>,

    /// File for the decision in the --format of the same number; `-` is standard output.
    #[arg(long, short, help_heading = "Output", value_name = "FILE")]
    pub(crate) output: Vec<PathBuf>,

    /// Print one line for each finding that is not simply allowed, and nothing else.
    #[arg(long, short, help_heading = "Output")]
    pub(crate) quiet: bool,

    /// Exit code for remediate: 0, 10 or 20.
    #[arg(long, value_name = "CODE", default_value = "10", value_parser = ["0", "10", "20"], help_heading = "Output")]
    pub(crate) remediate_as: String,

    #[command(flatten)]
    pub(crate) log: LogArgs,
    #[command(flatten)]
    pub(crate) rules: RuleArgs,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
}

/// What is judged.
#[derive(Debug, Args)]
#[command(next_help_heading = "What is judged")]
pub(crate) struct SubjectArgs {
    /// The boundary: commit, merge, release or deploy.
    #[arg(long, default_value = "merge", value_parser = parse_word::<Stage>)]
    pub(crate) stage: Stage,

    /// Judge what the index holds against HEAD.
    #[arg(long, conflicts_with_all = ["range", "findings"])]
    pub(crate) staged: bool,

    /// Judge what the commits of a range introduce, such as main...topic.
    #[arg(long, value_name = "A..B", conflicts_with = "findings")]
    pub(crate) range: Option<String>,

    /// Judge what a scan found: its report in JSON; `-` is standard input.
    #[arg(long, value_name = "FILE.json")]
    pub(crate) findings: Option<PathBuf>,

    /// The commit to compare with and to be judged by: a branch, a tag or an id.
    #[arg(long, value_name = "REF")]
    pub(crate) base: Option<String>,

    /// Use this policy instead of the one in the base.
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,

    /// The digest of the artifact that is judged, such as sha256:ab12…
    #[arg(long, value_name = "DIGEST")]
    pub(crate) artifact: Option<String>,

    /// Decide as if it were this time [default: now].
    #[arg(long, value_name = "TIME")]
    pub(crate) clock: Option<Time>,
}

/// Who made the change.
#[derive(Debug, Args)]
#[command(next_help_heading = "Who made the change")]
pub(crate) struct WhoArgs {
    /// Who made it: human, agent or bot, and a name if wanted, such as agent:copilot.
    ///
    /// Commits are asked too; whoever is judged harder counts.
    #[arg(long, value_name = "KIND[:NAME]")]
    pub(crate) actor: Option<ActorWord>,

    /// The person that an agent works for; may not approve what it does.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) operator: Option<String>,

    /// Who pushed the change; may not approve it.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) pusher: Option<String>,

    /// Who asked for it to be merged; may not approve it.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) opener: Option<String>,
}

/// Where decisions are kept.
#[derive(Debug, Args)]
#[command(next_help_heading = "Log")]
pub(crate) struct LogArgs {
    /// The log of decisions [default: sluice/gate-log.jsonl in the folder of git].
    #[arg(long, value_name = "FILE", conflicts_with = "no_log")]
    pub(crate) log: Option<PathBuf>,

    /// Keep no log.
    #[arg(long)]
    pub(crate) no_log: bool,

    /// The name that the log is bound to, such as the address of the repository.
    #[arg(long, value_name = "NAME", default_value = "local")]
    pub(crate) log_id: String,
}

/// What can be done with decisions of others.
#[derive(Debug, Subcommand)]
pub(crate) enum GateCommand {
    /// Check a signed verification summary, in the order that SLSA gives.
    ///
    /// Exits with 0 if it holds, 20 if it does not.
    Verify(VerifyArgs),
}

/// `sluice gate verify`
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// The envelope.
    pub(crate) file: PathBuf,
    /// The stage that must have been passed.
    #[arg(long, value_parser = parse_word::<Stage>)]
    pub(crate) stage: Stage,
    /// The digest of what it must be about, such as gitCommit:ab12… (can be given several
    /// times).
    #[arg(long, value_name = "DIGEST", required = true)]
    pub(crate) subject: Vec<String>,
    /// A public key that is trusted, in OpenSSH's form (can be given several times).
    #[arg(long, value_name = "FILE", required = true)]
    pub(crate) key: Vec<PathBuf>,
    /// The issuer that is trusted with these keys, as a URI (can be given several times).
    #[arg(long, value_name = "URI", required = true)]
    pub(crate) issuer: Vec<String>,
    /// The resource that it must be about.
    #[arg(long, value_name = "URI")]
    pub(crate) resource: Option<String>,
    /// Another level that must be in it (can be given several times).
    #[arg(long, value_name = "LEVEL")]
    pub(crate) level: Vec<String>,
}

/// What can be done with the log.
#[derive(Debug, Subcommand)]
pub(crate) enum LogCommand {
    /// Print what was decided.
    Show(LogShowArgs),
    /// Check that the log holds together.
    ///
    /// Exits with 0 if it does, 20 if it does not.
    Verify(LogVerifyArgs),
}

/// `sluice log show`
#[derive(Debug, Args)]
pub(crate) struct LogShowArgs {
    #[command(flatten)]
    pub(crate) log: LogArgs,
}

/// `sluice log verify`
#[derive(Debug, Args)]
pub(crate) struct LogVerifyArgs {
    #[command(flatten)]
    pub(crate) log: LogArgs,
    /// A head that is known from somewhere else, such as an attestation: it has to be in
    /// the log.
    #[arg(long, value_name = "NUMBER:HASH")]
    pub(crate) head: Option<Head>,
}

/// `sluice attest`
#[derive(Debug, Args)]
pub(crate) struct AttestArgs {
    /// The decision, as `sluice gate --format json` writes it; `-` is standard input.
    pub(crate) decision: PathBuf,
    /// What to write.
    #[arg(long, value_enum, default_value = "vsa")]
    pub(crate) predicate: PredicateWord,
    /// The Ed25519 key to sign with, in OpenSSH's form.
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// Who decides, as a URI; another one for each stage.
    #[arg(long, value_name = "URI")]
    pub(crate) issuer: String,
    /// Where the policy can be had, as a URI.
    #[arg(long, value_name = "URI", default_value = "")]
    pub(crate) policy_uri: String,
    /// The end of the log with the decision.
    #[arg(long, value_name = "NUMBER:HASH")]
    pub(crate) head: Option<Head>,
    /// Let the summary of a remediate say that the stage was passed.
    #[arg(long)]
    pub(crate) remediate_passes: bool,
    /// The file to write; standard output unless it is given.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// What an attestation says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PredicateWord {
    /// A verification summary: passed or failed.
    Vsa,
    /// The whole decision.
    Decision,
}

/// How a decision is written: as the report crate can, as text, or not at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GateFormat {
    /// For people.
    Text,
    /// For machines.
    Decision(DecisionFormat),
    /// No decision: the input of policies in other languages, such as Rego.
    Input,
}

impl ValueEnum for GateFormat {
    fn value_variants<'a>() -> &'a [Self] {
        const ALL: [GateFormat; DecisionFormat::ALL.len() + 2] = {
            let mut all = [GateFormat::Text; DecisionFormat::ALL.len() + 2];
            let mut at = 0;
            while at < DecisionFormat::ALL.len() {
                all[at + 1] = GateFormat::Decision(DecisionFormat::ALL[at]);
                at += 1;
            }
            all[at + 1] = GateFormat::Input;
            all
        };
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let (word, help) = match self {
            Self::Text => ("text", "For people"),
            Self::Decision(format) => (format.as_str(), format.help()),
            Self::Input => (
                "input",
                "No decision: the input of policies in other languages, such as Rego",
            ),
        };
        Some(PossibleValue::new(word).help(help))
    }
}

/// An actor, as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ActorWord {
    kind: ActorKind,
    id: String,
}

impl FromStr for ActorWord {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, id) = text.split_once(':').unwrap_or((text, ""));
        let kind = parse_word(kind)?;
        Ok(Self {
            kind,
            id: id.to_owned(),
        })
    }
}

impl WhoArgs {
    /// Who made it, if that was said.
    pub(crate) fn actor(&self) -> Option<Actor> {
        let word = self.actor.as_ref()?;
        Some(Actor {
            kind: word.kind,
            id: word.id.clone(),
            autonomy: Autonomy::Unknown,
            operator: self.operator.clone().unwrap_or_default(),
        })
    }
}

pub(super) fn parse_word<T>(text: &str) -> Result<T, String>
where
    T: FromStr<Err = sluicegate::gate::UnknownWord>,
{
    text.parse()
        .map_err(|error: sluicegate::gate::UnknownWord| error.to_string())
}
