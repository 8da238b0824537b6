//! Azure Pipelines.

use super::{platform, read_variables};
use crate::found::Ctx;
use crate::name::Class;
use crate::node::Node;
use crate::part::{Part, shown};
use crate::pattern::id;
use crate::script::{self, Platform, Variables};
use sluicegate_core::{Confidence, Job, Tier};

/// So many parts before a job are asked whether they are around it.
const MAX_AROUND: usize = 64;

const AZURE: Platform = platform(|named| match named.class {
    Class::Aws | Class::Azure | Class::Gcp | Class::Kubernetes => id::AZ_01,
    _ => id::CI_01,
});

/// Reads `azure-pipelines.yml`.
pub(crate) fn azure(ctx: &mut Ctx<'_>, root: &Node<'_>) {
    let mut maps: Vec<&Node<'_>> = Vec::new();
    root.each(&mut |node| {
        if node.is_map() {
            maps.push(node);
        }
    });
    parts(ctx, &maps);
    for step in maps {
        let title = step
            .text_at(&["displayName"])
            .or(step.text_at(&["task"]))
            .unwrap_or("step")
            .to_owned();
        let place = format!("of `{title}`");
        let mut variables = Variables::of_settings();
        let is_step = ["task", "script", "bash", "pwsh", "powershell"]
            .iter()
            .any(|k| step.get(k).is_some());
        if !is_step {
            continue;
        }
        if let Some(env) = step.get("env") {
            read_variables(ctx, env, AZURE, &place, &mut variables);
        }
        for key in ["script", "bash", "pwsh", "powershell"] {
            if let Some(script) = step.get(key) {
                script::scan(
                    ctx,
                    script.span,
                    &variables,
                    AZURE,
                    &format!("in `{title}`"),
                );
            }
        }
        let Some(inputs) = step.get("inputs") else {
            continue;
        };
        for key in ["script", "inlineScript", "Inline"] {
            if let Some(script) = inputs.get(key) {
                script::scan(
                    ctx,
                    script.span,
                    &variables,
                    AZURE,
                    &format!("in `{title}`"),
                );
            }
        }
        let task = step.text_at(&["task"]).unwrap_or_default();
        let inline = inputs.text_at(&["inlineScript"]).unwrap_or_default();
        if let Some(flag) = inputs
            .entry("addSpnToEnvironment")
            .filter(|e| e.value.text() == Some("true"))
            && inline.contains("servicePrincipalKey")
        {
            ctx.report(
                id::AZ_01,
                "azure",
                "servicePrincipalKey",
                flag.key_span,
                Confidence::Definite,
                format!("the key of the service connection {place}"),
            );
        }
        let connections = [
            "azureSubscription",
            "connectedServiceName",
            "awsCredentials",
            "containerRegistry",
        ];
        for entry in inputs
            .entries()
            .iter()
            .filter(|e| connections.contains(&&*e.key))
        {
            let aws = entry.key == "awsCredentials" && task.starts_with("AWS");
            let sure = if aws {
                Confidence::Probable
            } else {
                Confidence::Hint
            };
            let provider = if aws { "aws" } else { "azure-devops" };
            let usage = format!("service connection {place}");
            ctx.report(
                id::AZ_01,
                provider,
                entry.value.text().unwrap_or_default(),
                entry.value.span,
                sure,
                usage,
            );
        }
    }
}

/// Says of stages and jobs what their names and environments tell. A service connection is
/// the same in every environment.
fn parts(ctx: &mut Ctx<'_>, maps: &[&Node<'_>]) {
    for map in maps {
        let name = ["deployment", "job", "stage"]
            .iter()
            .find_map(|key| map.text_at(&[key]));
        let Some(name) = name else { continue };
        // The stage around it says what the job does not.
        let span = map.span;
        let outer = ctx.parts.iter().rev().take(MAX_AROUND);
        let mut outer = outer.filter(|p| p.span.start <= span.start && span.end <= p.span.end);
        let of_stage = outer.next().and_then(|part| part.job.tier);
        let environment = map
            .get("environment")
            .and_then(|e| e.text().or(e.text_at(&["name"])));
        let tier = Tier::named(name).or(environment.and_then(Tier::named));
        ctx.parts.push(Part {
            span,
            job: Job {
                tier: tier.or(of_stage),
                environment: environment.map(shown).filter(|name| !name.is_empty()),
                ..Job::default()
            },
            unpinned: Vec::new(),
        });
    }
}
