//! The flags of the commands about what the gate is judged by: policies, baselines,
//! waivers and approvals.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use sluicegate::gate::{Stage, Time, Verdict, WaiverReason};

use super::gate::parse_word;
use super::{ConfigArgs, RuleArgs};

/// What can be done with policies.
#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Write a policy to start from.
    Init(PolicyInitArgs),
    /// Check a policy, and say where it is wrong.
    Check(PolicyCheckArgs),
    /// Say what the policy asks, by code, and what conditions may ask for.
    Explain(PolicyExplainArgs),
    /// Run recorded findings against the verdicts that are expected of them.
    ///
    /// Exits with 0 if all come out as expected, 1 if some do not.
    Test(PolicyTestArgs),
}

/// `sluice policy init`
#[derive(Debug, Args)]
pub(crate) struct PolicyInitArgs {
    /// The file to write; it must not be there yet.
    #[arg(default_value = ".sluice/policy.toml")]
    pub(crate) file: PathBuf,
}

/// `sluice policy check`
#[derive(Debug, Args)]
pub(crate) struct PolicyCheckArgs {
    /// The policy.
    #[arg(default_value = ".sluice/policy.toml")]
    pub(crate) file: PathBuf,
}

/// `sluice policy explain`
#[derive(Debug, Args)]
pub(crate) struct PolicyExplainArgs {
    /// The code to explain; all of them if there is none.
    pub(crate) code: Option<String>,
    /// The policy beside the built-in one.
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    /// Print the built-in policy as it is.
    #[arg(long, conflicts_with = "code")]
    pub(crate) source: bool,
}

/// `sluice policy test`
#[derive(Debug, Args)]
#[command(after_help = "A file of cases holds entries such as:\n\n  \
    [[case]]\n  name = \"a token in code\"\n  findings = \"token.json\"   # a report of `sluice scan --format json`\n  \
    stage = \"merge\"\n  expect = \"block\"\n  codes = [\"SEC-NEW\"]       # optional: reasons that must be given\n  \
    actor = \"agent\"           # optional")]
pub(crate) struct PolicyTestArgs {
    /// The file of cases, in TOML.
    pub(crate) cases: PathBuf,
    /// The policy beside the built-in one.
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
}

/// What can be done with the baseline.
#[derive(Debug, Subcommand)]
pub(crate) enum BaselineCommand {
    /// Write down what is found now as known debt.
    Create(BaselineArgs),
    /// Add what is found now.
    Update(BaselineArgs),
    /// Say what is on the baseline, and what of it is still there.
    Show(BaselineArgs),
    /// Take off what is not found any more.
    Prune(BaselineArgs),
}

/// The flags of all commands about the baseline.
#[derive(Debug, Args)]
pub(crate) struct BaselineArgs {
    /// The file or folder that is scanned.
    #[arg(default_value = ".")]
    pub(crate) target: PathBuf,
    /// The baseline.
    #[arg(long, value_name = "FILE", default_value = ".sluice/baseline")]
    pub(crate) baseline: PathBuf,
    /// Take only what another scanner's baseline has: a report of gitleaks, a baseline of
    /// detect-secrets, or a .gitleaksignore. What cannot be carried over is listed.
    #[arg(long, value_name = "FILE")]
    pub(crate) from: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) rules: RuleArgs,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
}

/// `sluice waive`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    sluice waive 0f1e… --reason migration --why 'moves to OIDC' --expires 2026-12-24 --requested-by ann@example.com\n  \
    sluice waive ref-github-pat --path .github/workflows/release.yml --credential BOT_PAT --why '…' --expires 2026-12-24 --requested-by ann@example.com\n  \
    sluice waive 3c5d9a01b2e4 --sign ~/.ssh/id_ed25519 --as bob@example.com   adds an approval")]
pub(crate) struct WaiveArgs {
    /// The fingerprint of the finding; with --path its rule; or the name of a waiver that is
    /// to be approved or renewed.
    pub(crate) what: String,
    /// Waive what the rule finds in this file, and nowhere else.
    #[arg(long, value_name = "FILE")]
    pub(crate) path: Option<String>,
    /// With --path: only references to the credential of that name.
    #[arg(long, value_name = "NAME", requires = "path")]
    pub(crate) credential: Option<String>,
    /// Let it hold only while the files have this content, by the id of git: `git rev-parse
    /// HEAD:FILE` prints it.
    #[arg(long, value_name = "OID")]
    pub(crate) blob: Option<String>,
    /// Let it hold only while the actions that are handed the credential are pinned to this
    /// commit.
    #[arg(long, value_name = "SHA")]
    pub(crate) action_sha: Option<String>,
    /// When it begins to hold [default: now].
    #[arg(long, value_name = "DATE")]
    pub(crate) not_before: Option<Time>,
    /// Renew the waiver of that name until --expires: approvals have to be given again.
    #[arg(long, requires = "expires", conflicts_with_all = ["path", "why"])]
    pub(crate) renew: bool,
    /// Why, as one word.
    #[arg(long, value_enum, default_value = "accepted-risk")]
    pub(crate) reason: ReasonWord,
    /// Why, in words.
    #[arg(long, value_name = "TEXT")]
    pub(crate) why: Option<String>,
    /// When it ends.
    #[arg(long, value_name = "DATE")]
    pub(crate) expires: Option<Time>,
    /// A stage it is for (can be given several times) [default: commit and merge].
    #[arg(long, value_parser = parse_word::<Stage>)]
    pub(crate) stage: Vec<Stage>,
    /// The hardest verdict that it leaves.
    #[arg(long, value_name = "VERDICT", default_value = "allow", value_parser = parse_word::<Verdict>)]
    pub(crate) max_effect: Verdict,
    /// Who asks for it.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) requested_by: Option<String>,
    /// Who answers for it [default: who asks for it].
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) owner: Option<String>,
    /// Where it is followed up.
    #[arg(long, value_name = "TEXT")]
    pub(crate) ticket: Option<String>,
    #[command(flatten)]
    pub(crate) sign: SignArgs,
    /// The folder of waivers.
    #[arg(long, value_name = "DIR", default_value = ".sluice/waivers")]
    pub(crate) folder: PathBuf,
    /// Write as if it were this time [default: now].
    #[arg(long, value_name = "TIME")]
    pub(crate) clock: Option<Time>,
}

/// Whose signature.
#[derive(Debug, Args)]
#[command(next_help_heading = "Signature")]
pub(crate) struct SignArgs {
    /// Sign with this key: a private key, or a public one whose other half an agent or a
    /// device holds.
    #[arg(long = "sign", value_name = "KEY")]
    pub(crate) key: Option<PathBuf>,
    /// Who signs, as the allowed signers have it [default: the remark of the key].
    #[arg(long = "as", value_name = "ADDRESS")]
    pub(crate) principal: Option<String>,
}

/// What can be done with waivers.
#[derive(Debug, Subcommand)]
pub(crate) enum WaiverCommand {
    /// List all waivers, and whether they hold.
    List(WaiverArgs),
    /// Check all waivers; exits with 1 if one does not hold.
    Verify(WaiverArgs),
    /// Take away those that have ended.
    Prune(WaiverArgs),
}

/// The flags of all commands about waivers.
#[derive(Debug, Args)]
pub(crate) struct WaiverArgs {
    /// The folder that holds the folder `.sluice`.
    #[arg(default_value = ".")]
    pub(crate) folder: PathBuf,
    /// The stage that they are looked at for.
    #[arg(long, default_value = "merge", value_parser = parse_word::<Stage>)]
    pub(crate) stage: Stage,
    /// Look at them as if it were this time [default: now].
    #[arg(long, value_name = "TIME")]
    pub(crate) clock: Option<Time>,
}

/// `sluice approve`
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  sluice approve --range main...topic --why 'agreed in the ticket' \
    --requested-by ann@example.com \\\n      --sign ~/.ssh/id_ed25519 --as bob@example.com -o approval.json\n  \
    sluice gate --range main...topic --evidence approval.json"
)]
pub(crate) struct ApproveArgs {
    /// The repository.
    #[arg(default_value = ".")]
    pub(crate) folder: PathBuf,
    /// The commits of the change; the approval holds for the last of them and no other.
    #[arg(long, value_name = "A..B")]
    pub(crate) range: String,
    /// The stage.
    #[arg(long, default_value = "merge", value_parser = parse_word::<Stage>)]
    pub(crate) stage: Stage,
    /// The commit that it is judged by [default: A].
    #[arg(long, value_name = "REF")]
    pub(crate) base: Option<String>,
    /// Why, in words.
    #[arg(long, value_name = "TEXT")]
    pub(crate) why: String,
    /// Who asks for it.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) requested_by: String,
    /// When it ends, at most 14 days from now [default: in 7 days]; an emergency lasts 4
    /// hours at most, and does unless something else is said.
    #[arg(long, value_name = "DATE")]
    pub(crate) expires: Option<Time>,
    /// Let what blocks go on, for hours: two people have to sign, and everything is owed
    /// within a day. What works right now stays blocked.
    #[arg(long)]
    pub(crate) break_glass: bool,
    #[command(flatten)]
    pub(crate) sign: SignArgs,
    /// The file to write; if it is there, the signature is added to it.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// Sign as if it were this time [default: now].
    #[arg(long, value_name = "TIME")]
    pub(crate) clock: Option<Time>,
}

/// Why something may pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReasonWord {
    /// It is no credential.
    FalsePositive,
    /// It is made up for a test.
    TestFixture,
    /// It is being replaced.
    Migration,
    /// There is no other way.
    NoAlternative,
    /// Somebody takes the risk.
    AcceptedRisk,
}

impl From<ReasonWord> for WaiverReason {
    fn from(word: ReasonWord) -> Self {
        match word {
            ReasonWord::FalsePositive => Self::FalsePositive,
            ReasonWord::TestFixture => Self::TestFixture,
            ReasonWord::Migration => Self::Migration,
            ReasonWord::NoAlternative => Self::NoAlternative,
            ReasonWord::AcceptedRisk => Self::AcceptedRisk,
        }
    }
}
