//! The log file and its one run.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use sluicegate_core::{Report, SkipReason};

use super::result::{Location, Results, escape_message};
use super::rules::{Descriptor, Rules};
use super::taxa::{self, Component, Reference};
use super::uri::ROOT;
use crate::Context;
use crate::json::provenance::History;
use crate::value::Values;

pub(crate) const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// `message` and `multiformatMessageString`, without markup
#[derive(Serialize)]
pub(super) struct Text<'a> {
    text: Cow<'a, str>,
}

impl<'a> Text<'a> {
    pub(super) fn new(text: impl Into<Cow<'a, str>>) -> Self {
        Self { text: text.into() }
    }
}

/// `sarifLog`
#[derive(Serialize)]
pub(super) struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

/// `run`
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Tool<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    automation_details: Option<AutomationDetails>,
    invocations: [Invocation<'a>; 1],
    original_uri_base_ids: BTreeMap<&'static str, Base>,
    column_kind: &'static str,
    /// Present only if something was redacted, as the format asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    redaction_tokens: Option<[&'static str; 1]>,
    taxonomies: Vec<Component<'a>>,
    results: Results<'a>,
    properties: Properties<'a>,
}

#[derive(Serialize)]
struct Tool<'a> {
    driver: Driver<'a>,
}

/// `toolComponent`, as the driver
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver<'a> {
    name: &'static str,
    version: &'a str,
    semantic_version: &'a str,
    rules: Vec<Descriptor<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notifications: Vec<Note>,
    supported_taxonomies: Vec<Reference>,
}

/// `reportingDescriptor`, as a kind of notification
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Note {
    id: &'static str,
    short_description: Text<'static>,
}

/// `runAutomationDetails`
#[derive(Serialize)]
struct AutomationDetails {
    id: String,
}

/// `invocation`
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation<'a> {
    execution_successful: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_execution_notifications: Vec<Notification<'a>>,
}

/// `notification`
#[derive(Serialize)]
struct Notification<'a> {
    descriptor: NoteReference,
    level: &'static str,
    message: Text<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    locations: Vec<Location<'a>>,
}

#[derive(Serialize)]
struct NoteReference {
    id: &'static str,
}

/// `artifactLocation`, as a base
#[derive(Serialize)]
struct Base {
    description: Text<'static>,
}

/// The property bag of the run.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Properties<'a> {
    rules_digest: &'a str,
    rules: usize,
    files: u64,
    bytes: u64,
    below_confidence: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    history: Option<History>,
}

impl<'a> Log<'a> {
    pub(super) fn of(
        report: &'a Report,
        ctx: &Context<'a>,
        values: &'a Values<'a>,
        rules: &Rules<'a>,
    ) -> Self {
        let notifications = notifications(report);
        let used: BTreeSet<&str> = notifications.iter().map(|n| n.descriptor.id).collect();
        let is_redacted = !values.show_secrets() && !report.findings.is_empty();
        let base = Base {
            description: Text::new("The folder that the scan was started in."),
        };
        let run = Run {
            tool: Tool {
                driver: Driver {
                    name: "Sluicegate",
                    version: ctx.version,
                    semantic_version: ctx.version,
                    rules: rules.descriptors(),
                    notifications: used.into_iter().map(Note::of).collect(),
                    supported_taxonomies: (0..taxa::ALL.len()).map(taxa::reference).collect(),
                },
            },
            automation_details: ctx.category.map(|category| AutomationDetails {
                // The part behind the last slash would tell runs apart.
                id: format!("{}/", category.trim_end_matches('/')),
            }),
            invocations: [Invocation {
                execution_successful: !report.coverage.is_incomplete(),
                tool_execution_notifications: notifications,
            }],
            original_uri_base_ids: BTreeMap::from([(ROOT, base)]),
            column_kind: "unicodeCodePoints",
            redaction_tokens: is_redacted.then_some(["*"]),
            taxonomies: taxa::components(&rules.taxa()),
            results: Results {
                report,
                values,
                rule_indexes: rules.indexes(),
            },
            properties: Properties {
                rules_digest: &report.rules_digest,
                rules: report.rules,
                files: report.coverage.files,
                bytes: report.coverage.bytes,
                below_confidence: report.below_confidence,
                history: History::of(&report.coverage),
            },
        };
        Self {
            schema: SCHEMA,
            version: "2.1.0",
            runs: [run],
        }
    }
}

const CANCELLED: &str = "cancelled";
const UNUSED: &str = "unused-suppression";

impl Note {
    fn of(id: &'static str) -> Self {
        let reason = SkipReason::ALL.iter().find(|reason| reason.as_str() == id);
        let text = match (id, reason) {
            (CANCELLED, _) => "The scan was stopped before its end.".to_owned(),
            (UNUSED, _) => "A marker suppresses nothing.".to_owned(),
            (_, Some(reason)) if reason.is_failure() => {
                format!("A file that was meant to be read was not read whole: {id}.")
            }
            _ => format!("A file was left out: {id}."),
        };
        Self {
            id,
            short_description: Text::new(text),
        }
    }
}

fn notifications(report: &Report) -> Vec<Notification<'_>> {
    let mut all = Vec::new();
    let note = |id, level, message: String, locations| Notification {
        descriptor: NoteReference { id },
        level,
        message: Text::new(escape_message(&message)),
        locations,
    };
    if report.coverage.cancelled {
        let message = "stopped before its end; what was not read may hold more".to_owned();
        all.push(note(CANCELLED, "error", message, Vec::new()));
    }
    for skipped in &report.coverage.skipped {
        let reason = skipped.reason;
        let level = if reason.is_failure() { "error" } else { "note" };
        let mut message = format!("not read whole: {reason}", reason = reason.as_str());
        if !skipped.detail.is_empty() {
            message += &format!(" ({})", skipped.detail);
        }
        let locations = vec![Location::of_line(&skipped.path, None)];
        all.push(note(reason.as_str(), level, message, locations));
    }
    for unused in &report.unused_suppressions {
        let message = format!("{} suppresses nothing", unused.marker);
        let locations = vec![Location::of_line(&unused.path, Some(unused.line))];
        all.push(note(UNUSED, "note", message, locations));
    }
    all
}
