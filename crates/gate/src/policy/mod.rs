//! What is asked of findings, as data.

mod file;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sluicegate_core::Severity;

use crate::canonical::sha256;
use crate::condition::Condition;
use crate::words::{Column, Duty, Stage, Verdict};

/// The built-in policy, as people can read it.
pub const DEFAULT_POLICY: &str = include_str!("default.toml");

/// What `sluice policy init` writes.
pub const STARTING_POLICY: &str = include_str!("start.toml");

/// A policy that has been checked: the built-in one, and what is asked beside it.
///
/// ```
/// use sluicegate_gate::Policy;
///
/// let policy = Policy::with(
///     "schema = 'sluicegate.policy/1'\nname = 'acme'\n\
///      [[floor]]\ncode = 'ACME-1'\nwhen = 'finding.provider == \"acme\"'\n\
///      verdict = 'R/B/B'\nsays = 'ours'\nnext = 'ask us'\n",
/// )?;
/// assert_eq!(policy.name, "acme");
/// assert_ne!(policy.digest, Policy::builtin().digest);
/// # Ok::<(), sluicegate_gate::PolicyErrors>(())
/// ```
#[derive(Clone, Debug)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// Its version; may be empty.
    pub version: String,
    /// Identifies it: the SHA-256 of the built-in policy and of what is asked beside it.
    pub digest: String,
    /// Lift a verdict.
    pub floors: Vec<Floor>,
    /// Give a verdict; the first that holds counts.
    pub rows: Vec<Row>,
    /// Move the verdict of a row.
    pub shifts: Vec<Shift>,
    /// Hold the verdict of a row down.
    pub caps: Vec<Row>,
    /// Which column holds for which stage, in the order of stages.
    pub columns: [Column; 4],
    /// Days to remedy a finding.
    pub due: Due,
    /// How much may be owed.
    pub budget: Budget,
    /// For how long exceptions may hold.
    pub waivers: WaiverLimits,
    /// From which column on only keys in devices approve; from none if nobody asks for it.
    pub devices: Option<Column>,
    /// For each stage the one that must have been passed before, in the order of stages.
    pub previous: [Option<Stage>; 4],
    /// Environments of pipelines in which people agree before a job runs. That is a fact and
    /// no rule, and the one thing in a policy that makes a verdict milder.
    pub reviewed: BTreeSet<String>,
}

/// A verdict in each column, the mildest column first.
pub type Verdicts = [Verdict; 3];

/// Gives a verdict, or holds one down.
#[derive(Clone, Debug)]
pub struct Row {
    /// The stable code.
    pub code: Arc<str>,
    /// When it holds.
    pub when: Condition,
    /// The verdict in each column.
    pub verdict: Verdicts,
    /// Why, in words.
    pub says: Arc<str>,
    /// What to do, in words.
    pub next: Arc<str>,
    /// What is owed, if the verdict is not to allow.
    pub duties: Vec<Duty>,
}

/// Lifts a verdict.
#[derive(Clone, Debug)]
pub struct Floor {
    /// As in a row.
    pub row: Row,
    /// Whether a waiver may go below it.
    pub waivable: bool,
}

/// Moves the verdict of a row by a step.
#[derive(Clone, Debug)]
pub struct Shift {
    /// The stable code.
    pub code: Arc<str>,
    /// When it holds.
    pub when: Condition,
    /// 1 for harder, -1 for milder.
    pub step: i8,
    /// The columns it is for.
    pub columns: Vec<Column>,
    /// Why, in words.
    pub says: Arc<str>,
}

/// Days to remedy a finding, by its severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Due {
    /// For findings of critical severity.
    pub critical: u16,
    /// Of high severity.
    pub high: u16,
    /// Of medium severity.
    pub medium: u16,
    /// Of low severity.
    pub low: u16,
}

impl Due {
    /// The days for that severity.
    pub fn days(self, severity: Severity) -> i64 {
        i64::from(match severity {
            Severity::Critical => self.critical,
            Severity::High => self.high,
            Severity::Medium => self.medium,
            Severity::Low => self.low,
        })
    }
}

/// How much may be owed before nothing goes to users any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// How many findings may wait for a remedy.
    pub open: u16,
    /// For how many days one may wait.
    pub days: u16,
}

/// For how long exceptions may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WaiverLimits {
    /// Days, in the column of drafts.
    pub dev: u16,
    /// Days, in the column of what others build on.
    pub staging: u16,
    /// Days, in the column of what users get.
    pub prod: u16,
    /// How many days before its end it is said that a waiver ends.
    pub warn: u16,
    /// How often one approver may renew a waiver.
    pub renewals: u16,
}

impl WaiverLimits {
    /// The days for that column.
    pub fn days(self, column: Column) -> i64 {
        i64::from(match column {
            Column::Dev => self.dev,
            Column::Staging => self.staging,
            Column::Prod => self.prod,
        })
    }
}

/// What is wrong with a policy, in the order of lines; at least one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyErrors(pub Vec<PolicyError>);

/// One thing that is wrong with a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyError {
    /// The line, counted from 1.
    pub line: usize,
    /// The column in characters, counted from 1.
    pub column: usize,
    /// The line itself.
    pub text: String,
    /// How many characters are wrong.
    pub width: usize,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for PolicyError {
    /// The place, what is wrong, and the line with a mark under it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            line,
            column,
            text,
            width,
            message,
        } = self;
        let blank = " ".repeat(column.saturating_sub(1));
        let mark = "^".repeat((*width).clamp(1, 200));
        write!(
            f,
            "line {line}, column {column}: {message}\n  | {text}\n  | {blank}{mark}"
        )
    }
}

impl fmt::Display for PolicyErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, error) in self.0.iter().enumerate() {
            let between = if number == 0 { "" } else { "\n" };
            write!(f, "{between}{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for PolicyErrors {}

impl Policy {
    /// The built-in policy.
    ///
    /// # Panics
    ///
    /// Never: a test reads it.
    pub fn builtin() -> Self {
        let mut policy = file::builtin(DEFAULT_POLICY).expect("a test reads the built-in policy");
        policy.digest = digest("");
        policy
    }

    /// The built-in policy and what `text` asks beside it. It can only be stricter.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with `text`.
    pub fn with(text: &str) -> Result<Self, PolicyErrors> {
        let mut policy = Self::builtin();
        file::add(&mut policy, text)?;
        policy.digest = digest(text);
        Ok(policy)
    }

    /// The column that holds for the stage.
    pub fn column(&self, stage: Stage) -> Column {
        self.columns[stage as usize]
    }

    /// Whether the stage stops when the gate cannot tell: an error there is never an
    /// allow.
    pub fn fails_closed(&self, stage: Stage) -> bool {
        self.column(stage) != Column::Dev
    }

    /// All codes of floors, rows, shifts and caps, with their words, in that order.
    pub fn codes(&self) -> impl Iterator<Item = (&str, &str)> {
        let floors = self.floors.iter().map(|f| &f.row);
        let rows = floors.chain(&self.rows).chain(&self.caps);
        let rows = rows.map(|r| (&*r.code, &*r.says));
        rows.chain(self.shifts.iter().map(|s| (&*s.code, &*s.says)))
    }

    fn known_codes(&self) -> BTreeSet<String> {
        let own = crate::reason::CODES
            .iter()
            .map(|known| known.code.to_owned());
        self.codes()
            .map(|(code, _)| code.to_owned())
            .chain(own)
            .collect()
    }
}

fn digest(text: &str) -> String {
    sha256(format!("sluicegate.policy/1\0{DEFAULT_POLICY}\0{text}").as_bytes())
}
