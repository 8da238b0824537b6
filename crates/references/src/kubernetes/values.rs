//! The values of Helm charts.

use super::encrypted;
use crate::found::Ctx;
use crate::name::{self, Class};
use crate::node::{Entry, Node};
use crate::pattern::id;
use sluicegate_core::Confidence;

/// Reads the values of a Helm chart.
pub(crate) fn values(ctx: &mut Ctx<'_>, root: &Node<'_>) {
    if root.get("sops").is_some() {
        encrypted(ctx, root, "SOPS");
    }
    walk_values(ctx, root, "");
}

fn walk_values(ctx: &mut Ctx<'_>, node: &Node<'_>, path: &str) {
    for item in node.items() {
        walk_values(ctx, item, path);
    }
    // The values that a chart comes with are empty: whoever installs it fills them in.
    let filled = |node: &&Node<'_>| node.text().is_some_and(|text| !text.is_empty());
    if let Some(token) = node
        .at(&["githubConfigSecret", "github_token"])
        .filter(filled)
    {
        let variable = crate::shell::variables(ctx.raw(token.span), token.span.start)
            .into_iter()
            .next();
        let (name, span) = variable.map_or(("github_token", token.span), |v| (v.name, v.span));
        ctx.report_beside_value(
            id::GHA_22,
            "github",
            name,
            span,
            Confidence::Definite,
            "registers runners",
        );
    }
    if let Some(token) = node.at(&["authSecret", "github_token"]).filter(filled) {
        ctx.report_beside_value(
            id::GHA_22,
            "github",
            "github_token",
            token.span,
            Confidence::Definite,
            "registers runners",
        );
    }
    for entry in node.entries() {
        let below = if path.is_empty() {
            entry.key.to_string()
        } else {
            format!("{path}.{}", entry.key)
        };
        if entry.key == "imagePullSecrets" {
            for item in entry.value.items() {
                let name = item.get("name").unwrap_or(item);
                if let Some(text) = name.text().filter(|t| !t.is_empty()) {
                    ctx.report(
                        id::K8_04,
                        "stored",
                        text,
                        name.span,
                        Confidence::Definite,
                        "pulls the images of the chart",
                    );
                }
            }
        }
        match entry.value.text() {
            Some(text) => value(ctx, entry, text, &below),
            None => walk_values(ctx, &entry.value, &below),
        }
    }
}

/// A key of values that waits for a credential.
fn value(ctx: &mut Ctx<'_>, entry: &Entry<'_>, text: &str, path: &str) {
    let key = &*entry.key;
    let existing = key == "existingSecret" || key == "existingSecretName";
    let named = name::classify(&path.replace('.', "_")).secret();
    let lower = path.to_ascii_lowercase();
    let cloud = ["s3", "aws", "gcs", "azure", "gcp"]
        .iter()
        .any(|w| lower.split('.').any(|part| part == *w));
    let variable = text.starts_with("${") || text.starts_with('$');
    let keyed = [
        "secretkey",
        "secretaccesskey",
        "accesskey",
        "password",
        "token",
    ]
    .contains(&key.to_ascii_lowercase().as_str());
    if variable && (keyed || named.is_some_and(|n| n.class != Class::Generic)) {
        let name = crate::shell::variables(text, 0)
            .first()
            .map_or(path, |v| v.name);
        let provider = named.map_or("stored", |n| n.provider);
        ctx.report(
            id::K8_11,
            provider,
            name,
            entry.value.span,
            Confidence::Probable,
            format!("value `{path}`"),
        );
    } else if existing && cloud && !text.is_empty() {
        ctx.report(
            id::K8_11,
            "stored",
            text,
            entry.value.span,
            Confidence::Probable,
            format!("value `{path}`"),
        );
    } else if keyed && cloud && text.is_empty() {
        ctx.report(
            id::K8_11,
            "stored",
            path,
            entry.key_span,
            Confidence::Hint,
            "value that the chart waits for",
        );
    }
}
