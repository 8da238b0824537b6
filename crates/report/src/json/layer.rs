//! The layer of an image that holds a value.

use schemars::JsonSchema;
use serde::Serialize;
use sluicegate_core as core;

use crate::value::Values;

/// A layer of an image.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Layer<'a> {
    /// Its number, counted from 1 at the bottom.
    number: usize,
    /// Its digest, as `sha256:` and digits, if the image gives one.
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<&'a str>,
    /// The instruction that made it, if the image says so, without the values of arguments
    /// and with known values redacted.
    #[serde(skip_serializing_if = "Option::is_none")]
    created_by: Option<String>,
    /// The number of the layer above that deletes the file. It is in the image all the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted_by: Option<usize>,
}

impl<'a> Layer<'a> {
    /// What is to say about an occurrence, if it is in an image.
    pub(crate) fn of(occurrence: &'a core::Occurrence, values: &Values<'_>) -> Option<Self> {
        let layer = occurrence.layer.as_deref()?;
        Some(Self {
            number: layer.number,
            digest: layer.digest.as_deref(),
            created_by: layer
                .created_by
                .as_deref()
                .map(|text| values.words(text).into_owned()),
            deleted_by: layer.deleted_by,
        })
    }
}
