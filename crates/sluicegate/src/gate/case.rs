//! One case: what is judged, by what, and who made it.

use std::path::{Path, PathBuf};

use sluicegate_core::Report;
use sluicegate_gate::tamper::{BASELINE, CONFIG, Files, SIGNERS};
use sluicegate_gate::{
    Actor, ActorKind, ApprovalFile, Context, Decision, Earlier, Evidence, Examined, Exposure,
    Finding, Gap, Input, Owed, Reason, Scanned, Scope, Stage, Subject, Time, Waiver, decide,
    earlier, opinions, sha256, who_made, without_values,
};
use sluicegate_git::Surroundings;
use sluicegate_scan::{Change, Monitor, ScanError, Scanner};

use super::content::Content;
use super::error::GateError;
use super::fixes;
use super::markers::{self, Touched};
use super::opening::Opening;
use super::repo::Repo;
use super::rulings::{self, Rulings};

/// What is to be judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// What the stage is usually about: at commit the index, at merge the commits since the
    /// base, later all that is there.
    Usual,
    /// The index.
    Staged,
    /// The commits of a range.
    Range(String),
    /// All that is there.
    Whole,
}

/// A case that has been made out.
pub struct Case {
    /// The boundary.
    pub stage: Stage,
    /// What it is judged by: read from the base, not from what is judged.
    pub rulings: Rulings,
    /// What is to be scanned: a change, or what lies at the path.
    pub change: Option<Change>,
    /// What is judged.
    pub subject: Subject,
    /// What was made out, for people.
    pub notes: Vec<String>,
    pub(super) path: PathBuf,
    pub(super) scope: Scope,
    pub(super) people: (Actor, sluicegate_gate::Change),
    pub(super) tampering: Vec<Finding>,
    pub(super) touched: Vec<Touched>,
    /// Files that make it milder and come from what is judged, because there is no base.
    pub(super) own_judges: Vec<String>,
    /// Waivers that the change itself brings.
    pub(super) own_waivers: Vec<Waiver>,
    pub(super) common_dir: Option<PathBuf>,
    /// What was judged, for what waivers ask of its content.
    pub(super) content: Option<Content>,
}

/// What else a decision depends on.
#[derive(Clone, Debug)]
pub struct Judge {
    /// Now.
    pub clock: Time,
    /// Who made the change, if somebody knows better than the commits. It is never taken to
    /// be judged more mildly than they say.
    pub actor: Option<Actor>,
    /// Who pushed it; may be empty.
    pub pusher: String,
    /// Who asked for it to be merged; may be empty.
    pub opener: String,
    /// Other documents, by name.
    pub evidence: Vec<(String, Vec<u8>)>,
    /// What is owed from before.
    pub owed: Vec<Owed>,
    /// The version of the program.
    pub tool_version: String,
}

impl Case {
    /// Makes out what is judged at `path` and by what. `base` names the commit that a
    /// change is compared with; `policy` is a policy given from outside, with its name.
    ///
    /// # Errors
    ///
    /// If there is no such change or base, or what it is judged by cannot be read.
    pub fn open(
        path: &Path,
        git: &Surroundings,
        stage: Stage,
        what: &What,
        base: Option<&str>,
        policy: Option<(&str, &str)>,
    ) -> Result<Self, GateError> {
        match Repo::open(path, git)? {
            Some(repo) => {
                let opening = Opening {
                    repo: &repo,
                    path,
                    stage,
                    policy,
                };
                let mut case = opening.open(what, base)?;
                case.content = Content::of(repo, &case)?;
                Ok(case)
            }
            None if matches!(what, What::Usual | What::Whole) && base.is_none() => {
                Self::without_repository(path, stage, policy)
            }
            None => Err(GateError::usage(format!(
                "`{}` is in no git repository, so there is no change and no base",
                path.display()
            ))
            .with_hint("leave --base, --range and --staged out to judge all that is there")),
        }
    }

    fn without_repository(
        path: &Path,
        stage: Stage,
        policy: Option<(&str, &str)>,
    ) -> Result<Self, GateError> {
        let folder = if path.is_dir() {
            path
        } else {
            path.parent().unwrap_or(path)
        };
        let files = rulings::in_folder(folder)?;
        let note = "there is no repository, so policy, baseline and waivers are taken from \
             the folder itself: whoever can edit it can edit them";
        Ok(Self {
            stage,
            rulings: Rulings::of(&files, policy, "in the folder")?,
            change: None,
            subject: Subject::default(),
            notes: if files.is_empty() {
                Vec::new()
            } else {
                vec![note.to_owned()]
            },
            path: path.to_owned(),
            scope: Scope::Whole,
            people: who_made(&[]),
            tampering: Vec::new(),
            touched: Vec::new(),
            own_judges: own_judges(&files),
            own_waivers: Vec::new(),
            common_dir: None,
            content: None,
        })
    }

    /// Where the log of the repository at `path` is, whatever it is judged by; `None` if there
    /// is no repository.
    ///
    /// # Errors
    ///
    /// If there is one that cannot be read.
    pub fn log_of(path: &Path, git: &Surroundings) -> Result<Option<PathBuf>, GateError> {
        let repo = Repo::open(path, git)?;
        Ok(repo.map(|repo| log_in(repo.common_dir())))
    }

    /// Where the log of the repository is, if there is a repository.
    pub fn log_path(&self) -> Option<PathBuf> {
        self.common_dir.as_deref().map(log_in)
    }

    /// What is to be scanned if it is no change.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The markers that the change brings, as findings; the scanner is the one that scans.
    ///
    /// # Errors
    ///
    /// If a file cannot be scanned.
    pub fn markers(&self, scanner: &Scanner, monitor: &Monitor) -> Result<Vec<Finding>, ScanError> {
        markers::brought(scanner, &self.touched, monitor)
    }

    /// What a scan found, as the gate sees it.
    pub fn scanned(&self, report: &Report) -> Scanned {
        let coverage = &report.coverage;
        let failures = coverage.skipped.iter().filter(|s| s.reason.is_failure());
        let mut skipped: Vec<Gap> = failures
            .map(|s| Gap {
                path: s.path.to_string(),
                reason: s.reason.as_str().to_owned(),
                detail: s.detail.clone(),
            })
            .collect();
        if coverage.cancelled {
            let reason = "cancelled".to_owned();
            skipped.push(Gap {
                path: String::new(),
                reason,
                detail: String::new(),
            });
        }
        let mut patchable = fixes::patchable(report, &self.touched);
        let mut of = |finding: &sluicegate_core::Finding| {
            let mut out = Finding::of(finding);
            if let Some(fix) = patchable.remove(out.fingerprint.as_str()) {
                out.autofix = true;
                out.fix = fix;
            }
            out
        };
        Scanned {
            findings: report.findings.iter().map(&mut of).collect(),
            evidence: Evidence {
                files: coverage.files,
                skipped,
                inputs: Vec::new(),
            },
            rules_digest: report.rules_digest.clone(),
        }
    }

    /// Everything that the decision depends on, and the findings with those of the gate
    /// itself.
    ///
    /// # Errors
    ///
    /// If a document given as evidence calls itself an approval and is none.
    fn brief(&self, scanned: Scanned, judge: &Judge) -> Result<(Vec<Finding>, Context), GateError> {
        let mut context = Context::new(self.stage, judge.clock);
        context.scope = self.scope;
        context.subject = self.subject.clone();
        let (actor, change) = self.people.clone();
        context.change = change;
        context.change.pusher.clone_from(&judge.pusher);
        context.change.opener.clone_from(&judge.opener);
        context.actor = stricter(actor, judge.actor.clone());
        context.evidence = scanned.evidence;
        let own = self.own_judges.iter().map(|path| Gap {
            path: path.clone(),
            reason: "missing-base".to_owned(),
            detail: "there is no base to read it from, so it may be made for this".to_owned(),
        });
        context.evidence.skipped.extend(own);
        context.rules_digest = scanned.rules_digest;
        context.baseline.clone_from(&self.rulings.baseline.0);
        context.owners = self.rulings.owners.clone();
        context.reviewed.clone_from(&self.rulings.policy.reviewed);
        context.owed.clone_from(&judge.owed);
        context.tool_version.clone_from(&judge.tool_version);
        let mut approvals = Vec::new();
        for (name, bytes) in &judge.evidence {
            let digest = sha256(bytes);
            context.evidence.inputs.push(Input {
                name: name.clone(),
                digest,
            });
            approvals.extend(approval(name, bytes)?);
            let Ok(text) = std::str::from_utf8(bytes) else {
                continue;
            };
            context
                .opinions
                .extend(opinions(text).into_iter().flatten());
            match earlier(text, &self.rulings.verifiers, &self.subject) {
                Some(Earlier::Passed(stage)) => {
                    context.passed.insert(stage);
                }
                Some(Earlier::Failed) => context.has_failed = true,
                Some(Earlier::Other) => context.refused.push(Reason {
                    code: "PREVIOUS-OTHER".into(),
                    says: format!("the summary `{name}` does not count: it is by nobody in the verifiers of the base, or about something else").into(),
                    facts: std::collections::BTreeMap::new(),
                }),
                None => {}
            }
        }
        let authority = &self.rulings.authority;
        let policy = &self.rulings.policy;
        let (good, bad) = authority.approvals(&approvals, &context, policy);
        let (emergency, refused) = authority.emergency(&approvals, &context, policy);
        context.approved = good;
        context.emergency = emergency;
        context.refused.extend(bad);
        context.refused.extend(refused);
        for (number, why) in &authority.signers.problems {
            let reason = Reason {
                code: "WAIVER-UNKNOWN-SIGNER".into(),
                says: format!("line {number} of the allowed signers lets nobody in: {why}").into(),
                facts: std::collections::BTreeMap::new(),
            };
            context.refused.push(reason);
        }
        for (path, why) in &self.rulings.malformed {
            context.refused.push(Reason {
                code: "WAIVER-MALFORMED".into(),
                says: format!("`{path}` is no waiver: {why}").into(),
                facts: std::collections::BTreeMap::new(),
            });
        }
        let exposure = match self.stage {
            Stage::Commit => Exposure::Staged,
            Stage::Merge => Exposure::PushedBranch,
            Stage::Release | Stage::Deploy => Exposure::DefaultHistory,
        };
        let mut findings = scanned.findings;
        findings.extend(self.tampering.iter().cloned());
        for finding in &mut findings {
            finding.exposure = finding.exposure.max(exposure);
        }
        let waivers = self.rulings.waivers.iter().chain(&self.own_waivers);
        if let Some(content) = &self.content
            && waivers
                .into_iter()
                .any(|w| !w.conditions.blob_oid.is_empty())
        {
            context.blobs = content.ids(&findings);
        }
        Ok((findings, context))
    }

    /// Asks the gate.
    ///
    /// # Errors
    ///
    /// If a document given as evidence calls itself an approval and is none.
    pub fn decide(&self, scanned: Scanned, judge: &Judge) -> Result<Decision, GateError> {
        let (findings, context) = self.brief(scanned, judge)?;
        let examined = self.examined(&context);
        Ok(decide(&findings, &context, &self.rulings.policy, &examined))
    }

    /// All waivers, and whether they hold. One that the change brings counts if somebody else
    /// has signed it: who may sign is read from the base.
    fn examined(&self, context: &Context) -> Vec<Examined> {
        let rulings = &self.rulings;
        let waivers = rulings.waivers.iter().chain(&self.own_waivers).cloned();
        let authority = &rulings.authority;
        authority.examine(waivers.collect(), context, &rulings.policy)
    }

    /// The input that policies in other languages read.
    ///
    /// # Errors
    ///
    /// As [`decide`](Self::decide).
    pub fn input(&self, scanned: Scanned, judge: &Judge) -> Result<serde_json::Value, GateError> {
        let (findings, context) = self.brief(scanned, judge)?;
        let examined = self.examined(&context);
        Ok(sluicegate_gate::input_document(
            &findings, &context, &examined,
        ))
    }
}

/// Of the files that judge, those that can make a verdict milder.
pub(super) fn own_judges(files: &Files) -> Vec<String> {
    let milder = |path: &&String| [BASELINE, SIGNERS, CONFIG].contains(&path.as_str());
    files.keys().filter(milder).cloned().collect()
}

/// Where the log is in a folder of git.
fn log_in(common_dir: &Path) -> PathBuf {
    common_dir.join("sluice").join("gate-log.jsonl")
}

/// Of what commits say and what somebody says, what is judged harder.
fn stricter(found: Actor, given: Option<Actor>) -> Actor {
    let weight = |actor: &Actor| match actor.kind {
        ActorKind::Human => 0,
        ActorKind::Bot => 1,
        ActorKind::Agent => 2,
    };
    match given {
        Some(given) if weight(&given) >= weight(&found) => Actor {
            operator: if given.operator.is_empty() {
                found.operator
            } else {
                given.operator
            },
            ..given
        },
        _ => found,
    }
}

/// The document, if it is an approval.
fn approval(name: &str, bytes: &[u8]) -> Result<Option<ApprovalFile>, GateError> {
    let value: Option<serde_json::Value> = serde_json::from_slice(bytes).ok();
    let schema = value
        .as_ref()
        .and_then(|v| v["schema"].as_str())
        .unwrap_or_default();
    if !["sluicegate.approval/", "sluicegate.break-glass/"]
        .iter()
        .any(|known| schema.starts_with(known))
    {
        return Ok(None);
    }
    let parsed = serde_json::from_slice(bytes);
    parsed.map(Some).map_err(|error| {
        let why = without_values(&format!("{error}"));
        GateError::usage(format!("`{name}` is no approval: {why}"))
    })
}
