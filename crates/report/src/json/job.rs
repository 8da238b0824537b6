//! The job that uses a reference, as the JSON documents have it.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::Serialize;
use sluicegate_core as core;

use super::words;
use crate::value::Values;

/// The job of a pipeline that uses a reference, as its file describes it.
#[derive(Serialize, JsonSchema)]
pub(super) struct Job<'a> {
    /// The events that start it, sorted, in the words of the CI system; absent if the file
    /// does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    triggers: Option<&'a [String]>,
    /// The environment that it runs in, as it is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    environment: Option<Cow<'a, str>>,
    /// Whether it serves users (`prod`) or trying out (`dev`), if its names tell and nothing
    /// in it could choose another value under the same name, as an environment may.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "words::tier")]
    tier: Option<&'static str>,
    /// The action or the called workflow that is handed the credential, as it is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<Cow<'a, str>>,
    /// An action that is handed the credential, belongs to neither the platform nor the
    /// credential's provider, and can change under its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    unpinned_action: Option<Cow<'a, str>>,
}

impl<'a> Job<'a> {
    /// The job of the occurrence; none if nothing is known of it.
    pub(super) fn of(occurrence: &'a core::Occurrence, values: &Values<'_>) -> Option<Self> {
        let job = occurrence.job.as_deref()?;
        let words = |text: &'a Option<String>| text.as_deref().map(|text| values.words(text));
        (*job != core::Job::default()).then(|| Self {
            triggers: Some(job.triggers.as_slice()).filter(|all| !all.is_empty()),
            environment: words(&job.environment),
            tier: job.tier.map(core::Tier::as_str),
            action: words(&job.action),
            unpinned_action: words(&job.unpinned_action),
        })
    }
}
