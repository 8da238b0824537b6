//! Bitbucket Pipelines and Travis.

use super::{platform, read_variables};
use crate::found::Ctx;
use crate::name::Class;
use crate::node::Node;
use crate::part::{Part, shown};
use crate::pattern::id;
use crate::script::{self, Platform, Variables};
use sluicegate_core::{Confidence, Job};

const BITBUCKET: Platform = platform(|named| match named.class {
    Class::Aws | Class::Azure | Class::Gcp | Class::Kubernetes => id::BB_01,
    _ => id::CI_01,
});

/// Reads `bitbucket-pipelines.yml`.
pub(crate) fn bitbucket(ctx: &mut Ctx<'_>, root: &Node<'_>) {
    let mut maps: Vec<&Node<'_>> = Vec::new();
    root.each(&mut |node| {
        if node.is_map() {
            maps.push(node);
        }
    });
    for map in maps {
        if let Some(name) = map.text_at(&["deployment"]).map(shown) {
            let job = Job {
                environment: Some(name),
                ..Job::default()
            };
            ctx.parts.push(Part {
                span: map.span,
                job,
                unpinned: Vec::new(),
            });
        }
        if let (Some(pipe), Some(variables)) = (map.text_at(&["pipe"]), map.get("variables")) {
            let place = format!("of the pipe `{pipe}`");
            read_variables(
                ctx,
                variables,
                BITBUCKET,
                &place,
                &mut Variables::of_settings(),
            );
        }
        for item in map.get("script").map_or(&[][..], Node::items) {
            if item.text().is_some() {
                script::scan(
                    ctx,
                    item.span,
                    &Variables::of_settings(),
                    BITBUCKET,
                    "in a step",
                );
            }
        }
    }
}

/// Reads `.travis.yml`.
pub(crate) fn travis(ctx: &mut Ctx<'_>, root: &Node<'_>) {
    fn walk(ctx: &mut Ctx<'_>, node: &Node<'_>, path: &str) {
        for item in node.items() {
            walk(ctx, item, path);
        }
        for entry in node.entries() {
            if entry.key == "secure" && entry.value.text().is_some() {
                let usage = "encrypted in the file, readable by every build";
                ctx.report_beside_value(
                    id::TR_01,
                    "stored",
                    path,
                    entry.key_span,
                    Confidence::Definite,
                    usage,
                );
                continue;
            }
            let below = if path.is_empty() {
                entry.key.to_string()
            } else {
                format!("{path}.{}", entry.key)
            };
            walk(ctx, &entry.value, &below);
        }
    }
    walk(ctx, root, "");
}
