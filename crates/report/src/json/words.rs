//! The schemas of words that have a fixed set of values, from the words themselves.

use schemars::{Schema, SchemaGenerator, json_schema};
use sluicegate_core::{Confidence, Exposure, Kind, Lifetime, Severity, SkipReason, Tier};

/// What is found.
pub(super) fn kind(_: &mut SchemaGenerator) -> Schema {
    one_of(Kind::ALL.iter().map(|word| word.as_str()))
}

/// How sure it is.
pub(super) fn confidence(_: &mut SchemaGenerator) -> Schema {
    one_of(Confidence::ALL.iter().map(|word| word.as_str()))
}

/// How bad it is.
pub(super) fn severity(_: &mut SchemaGenerator) -> Schema {
    one_of(Severity::ALL.iter().map(|word| word.as_str()))
}

/// How long it lives.
pub(super) fn lifetime(_: &mut SchemaGenerator) -> Schema {
    one_of(Lifetime::ALL.iter().map(|word| word.as_str()))
}

/// How easily it is reached.
pub(super) fn exposure(_: &mut SchemaGenerator) -> Schema {
    one_of(Exposure::ALL.iter().map(|word| word.as_str()))
}

/// How near to users it is.
pub(super) fn tier(_: &mut SchemaGenerator) -> Schema {
    one_of([Tier::Dev, Tier::Prod].map(Tier::as_str))
}

/// Reasons may be added, so the known ones are examples and not the only ones.
pub(super) fn reasons(_: &mut SchemaGenerator) -> Schema {
    let known: Vec<&str> = SkipReason::ALL
        .iter()
        .map(|reason| reason.as_str())
        .collect();
    json_schema!({ "type": "string", "examples": known })
}

/// A string that is one of `known`.
fn one_of<'w>(known: impl IntoIterator<Item = &'w str>) -> Schema {
    let known: Vec<&str> = known.into_iter().collect();
    json_schema!({ "type": "string", "enum": known })
}
