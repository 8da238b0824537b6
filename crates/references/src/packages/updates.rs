//! Dependabot and Renovate.

use crate::expr::{self, Context};
use crate::found::Ctx;
use crate::node::Node;
use crate::pattern::id;
use sluicegate_core::{Confidence, Span};

/// `dependabot.yml`
pub(crate) fn dependabot(ctx: &mut Ctx<'_>, root: &Node<'_>) {
    for entry in root.get("registries").map_or(&[][..], Node::entries) {
        for key in ["token", "password", "key"] {
            let Some(node) = entry.value.get(key) else {
                continue;
            };
            for read in expr::reads(ctx.raw(node.span), node.span.start) {
                if read.context == Context::Secrets {
                    ctx.report(
                        id::GHA_25,
                        "stored",
                        read.name,
                        read.span,
                        Confidence::Definite,
                        format!("registry `{}` of Dependabot", entry.key),
                    );
                }
            }
            let raw = ctx.raw(node.span);
            // Without the sign of an expression, as the format has it.
            if let Some(at) = raw.find("secrets.").filter(|_| !raw.contains("${{")) {
                let name: &str = raw[at + 8..]
                    .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                    .next()
                    .unwrap_or_default();
                let start = node.span.start + at + 8;
                ctx.report(
                    id::GHA_25,
                    "stored",
                    name,
                    Span::new(start, start + name.len()),
                    Confidence::Definite,
                    format!("registry `{}` of Dependabot", entry.key),
                );
            }
        }
    }
}

/// `renovate.json`
pub(crate) fn renovate(ctx: &mut Ctx<'_>, root: &Node<'_>) {
    for rule in root.get("hostRules").map_or(&[][..], Node::items) {
        let secret = rule
            .entry_of(&["token", "password"])
            .or(rule.entry("encrypted"));
        if let Some(entry) = secret {
            let host = rule.text_at(&["matchHost"]).unwrap_or_default();
            ctx.report_beside_value(
                id::GHA_25,
                "stored",
                &entry.key,
                entry.key_span,
                Confidence::Definite,
                format!("host rule `{host}` of Renovate"),
            );
        }
    }
}
