//! What a condition may ask for. This table is the contract with policies, version 1: a
//! row may be added, none may change.

use sluicegate_core::{Confidence, Lifetime, Severity};

use super::eval::{Scene, Texts, Value};
use crate::context::Context;
use crate::finding::Finding;
use crate::words::{
    ActorKind, Autonomy, Exposure, FindingKind, Origin, PathClass, Privilege, Scope, Verification,
};

/// What an attribute is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Int,
    /// Text.
    Text,
    /// A list of texts.
    List,
}

impl Type {
    /// The word for people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Text => "string",
            Self::List => "list(string)",
        }
    }
}

/// Something that a condition may ask for.
#[derive(Clone, Copy)]
pub struct Attribute {
    /// Its name, such as `finding.kind`.
    pub name: &'static str,
    /// What it is.
    pub kind: Type,
    /// The words it can be, if they are known.
    pub words: fn() -> Vec<&'static str>,
    /// What it means.
    pub meaning: &'static str,
    pub(super) read: for<'s> fn(&'s Scene<'s>) -> Value<'s>,
    /// Which of its words it is, if it has few: numbers are compared faster than words.
    pub(super) number: Option<for<'s> fn(&'s Scene<'s>) -> usize>,
}

impl Attribute {
    /// What it is for the finding, as JSON.
    pub fn value(&self, finding: &Finding, context: &Context) -> serde_json::Value {
        (self.read)(&Scene::new(finding, context)).to_json()
    }
}

impl std::fmt::Debug for Attribute {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

macro_rules! attribute {
    ($name:literal Word $of:ty, $meaning:literal, |$scene:ident| $read:expr) => {
        Attribute {
            name: $name,
            kind: Type::Text,
            words: || <$of>::ALL.iter().map(|word| word.as_str()).collect(),
            meaning: $meaning,
            read: |$scene| Value::Text($read.as_str()),
            number: Some(|$scene| $read as usize),
        }
    };
    ($name:literal $kind:ident, $meaning:literal, |$scene:ident| $read:expr) => {
        Attribute {
            name: $name,
            kind: Type::$kind,
            words: Vec::new,
            meaning: $meaning,
            read: |$scene| Value::$kind($read),
            number: None,
        }
    };
}

macro_rules! attributes {
    ($($name:literal $kind:ident $($of:ty)?, $meaning:literal, |$scene:ident| $read:expr;)+) => {
        /// All of them, sorted by name.
        pub const ATTRIBUTES: &[Attribute] =
            &[$(attribute!($name $kind $($of)?, $meaning, |$scene| $read),)+];
    };
}

attributes! {
    "actor.autonomy" Word Autonomy,
        "what an agent may do without asking",
        |s| s.context.actor.autonomy;
    "actor.id" Text, "the name or address of who made the change; may be empty",
        |s| &s.context.actor.id;
    "actor.kind" Word ActorKind, "who made the change",
        |s| s.context.actor.kind;
    "context.scope" Word Scope,
        "whether all that is there is judged, or what a change brings",
        |s| s.context.scope;
    "finding.across_environments" Bool,
        "whether the same credential serves users and is used for trying out",
        |s| s.finding.across_environments;
    "finding.autofix" Bool, "whether a patch for it can be made", |s| s.finding.autofix;
    "finding.confidence" Word Confidence,
        "how sure it is that it is a credential",
        |s| s.finding.confidence;
    "finding.credential_name" Text, "the name of the credential that is referred to",
        |s| &s.finding.credential_name;
    "finding.deleted_in_image" Bool,
        "whether it stands in a layer of an image, and a later layer deletes the file",
        |s| s.finding.deleted_in_image;
    "finding.environments" List, "the environments in which jobs use it",
        |s| Texts::Words(&s.finding.environments);
    "finding.exposure" Word Exposure, "how far it has got",
        |s| s.finding.exposure;
    "finding.fingerprint" Text, "its identity", |s| &s.finding.fingerprint;
    "finding.has_alternative" Bool, "whether there is a way without a stored credential",
        |s| s.finding.has_alternative;
    "finding.kind" Word FindingKind, "what it is",
        |s| s.finding.kind;
    "finding.lifetime" Word Lifetime,
        "how long the credential lives",
        |s| s.finding.lifetime;
    "finding.occurrences" Int, "in how many places it stands",
        |s| i64::try_from(s.finding.locations.len()).unwrap_or(i64::MAX);
    "finding.origin" Word Origin, "whether it comes with what is judged",
        |s| s.origin();
    "finding.path" Text, "the first path that holds it; may be empty",
        |s| s.finding.locations.first().map_or("", |l| &l.path);
    "finding.path_class" Word PathClass,
        "what the file is for; of several places the one that is judged hardest",
        |s| s.finding.path_class;
    "finding.paths" List, "all paths that hold it", |s| Texts::Paths(&s.finding.locations);
    "finding.privilege" Word Privilege, "what its holder can do",
        |s| s.finding.privilege;
    "finding.provider" Text, "the provider of the credential, such as `github`",
        |s| &s.finding.provider;
    "finding.reviewed_environment" Bool,
        "whether people have to agree before the job that uses it runs",
        |s| s.is_reviewed();
    "finding.rule" Text, "the id of the rule that found it", |s| &s.finding.rule;
    "finding.severity" Word Severity,
        "how bad it is if it is real",
        |s| s.finding.severity;
    "finding.subject" Text,
        "what the gate was tampered with, or which evidence is missing",
        |s| &s.finding.subject;
    "finding.suppressed" Bool, "whether markers in the files say that it does not count",
        |s| s.finding.suppressed;
    "finding.tags" List, "the labels of its rule", |s| Texts::Words(&s.finding.tags);
    "finding.taxa" List, "entries of taxonomies, such as `CWE-798`",
        |s| Texts::Words(&s.finding.taxa);
    "finding.trigger" Text,
        "what starts the job that uses it; of several events one that strangers can set off",
        |s| &s.finding.trigger;
    "finding.triggers" List,
        "all events that start jobs that use it, such as `pull_request_target`",
        |s| Texts::Words(&s.finding.triggers);
    "finding.unpinned_action" Bool,
        "whether it is given to an action of others that can change under its name",
        |s| s.is_unpinned();
    "finding.unpinned_actions" List, "actions that it is given to and that can change",
        |s| Texts::Words(&s.finding.unpinned_actions);
    "finding.verified" Word Verification, "what the provider said about it",
        |s| s.finding.verified;
    "finding.verified_days" Int, "whole days since the provider was asked; -1 for never",
        |s| s.finding.verified_days(s.context.clock);
    "subject.ref" Text, "the reference that the change goes to; may be empty",
        |s| &s.context.subject.reference;
    "subject.repo" Text, "the repository, as a URI; may be empty",
        |s| &s.context.subject.repo;
}

/// The attribute of that name.
pub(super) fn find(name: &str) -> Option<&'static Attribute> {
    let at = ATTRIBUTES.binary_search_by(|a| a.name.cmp(name)).ok()?;
    Some(&ATTRIBUTES[at])
}

/// The known name that is nearest to `name`.
pub(super) fn nearest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    known
        .into_iter()
        .map(|k| (distance(name, k), k))
        .filter(|(far, k)| *far <= 1 + k.len() / 4)
        .min()
        .map(|(_, k)| k)
}

/// How many letters have to change (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let up = row[j + 1];
            row[j + 1] = (corner + usize::from(x != *y)).min(up + 1).min(row[j] + 1);
            corner = up;
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_found() {
        assert!(ATTRIBUTES.is_sorted_by_key(|a| a.name));
        assert!(
            ATTRIBUTES
                .iter()
                .all(|a| find(a.name).is_some_and(|f| f.name == a.name))
        );
        assert_eq!(
            nearest("finding.knd", ["finding.kind", "actor.kind"]),
            Some("finding.kind")
        );
        assert_eq!(nearest("nothing", ["finding.kind"]), None);
        // The numbers of words are their places.
        assert!(
            Confidence::ALL
                .iter()
                .zip(0..)
                .all(|(w, n)| *w as usize == n)
        );
        assert!(Lifetime::ALL.iter().zip(0..).all(|(w, n)| *w as usize == n));
        assert!(Severity::ALL.iter().zip(0..).all(|(w, n)| *w as usize == n));
    }
}
