//! Changes that turn a finding off, where what has to be written is known and stands in one
//! file. Each is tried before it is offered: the changed file must still be read, and must
//! hold the reference no more and nothing that was not there.

mod infrastructure;
mod lines;
mod workflow;

use sluicegate_core::{Confidence, Span};

use crate::file::{self, Kind};
use crate::found::Reference;
use crate::node::Malformed;
use crate::pattern::PatternId;
use crate::{hcl, inspect, yaml};

use lines::Edit;

/// A reference that a change turns off.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Remedy {
    /// The pattern.
    pub pattern: PatternId,
    /// The credential that is no longer used here.
    pub name: String,
    /// Where it stood in the text as it was.
    pub span: Span,
    /// What has to be there before the change works; empty if nothing.
    pub needs: &'static str,
    /// The permission that the job must have for it, which the change grants where the job
    /// has it not: `id-token: write`; empty if none.
    pub permission: &'static str,
}

/// A file with changes made to it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Remedied {
    /// The text after all changes.
    pub text: String,
    /// What they turn off, in order of the places.
    pub remedies: Vec<Remedy>,
}

/// What is to be written, and what must be there for it.
struct Proposal {
    edits: Vec<Edit>,
    needs: &'static str,
    permission: &'static str,
}

/// A change that needs nothing else.
fn at_once(edits: Vec<Edit>) -> Proposal {
    needing(edits, "")
}

/// A change that needs something outside of the file.
fn needing(edits: Vec<Edit>, needs: &'static str) -> Proposal {
    Proposal {
        edits,
        needs,
        permission: "",
    }
}

/// The file at `path` with all changes that turn off one of `wanted`: ids of patterns, and
/// where their references stand. `None` if there is nothing that can be changed without
/// knowing more.
///
/// ```
/// use sluicegate_references::{inspect, remedy};
///
/// let text = "resource \"azurerm_container_registry\" \"r\" {\n  admin_enabled = true # for now\n}\n";
/// let found = inspect("main.tf", text.as_bytes(), &[]).references;
/// let wanted = [(found[0].pattern.pattern().id(), found[0].span)];
/// let changed = remedy("main.tf", text, &wanted).expect("it can be changed");
/// assert!(changed.text.contains("admin_enabled = false # for now"));
/// ```
pub fn remedy(path: &str, text: &str, wanted: &[(&str, Span)]) -> Option<Remedied> {
    let kind = file::by_path(path).and_then(|kind| file::by_content(kind, text.as_bytes()))?;
    // Where each stands in the text as it was, and where it stands now.
    let mut open: Vec<(&str, Span, usize)> = wanted
        .iter()
        .map(|&(id, span)| (id, span, span.start))
        .collect();
    open.sort_by_key(|&(id, span, _)| (span, id));
    let mut now = text.to_owned();
    let mut remedies: Vec<Remedy> = Vec::new();
    let mut at = 0;
    while let Some(&(id, span, start)) = open.get(at) {
        at += 1;
        let before = inspect(path, now.as_bytes(), &[]).references;
        let is_it = |r: &&Reference| r.span.start == start && r.pattern.pattern().id() == id;
        let Some(reference) = before.iter().find(is_it) else {
            // Turned off together with one before it.
            let done = remedies.last().map(|last| (last.needs, last.permission));
            remedies.extend(gone(id, span, text, path, done.unwrap_or_default()));
            continue;
        };
        let Some(proposal) = propose(kind, &now, reference) else {
            continue;
        };
        let mut edits = proposal.edits;
        let Some(changed) = lines::apply(&now, &mut edits) else {
            continue;
        };
        if !turns_off(path, &before, reference, &changed) {
            continue;
        }
        remedies.push(Remedy {
            pattern: reference.pattern,
            name: reference.name.clone(),
            span,
            needs: proposal.needs,
            permission: proposal.permission,
        });
        for (_, _, place) in &mut open[at..] {
            *place = lines::moved(*place, &edits).unwrap_or(usize::MAX);
        }
        now = changed;
    }
    (now != text).then_some(Remedied {
        text: now,
        remedies,
    })
}

/// What another change has turned off along the way.
fn gone(
    id: &str,
    span: Span,
    text: &str,
    path: &str,
    (needs, permission): (&'static str, &'static str),
) -> Option<Remedy> {
    let all = inspect(path, text.as_bytes(), &[]).references;
    let it = all
        .into_iter()
        .find(|r| r.span == span && r.pattern.pattern().id() == id)?;
    Some(Remedy {
        pattern: it.pattern,
        name: it.name,
        span,
        needs,
        permission,
    })
}

/// Whether the changed text is read as before, holds the reference once less, and nothing
/// that was not there.
fn turns_off(path: &str, before: &[Reference], reference: &Reference, changed: &str) -> bool {
    let seen = inspect(path, changed.as_bytes(), &[]);
    if seen.trouble.is_some() {
        return false;
    }
    let count = |all: &[Reference], pattern: PatternId, name: &str| {
        let same = |r: &&Reference| {
            r.pattern == pattern && r.name == name && r.confidence > Confidence::Hint
        };
        all.iter().filter(same).count()
    };
    let of = |all: &[Reference]| count(all, reference.pattern, &reference.name);
    let is_new = |r: &Reference| {
        count(&seen.references, r.pattern, &r.name) > count(before, r.pattern, &r.name)
    };
    of(&seen.references) < of(before) && !seen.references.iter().any(is_new)
}

/// What would turn the reference off.
fn propose(kind: Kind, text: &str, reference: &Reference) -> Option<Proposal> {
    match kind {
        Kind::Workflow => {
            // What an alias stands for is used elsewhere, too.
            let shares = |line: &str| {
                let line = line.trim_start();
                line.starts_with("<<:") || line.contains(": *") || line.starts_with("- *")
            };
            if text.lines().any(shares) {
                return None;
            }
            let roots: Result<_, Malformed> = yaml::parse(text);
            workflow::propose(text, roots.ok()?.first()?, reference)
        }
        Kind::Terraform => infrastructure::terraform(text, &hcl::parse(text).ok()?, reference),
        Kind::Bicep | Kind::ArmJson => infrastructure::template(text, reference),
        Kind::Shell => infrastructure::script(text, reference),
        _ => None,
    }
}
