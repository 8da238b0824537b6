//! Plans: what is done about a finding, in which order, and what shows that it was done. The
//! gate writes them down and carries out nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::decision::{Decision, Judged, Obligation};
use crate::fix::{FileChange, Fix};
use crate::time::Time;
use crate::words::{Duty, FindingKind};

/// The version of the format of a plan.
pub const PLAN_SCHEMA: &str = "sluicegate.plan/1";

/// The steps, as data.
const STEPS: &str = include_str!("steps.toml");

/// The plans of a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Plans {
    /// The version of the format.
    pub schema: String,
    /// The SHA-256 of the decision in its canonical form.
    pub decision_digest: String,
    /// A plan for each finding that something is owed for, the worst first.
    pub plans: Vec<Plan>,
}

/// What is done about one finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Plan {
    /// The version of the format.
    pub schema: String,
    /// Its name, which obligations have as `plan_ref`: the same for the same finding.
    pub id: String,
    /// The fingerprints of what it is about.
    pub findings: Vec<String>,
    /// The provider of the credential; may be empty.
    pub provider: String,
    /// How it goes about it: `leaked_value`, `federate`, `tighten` or `settle`.
    pub strategy: String,
    /// How bad the finding is: `critical`, `high`, `medium` or `low`.
    pub risk: String,
    /// What is done, in order.
    pub steps: Vec<Step>,
    /// What closes each of the obligations; nothing else does.
    pub verification: Vec<Closing>,
    /// How steps are taken back; steps name them.
    pub rollback: Vec<Undo>,
    /// The steps before which somebody has to agree.
    pub approvals_required: Vec<String>,
    /// When the decision was made.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub created: Time,
    /// The version of the program.
    pub tool_version: String,
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Step {
    /// Its name in the plan.
    pub id: String,
    /// What it is: `create_trust`, `edit_file`, `rotate`, `revoke`, `disable`,
    /// `delete_store_entry`, `purge_history`, `wait`, `verify` or `manual`.
    pub kind: String,
    /// Who does it: `tool`, `agent` or `human`.
    pub actor: String,
    /// Where: `sandbox`, `staging` or `prod`.
    pub env: String,
    /// The steps that come before it.
    pub depends_on: Vec<String>,
    /// Whether somebody has to agree first.
    pub requires_approval: bool,
    /// Whether doing it twice does no harm.
    pub idempotent: bool,
    /// What is done, in words.
    pub says: String,
    /// What the change is, if one is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patch: Option<Patch>,
    /// A command that does it or helps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command_hint: Option<CommandHint>,
    /// What shows that it was done.
    pub evidence: StepEvidence,
    /// The entry of `rollback` that takes it back; empty if nothing does.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub rollback_step: String,
}

/// A change to files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Patch {
    /// How it is written: `lines`, places in the file as it was and what comes there.
    pub format: String,
    /// The files.
    pub content: Vec<FileChange>,
}

/// A command, as words, and what it needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CommandHint {
    /// The words.
    pub argv: Vec<String>,
    /// What has to be there first, in words.
    pub needs: Vec<String>,
}

/// What shows that a step was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct StepEvidence {
    /// The kind of evidence.
    pub kind: String,
    /// What it says.
    pub expect: String,
}

/// What closes an obligation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Closing {
    /// The obligation.
    pub obligation: String,
    /// The kind of evidence.
    pub kind: String,
    /// Who can tell.
    pub verifier: String,
}

/// How a step is taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Undo {
    /// Its name in the plan.
    pub id: String,
    /// What is done, in words.
    pub says: String,
}

/// The name of the plan for a finding.
pub(crate) fn name(fingerprint: &str) -> Arc<str> {
    [fingerprint, ":plan"].concat().into()
}

/// What the file of steps has for one strategy.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Strategy {
    step: Vec<Template>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Template {
    id: String,
    kind: String,
    actor: String,
    env: String,
    #[serde(default)]
    duties: Vec<Duty>,
    #[serde(default)]
    unless: Option<Unless>,
    #[serde(default)]
    approval: bool,
    #[serde(default)]
    idempotent: bool,
    says: String,
    evidence: StepEvidence,
    #[serde(default)]
    undo: String,
}

/// When a step is left out.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Unless {
    /// If there is a change to the file that needs nothing outside of it.
    Ready,
}

impl Plans {
    /// The plans for what a decision asks for.
    ///
    /// ```
    /// use sluicegate_gate::{Context, Finding, FindingKind, Plans, Policy, Stage, Time, decide};
    ///
    /// let finding = Finding::new("0f1e", "acme-token", FindingKind::SecretValue);
    /// let context = Context::new(Stage::Merge, Time::from_seconds(1_800_000_000));
    /// let decision = decide(&[finding], &context, &Policy::builtin(), &[]);
    /// let plans = Plans::of(&decision);
    /// assert_eq!(plans.plans[0].steps[0].kind, "revoke");
    /// assert_eq!(*plans.plans[0].id, *decision.obligations[0].plan_ref);
    /// ```
    ///
    /// # Panics
    ///
    /// Never: a test reads the steps that are built in.
    pub fn of(decision: &Decision) -> Self {
        let strategies: BTreeMap<String, Strategy> =
            toml::from_str(STEPS).expect("a test reads the built-in steps");
        let mut owed: BTreeMap<&str, Vec<&Obligation>> = BTreeMap::new();
        for obligation in &decision.obligations {
            owed.entry(&obligation.finding)
                .or_default()
                .push(obligation);
        }
        // A fingerprint may be judged once for its value and once for what lies around it; what
        // is owed goes by the fingerprint, and is planned once.
        let mut plans = Vec::new();
        for judged in decision
            .findings
            .iter()
            .filter(|f| !f.obligations.is_empty())
        {
            let Some(owed) = owed.remove(judged.fingerprint.as_str()) else {
                continue;
            };
            let strategy = strategy(judged, &owed);
            let templates = strategies.get(strategy).map_or(&[][..], |s| &s.step);
            plans.push(plan(decision, judged, &owed, strategy, templates));
        }
        Self {
            schema: PLAN_SCHEMA.to_owned(),
            decision_digest: decision.digest(),
            plans,
        }
    }
}

fn strategy(judged: &Judged, owed: &[&Obligation]) -> &'static str {
    let owes = |duty: Duty| owed.iter().any(|o| o.duty == duty);
    match judged.kind {
        FindingKind::SecretValue => "leaked_value",
        FindingKind::GateTamper | FindingKind::EvidenceGap => "settle",
        FindingKind::CredentialReference if owes(Duty::ReplaceReference) => "federate",
        _ => "tighten",
    }
}

fn plan(
    decision: &Decision,
    judged: &Judged,
    owed: &[&Obligation],
    strategy: &str,
    templates: &[Template],
) -> Plan {
    let fix = judged.fix.as_ref();
    let is_ready = fix.is_some_and(|fix| fix.needs.is_empty());
    let is_owed = |t: &&Template| {
        let by_duty = t.duties.is_empty() || owed.iter().any(|o| t.duties.contains(&o.duty));
        by_duty && !(is_ready && t.unless == Some(Unless::Ready))
    };
    let (mut steps, mut rollback): (Vec<Step>, Vec<Undo>) = Default::default();
    for template in templates.iter().filter(is_owed) {
        let mut step = step(template, judged);
        // One after the other: a step that could be done beside another is safe behind it.
        step.depends_on = steps.last().map(|s| s.id.clone()).into_iter().collect();
        if let (Some(fix), "edit_file") = (fix, step.kind.as_str()) {
            give(&mut step, fix);
        }
        if !template.undo.is_empty() {
            let id = format!("undo-{}", template.id);
            step.rollback_step.clone_from(&id);
            let says = template.undo.clone();
            rollback.push(Undo { id, says });
        }
        steps.push(step);
    }
    let closing = |o: &&Obligation| Closing {
        obligation: o.id.to_string(),
        kind: o.evidence_required.kind.to_string(),
        verifier: o.evidence_required.verifier.to_string(),
    };
    let approved = steps.iter().filter(|step| step.requires_approval);
    Plan {
        schema: PLAN_SCHEMA.to_owned(),
        id: name(&judged.fingerprint).to_string(),
        findings: vec![judged.fingerprint.clone()],
        provider: judged.provider.clone(),
        strategy: strategy.to_owned(),
        risk: judged.severity.as_str().to_owned(),
        verification: owed.iter().map(closing).collect(),
        approvals_required: approved.map(|step| step.id.clone()).collect(),
        steps,
        rollback,
        created: decision.clock,
        tool_version: decision.tool.version.clone(),
    }
}

/// The step, in the words of the rule where it has some.
fn step(template: &Template, judged: &Judged) -> Step {
    let advice = &judged.advice;
    let own = match template.id.as_str() {
        "revoke" => advice.revoke.as_str(),
        "rotate" => advice.rotate.as_str(),
        _ => "",
    };
    let mut says = template.says.clone();
    for more in [own, if own.is_empty() { "" } else { &advice.url }] {
        if !more.is_empty() {
            says = format!("{says}: {more}");
        }
    }
    Step {
        id: template.id.clone(),
        kind: template.kind.clone(),
        actor: template.actor.clone(),
        env: template.env.clone(),
        depends_on: Vec::new(),
        requires_approval: template.approval,
        idempotent: template.idempotent,
        says,
        patch: None,
        command_hint: None,
        evidence: template.evidence.clone(),
        rollback_step: String::new(),
    }
}

/// Gives a step the change that is known.
fn give(step: &mut Step, fix: &Fix) {
    let paths = fix.changes.iter().map(|change| change.path.clone());
    let argv = ["sluice", "remediate", "--diff", "--"].map(ToOwned::to_owned);
    step.patch = Some(Patch {
        format: "lines".to_owned(),
        content: fix.changes.clone(),
    });
    step.command_hint = Some(CommandHint {
        argv: argv.into_iter().chain(paths).collect(),
        needs: fix.needs.clone(),
    });
}

#[cfg(test)]
mod tests;
