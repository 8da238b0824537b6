//! CircleCI.

use super::{platform, read_variables};
use crate::found::Ctx;
use crate::name::Class;
use crate::node::{Entry, Node};
use crate::part::Part;
use crate::pattern::id;
use crate::script::{self, Platform, Variables};
use sluicegate_core::{Confidence, Job, Tier};

const CIRCLE: Platform = platform(|named| match named.class {
    Class::Aws | Class::Azure | Class::Gcp | Class::Kubernetes | Class::Iac => id::CC_01,
    _ => id::CI_01,
});

/// Reads `.circleci/config.yml`.
pub(crate) fn circle(ctx: &mut Ctx<'_>, root: &Node<'_>) {
    const STATIC: [&str; 8] = [
        "aws_access_key_id",
        "aws_secret_access_key",
        "aws-access-key-id",
        "aws-secret-access-key",
        "gcloud_service_key",
        "gcloud-service-key",
        "service_principal_secret",
        "sp-password",
    ];
    parts(ctx, root);
    let mut entries: Vec<&Entry<'_>> = Vec::new();
    root.each_entry(&mut |entry| entries.push(entry));
    for entry in entries {
        match &*entry.key {
            "context" => {
                for context in entry.value.one_or_many() {
                    if let Some(name) = context.text().filter(|n| !n.is_empty()) {
                        ctx.report(
                            id::CC_01,
                            "circleci",
                            name,
                            context.span,
                            Confidence::Probable,
                            "context of a job",
                        );
                    }
                }
            }
            "add_ssh_keys" => {
                let prints = entry
                    .value
                    .get("fingerprints")
                    .map_or(&[][..], |f| f.one_or_many());
                for print in prints {
                    let name = print.text().unwrap_or_default();
                    ctx.report(
                        id::CC_02,
                        "ssh",
                        name,
                        print.span,
                        Confidence::Definite,
                        "SSH key of the project",
                    );
                }
            }
            "run" => {
                let variables = Variables::of_settings();
                let script = entry.value.get("command").unwrap_or(&entry.value);
                if script.text().is_some() {
                    script::scan(ctx, script.span, &variables, CIRCLE, "in a step");
                }
            }
            "environment" if entry.value.is_map() => {
                read_variables(
                    ctx,
                    &entry.value,
                    CIRCLE,
                    "of a job",
                    &mut Variables::of_settings(),
                );
            }
            key if STATIC.contains(&key) => {
                let half = key.ends_with("id");
                let name = entry
                    .value
                    .text()
                    .unwrap_or_default()
                    .trim_matches(['$', '{', '}']);
                if !half && !name.is_empty() && !name.contains("parameters") {
                    let provider = if key.starts_with("aws") {
                        "aws"
                    } else if key.starts_with("gcl") {
                        "gcp"
                    } else {
                        "azure"
                    };
                    let usage = format!("parameter `{key}` of an orb");
                    ctx.report(
                        id::CC_01,
                        provider,
                        name,
                        entry.value.span,
                        Confidence::Definite,
                        usage,
                    );
                } else if half {
                    let usage = format!("parameter `{key}` of an orb");
                    ctx.report(
                        id::CC_01,
                        "aws",
                        name,
                        entry.value.span,
                        Confidence::Definite,
                        usage,
                    );
                }
            }
            _ => {}
        }
    }
}

/// Says of the jobs in workflows whether their names tell that they serve users.
fn parts(ctx: &mut Ctx<'_>, root: &Node<'_>) {
    let workflows = root.get("workflows").map_or(&[][..], Node::entries);
    for workflow in workflows {
        let of_workflow = Tier::named(&workflow.key);
        let jobs = workflow.value.get("jobs").map_or(&[][..], Node::items);
        for entry in jobs.iter().flat_map(Node::entries) {
            let name = entry.value.text_at(&["name"]).unwrap_or_default();
            let tier = Tier::named(name).or(Tier::named(&entry.key));
            ctx.parts.push(Part {
                span: entry.value.span,
                job: Job {
                    tier: tier.or(of_workflow),
                    ..Job::default()
                },
                unpinned: Vec::new(),
            });
        }
    }
}
