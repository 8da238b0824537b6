//! Drone, Woodpecker, Buildkite and CodeBuild.

use super::confidence;
use crate::found::Ctx;
use crate::name::{self, Name};
use crate::node::{Entry, Node};
use crate::pattern::id;
use sluicegate_core::{Confidence, Span};

/// Reads the pipelines of Drone, Woodpecker and Buildkite.
pub(crate) fn drone(ctx: &mut Ctx<'_>, root: &Node<'_>) {
    let mut entries: Vec<&Entry<'_>> = Vec::new();
    root.each_entry(&mut |entry| entries.push(entry));
    for entry in entries {
        if let Some(secret) = entry.value.get("from_secret") {
            let stored = secret.text().unwrap_or_default();
            let (of_key, of_name) = (name::classify(&entry.key), name::classify(stored));
            let Some(named) = of_key
                .known()
                .or(of_name.known())
                .or(of_key.secret())
                .or(of_name.secret())
            else {
                continue;
            };
            if of_key != Name::Plain {
                let usage = format!("`{}` of a step", entry.key);
                ctx.report(
                    id::BK_01,
                    named.provider,
                    stored,
                    secret.span,
                    confidence(named),
                    usage,
                );
            }
        }
        if entry.key == "secrets" {
            for item in entry.value.items() {
                let stored = item
                    .text()
                    .or(item.text_at(&["source"]))
                    .unwrap_or_default();
                if let Some(named) = name::classify(stored).secret() {
                    ctx.report(
                        id::BK_01,
                        named.provider,
                        stored,
                        item.span,
                        confidence(named),
                        "secret of a step",
                    );
                }
            }
        }
        if ["command", "commands"].contains(&&*entry.key) {
            for item in entry
                .value
                .one_or_many()
                .iter()
                .filter(|i| i.text().is_some())
            {
                let raw = ctx.raw(item.span);
                let calls = raw.match_indices("buildkite-agent secret get ");
                for (at, call) in calls.collect::<Vec<_>>() {
                    let rest = &raw[at + call.len()..];
                    let is_name = |b: &u8| b.is_ascii_alphanumeric() || b"_-".contains(b);
                    let length = rest.as_bytes().iter().take_while(|b| is_name(b)).count();
                    let start = item.span.start + at + call.len();
                    let name = &rest[..length];
                    let provider = name::classify(name)
                        .secret()
                        .map_or("stored", |n| n.provider);
                    let span = Span::new(start, start + length);
                    ctx.report(
                        id::BK_01,
                        provider,
                        name,
                        span,
                        Confidence::Probable,
                        "fetched in a command",
                    );
                }
            }
        }
    }
}

/// Reads `buildspec.yml`.
pub(crate) fn codebuild(ctx: &mut Ctx<'_>, root: &Node<'_>) {
    for store in ["secrets-manager", "parameter-store"] {
        for entry in root.at(&["env", store]).map_or(&[][..], Node::entries) {
            if let Name::Secret(named) = name::classify(&entry.key) {
                let usage = format!("`{}` from `{store}`", entry.key);
                let name = entry.value.text().unwrap_or_default();
                ctx.report(
                    id::CB_01,
                    named.provider,
                    name,
                    entry.value.span,
                    confidence(named),
                    usage,
                );
            }
        }
    }
}
