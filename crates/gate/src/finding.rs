//! A finding as the gate sees it: what was found, and everything that a policy may ask.

use serde::{Deserialize, Serialize};
use sluicegate_core::{self as core, Confidence, Lifetime, Severity};

use crate::canonical::sha256;
use crate::fix::Fix;
use crate::place;
use crate::time::Time;
use crate::uses::Uses;
use crate::words::{Exposure, FindingKind, Origin, PathClass, Privilege, Verdict, Verification};

/// What is judged, one at a time. It never holds a value.
///
/// ```
/// use sluicegate_gate::{Finding, FindingKind, Location};
///
/// let mut finding = Finding::new("0f1e", "acme-token", FindingKind::SecretValue);
/// finding.place(vec![Location::of("tests/data/a.env", 3)]);
/// assert_eq!(finding.path_class.as_str(), "test");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Its identity: the same for the same rule and value, wherever it stands.
    pub fingerprint: String,
    /// The rule that found it.
    pub rule: String,
    /// The provider of the credential.
    pub provider: String,
    /// What it is, in a few words.
    pub title: String,
    /// What it is, for the gate.
    pub kind: FindingKind,
    /// The name of the credential that is referred to; may be empty.
    pub credential_name: String,
    /// How long the credential lives.
    pub lifetime: Lifetime,
    /// How sure it is that it is a credential.
    pub confidence: Confidence,
    /// How bad it is if so.
    pub severity: Severity,
    /// What the provider said.
    pub verified: Verification,
    /// When the provider said so.
    pub verified_at: Option<Time>,
    /// How far it has got.
    pub exposure: Exposure,
    /// Whether it comes with what is judged.
    pub origin: Origin,
    /// What the files are for that hold it: of several, the one that is judged hardest.
    pub path_class: PathClass,
    /// Whether there is a way without a stored credential.
    pub has_alternative: bool,
    /// Whether a patch for it can be made.
    pub autofix: bool,
    /// What its holder can do.
    pub privilege: Privilege,
    /// What starts the job that uses it, such as `pull_request_target`; of several events
    /// one that strangers can set off. May be empty.
    pub trigger: String,
    /// All events that start jobs that use it, sorted.
    pub triggers: Vec<String>,
    /// The environments in which jobs use it, sorted.
    pub environments: Vec<String>,
    /// Whether it is used outside of any environment as well.
    pub outside_environments: bool,
    /// Whether people have to agree before the job that uses it runs, if that is known
    /// whatever its environment is called.
    pub reviewed_environment: bool,
    /// Whether it is given to an action that can change under its name, whoever wrote that.
    pub unpinned_action: bool,
    /// Actions that it is given to and that can change under their names, sorted.
    pub unpinned_actions: Vec<String>,
    /// What it is given to at each place: an action with its version, or an empty text where
    /// it is none. Sorted; of references in pipelines only.
    pub actions: Vec<String>,
    /// Whether the same credential serves users and is used for trying out.
    pub across_environments: bool,
    /// What the gate was tampered with, or which evidence is missing; may be empty.
    pub subject: String,
    /// Whether it stands in a layer of an image, and a later layer deletes the file: who has
    /// the image has it all the same.
    pub deleted_in_image: bool,
    /// Whether markers in the files say that it does not count.
    pub suppressed: bool,
    /// What its rule asks for at each column: the pattern knows better than the table.
    pub own_verdict: Option<[Verdict; 3]>,
    /// Free labels of the rule.
    pub tags: Vec<String>,
    /// Entries of taxonomies, such as `CWE-798`.
    pub taxa: Vec<String>,
    /// Where it stands; may be empty.
    pub locations: Vec<Location>,
    /// What to do about it.
    pub advice: Advice,
    /// A change that turns it off wherever it counts, if one is known.
    pub fix: Option<Fix>,
}

/// A place of a finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Location {
    /// The path, `/`-separated.
    pub path: String,
    /// The line on which it starts, counted from 1; 0 for a whole file.
    pub line: usize,
    /// The column in which it starts, counted from 1; 0 for a whole line.
    #[serde(default)]
    pub column: usize,
    /// The line on which it ends.
    #[serde(default)]
    pub end_line: usize,
    /// The column after its last character.
    #[serde(default)]
    pub end_column: usize,
}

impl Location {
    /// A line of a file.
    pub fn of(path: impl Into<String>, line: usize) -> Self {
        Self {
            path: path.into(),
            line,
            column: 0,
            end_line: line,
            end_column: 0,
        }
    }
}

/// What to do about a finding, in the words of its rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Advice {
    /// How to make the credential worthless.
    pub revoke: String,
    /// How to replace it.
    pub rotate: String,
    /// Where that is done; may be empty.
    pub url: String,
}

impl Finding {
    /// A finding about which nothing else is known: new, and judged as what runs.
    pub fn new(fingerprint: impl Into<String>, rule: impl Into<String>, kind: FindingKind) -> Self {
        let rule = rule.into();
        Self {
            fingerprint: fingerprint.into(),
            title: rule.clone(),
            rule,
            provider: String::new(),
            kind,
            credential_name: String::new(),
            lifetime: Lifetime::LU,
            confidence: Confidence::Definite,
            severity: Severity::High,
            verified: Verification::Unverified,
            verified_at: None,
            exposure: Exposure::Worktree,
            origin: Origin::New,
            path_class: PathClass::Prod,
            has_alternative: false,
            autofix: false,
            privilege: Privilege::Unknown,
            trigger: String::new(),
            triggers: Vec::new(),
            environments: Vec::new(),
            outside_environments: false,
            reviewed_environment: false,
            unpinned_action: false,
            unpinned_actions: Vec::new(),
            actions: Vec::new(),
            across_environments: false,
            subject: String::new(),
            deleted_in_image: false,
            suppressed: false,
            own_verdict: None,
            tags: Vec::new(),
            taxa: Vec::new(),
            locations: Vec::new(),
            advice: Advice::default(),
            fix: None,
        }
    }

    /// What a scan found.
    pub fn of(finding: &core::Finding) -> Self {
        let rule = &finding.rule;
        let kind = kind_of(finding.kind.as_str(), &rule.tags);
        let mut out = Self::new(&finding.fingerprint, &rule.id, kind);
        out.provider.clone_from(&rule.provider);
        out.title.clone_from(&rule.title);
        out.lifetime = finding.lifetime();
        out.confidence = finding.confidence;
        out.severity = finding.severity();
        out.suppressed = finding.is_suppressed();
        out.tags.clone_from(&rule.tags);
        out.taxa.clone_from(&rule.taxa);
        out.advice = Advice {
            revoke: rule.remediation.revoke.clone(),
            rotate: rule.remediation.rotate.clone(),
            url: rule.remediation.url.clone(),
        };
        if let Some(reference) = &finding.reference {
            reference.provider.clone_into(&mut out.provider);
            out.credential_name.clone_from(&reference.name);
            out.has_alternative = reference.has_alternative;
            out.own_verdict = verdicts(reference.stages);
            if reference.is_admin {
                out.privilege = Privilege::Admin;
            }
        }
        for occurrence in &finding.occurrences {
            if let Some(layer) = &occurrence.layer {
                out.exposure = out.exposure.max(Exposure::Artifact);
                out.deleted_in_image |= layer.deleted_by.is_some();
            }
            if let Some(provenance) = &occurrence.provenance {
                out.exposure = out.exposure.max(exposure(provenance.exposure.as_str()));
            }
        }
        out.take_tags();
        let counts = |o: &&core::Occurrence| out.suppressed || o.suppression.is_none();
        let mut uses = Uses::default();
        for occurrence in finding.occurrences.iter().filter(counts) {
            if finding.reference.is_some() {
                uses.add_job(occurrence.job.as_deref());
            } else {
                uses.add_path(&occurrence.path);
                uses.add_path(occurrence.copied_from.as_deref().unwrap_or_default());
            }
        }
        let places = finding.occurrences.iter().filter(counts).map(|o| Location {
            path: o.path.to_string(),
            line: o.start.line,
            column: o.start.column,
            end_line: o.end.line,
            end_column: o.end.column,
        });
        out.place(places.collect());
        uses.tell(&mut out);
        out
    }

    /// Takes from the labels of the rule what its holder can do.
    pub(crate) fn take_tags(&mut self) {
        let has = |tag: &str| self.tags.iter().any(|own| own == tag);
        if self.privilege == Privilege::Unknown && (has("deploy") || has("publish")) {
            self.privilege = Privilege::Write;
        }
    }

    /// Something that was to be looked at and was not.
    pub fn gap(path: &str, reason: &str, detail: &str) -> Self {
        let id = &sha256(format!("gap\0{path}\0{reason}").as_bytes())[..32];
        let mut out = Self::new(id, format!("gap-{reason}"), FindingKind::EvidenceGap);
        out.title = if detail.is_empty() {
            format!("not looked at: {reason}")
        } else {
            format!("not looked at: {reason}, {detail}")
        };
        out.subject = reason.to_owned();
        if !path.is_empty() {
            out.place(vec![Location::of(path, 0)]);
        }
        out
    }

    /// The change edits what it is judged by: `subject` says what, `content` what it is
    /// now.
    pub fn tamper(subject: &str, path: &str, line: usize, title: &str, content: &str) -> Self {
        let id = sha256(format!("tamper\0{subject}\0{path}\0{content}").as_bytes());
        let mut out = Self::new(
            &id[..32],
            format!("tamper-{subject}"),
            FindingKind::GateTamper,
        );
        out.title = title.to_owned();
        out.subject = subject.to_owned();
        out.place(vec![Location::of(path, line)]);
        out
    }

    /// Says where it stands, and takes from there what the files are for.
    pub fn place(&mut self, mut locations: Vec<Location>) {
        locations.sort();
        locations.dedup();
        self.path_class = locations
            .iter()
            .map(|location| place::class(&location.path))
            .min_by_key(|class| place::mildness(*class))
            .unwrap_or(PathClass::Prod);
        self.locations = locations;
    }

    /// The whole days since the provider was asked; -1 if it never was, or after `clock`.
    pub(crate) fn verified_days(&self, clock: Time) -> i64 {
        self.verified_at
            .map_or(-1, |at| at.days_until(clock).max(-1))
    }
}

/// How far a value has got that history has, by the word that reports have.
pub(crate) fn exposure(word: &str) -> Exposure {
    match word {
        "head" | "reachable" => Exposure::DefaultHistory,
        _ => Exposure::Worktree,
    }
}

/// What a pattern asks for in development, staging and production, of its three letters,
/// with or without slashes.
pub(crate) fn verdicts(text: &str) -> Option<[Verdict; 3]> {
    let letters = text.chars().filter(|c| *c != '/');
    let read = letters.map(|letter| match letter {
        'A' => Some(Verdict::Allow),
        'R' => Some(Verdict::Remediate),
        'B' => Some(Verdict::Block),
        _ => None,
    });
    read.collect::<Option<Vec<_>>>()?.try_into().ok()
}

/// The kind by the word that reports have and the labels of the rule.
pub(crate) fn kind_of(word: &str, tags: &[String]) -> FindingKind {
    if word == "secret" {
        return FindingKind::SecretValue;
    }
    // A rule about references says by a label if it is about more than that.
    let by_label = |tag: &String| tag.replace('-', "_").parse::<FindingKind>().ok();
    tags.iter()
        .find_map(by_label)
        .filter(|kind| *kind != FindingKind::SecretValue)
        .unwrap_or(FindingKind::CredentialReference)
}
