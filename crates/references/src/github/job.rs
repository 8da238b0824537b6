//! Jobs and steps.

use sluicegate_core::Confidence;

use super::{
    Job, PLATFORM, Scope, action, bound, has_id_token, is_disabled, read_env, report_bound,
    step_title, stored_name, trust,
};
use crate::expr::{self, Context};
use crate::found::Ctx;
use crate::name::Class;
use crate::node::Node;
use crate::pattern::id;
use crate::script::{self, Variables};
use crate::shell;

/// Reads a job.
pub(super) fn read(ctx: &mut Ctx<'_>, root: &Node<'_>, entry: Job<'_, '_>, outer: &Variables) {
    let (name, job) = (&entry.key, &entry.value);
    let place = format!("of job `{name}`");
    let mut variables = outer.clone();
    let disabled = is_disabled(job);
    let steps = job.get("steps").map_or(&[][..], Node::items);
    let publishes = is_named_so(name) || steps.iter().any(|step| publishes_npm_step(ctx, step));
    let first = ctx.found.len();
    if let Some(env) = job.get("env") {
        let scope = Scope {
            place: place.clone(),
            publishes,
            disabled,
            variables: &mut variables,
        };
        read_env(ctx, env, scope);
    }
    containers(ctx, job, &place);
    reusable(ctx, job, &place);
    for (number, step) in steps.iter().enumerate() {
        let title = format!("of {} in job `{name}`", step_title(step, number));
        let mut variables = variables.clone();
        let disabled = disabled || is_disabled(step);
        if let Some(env) = step.get("env") {
            let scope = Scope {
                place: title.clone(),
                publishes,
                disabled,
                variables: &mut variables,
            };
            read_env(ctx, env, scope);
        }
        let uses_action = step.text_at(&["uses"]).is_some();
        if uses_action {
            action::inputs(ctx, step, &variables, &title, publishes, disabled);
        }
        if let Some(run) = step.get("run") {
            script::scan(
                ctx,
                run.span,
                &variables,
                PLATFORM,
                &format!("in {}", &title[3..]),
            );
        }
    }
    if disabled {
        ctx.found[first..]
            .iter_mut()
            .for_each(|f| f.confidence = Confidence::Hint);
    }
    checkout(ctx, job, steps);
    trust::job(ctx, root, entry, first);
    agents(ctx, root, entry, first);
    outside_environment(ctx, root, entry, first);
}

/// Whether some job publishes to npm; tells tokens to publish with from those to install.
pub(super) fn publishes_npm(ctx: &Ctx<'_>, jobs: &Node<'_>) -> bool {
    jobs.entries().iter().any(|job| {
        let steps = job.value.get("steps").map_or(&[][..], Node::items);
        steps.iter().any(|step| publishes_npm_step(ctx, step))
    })
}

/// Whether a name says that something is published: the script that does so may lie
/// elsewhere.
fn is_named_so(name: &str) -> bool {
    crate::name::words(name)
        .iter()
        .any(|word| word == "PUBLISH")
}

fn publishes_npm_step(ctx: &Ctx<'_>, step: &Node<'_>) -> bool {
    let uses = step
        .text_at(&["uses"])
        .unwrap_or_default()
        .to_ascii_lowercase();
    if step.text_at(&["name"]).is_some_and(is_named_so)
        || uses.contains("semantic-release")
        || uses.contains("changesets/action")
        || uses.contains("npm-publish")
    {
        return true;
    }
    let Some(run) = step.get("run") else {
        return false;
    };
    let text = ctx.raw(run.span);
    shell::commands(text, 0).iter().any(|command| {
        matches!(script::publishes(command), Some((Class::Npm, _)))
            || ["npm", "pnpm", "yarn", "bun", "make"].contains(&command.name())
                && command
                    .words
                    .iter()
                    .any(|w| w.text.contains("publish") || w.text.contains("release"))
    })
}

/// `credentials` of the job's container and of its services.
fn containers(ctx: &mut Ctx<'_>, job: &Node<'_>, place: &str) {
    let services = job.get("services").map_or(&[][..], Node::entries);
    let containers = services
        .iter()
        .map(|service| &service.value)
        .chain(job.get("container"));
    for container in containers {
        let Some(password) = container.at(&["credentials", "password"]) else {
            continue;
        };
        let image = container.text_at(&["image"]).unwrap_or_default();
        for read in expr::reads(ctx.raw(password.span), password.span.start) {
            if read.context == Context::Secrets && stored_name(read.name) {
                let provider = script::registry_provider(image);
                let usage = format!("pulls a container image {place}");
                ctx.report(
                    id::GHA_13,
                    provider,
                    read.name,
                    read.span,
                    Confidence::Definite,
                    usage,
                );
            }
        }
    }
}

/// What a reusable workflow is handed.
fn reusable(ctx: &mut Ctx<'_>, job: &Node<'_>, place: &str) {
    let Some(uses) = job.text_at(&["uses"]) else {
        return;
    };
    let Some(secrets) = job.entry("secrets") else {
        return;
    };
    if secrets.value.text() == Some("inherit") {
        let usage = format!("all secrets go to `{uses}` {place}");
        ctx.report(
            id::GHA_19,
            "github",
            "all secrets",
            secrets.value.span,
            Confidence::Probable,
            usage,
        );
        return;
    }
    let has_key = secrets.value.entry("AWS_SECRET_ACCESS_KEY").is_some();
    for entry in secrets.value.entries() {
        if has_key && entry.key == "AWS_ACCESS_KEY_ID" {
            continue;
        }
        for read in expr::reads(ctx.raw(entry.value.span), entry.value.span.start) {
            if let Some(bound) = bound(&entry.key, &read, &Variables::of_file()) {
                let usage = format!("secret `{}` of the workflow `{uses}` {place}", entry.key);
                report_bound(ctx, &bound, &read, true, false, usage);
            }
        }
    }
}

/// A checkout that leaves its credential in the work tree, where artifacts take it along.
fn checkout(ctx: &mut Ctx<'_>, job: &Node<'_>, steps: &[Node<'_>]) {
    let uploads_all = steps.iter().any(|step| {
        let uses = step.text_at(&["uses"]).unwrap_or_default();
        let path = step.text_at(&["with", "path"]).unwrap_or_default().trim();
        uses.starts_with("actions/upload-artifact@")
            && [".", "./", "*", "${{ github.workspace }}"].contains(&path)
    });
    let _ = job;
    for step in steps {
        let Some(uses) = step.entry("uses") else {
            continue;
        };
        if !uses
            .value
            .text()
            .is_some_and(|u| u.starts_with("actions/checkout@"))
        {
            continue;
        }
        if step.text_at(&["with", "persist-credentials"]) == Some("false") {
            continue;
        }
        let own = ["token", "ssh-key"]
            .iter()
            .find_map(|key| step.at(&["with", key]));
        let reads = own.map(|node| expr::reads(ctx.raw(node.span), node.span.start));
        let stored = reads
            .into_iter()
            .flatten()
            .find(|r| r.context == Context::Secrets && stored_name(r.name));
        let usage = "the checkout leaves it in `.git/config` for every later step";
        match stored {
            Some(read) if uploads_all => {
                ctx.report(
                    id::GHA_24,
                    "github",
                    read.name,
                    uses.value.span,
                    Confidence::Definite,
                    usage,
                );
            }
            Some(read) => {
                ctx.report(
                    id::GHA_24,
                    "github",
                    read.name,
                    uses.value.span,
                    Confidence::Hint,
                    usage,
                );
            }
            None if uploads_all => {
                let usage =
                    "the checkout leaves it in `.git/config`, and an artifact takes it along";
                ctx.report(
                    id::GHA_24,
                    "github",
                    "GITHUB_TOKEN",
                    uses.value.span,
                    Confidence::Probable,
                    usage,
                );
            }
            None => {}
        }
    }
}

/// An agent that holds what it takes to release or deploy.
fn agents(ctx: &mut Ctx<'_>, root: &Node<'_>, entry: Job<'_, '_>, first: usize) {
    const AGENTS: [&str; 6] = [
        "claude-code",
        "codex-action",
        "gemini-cli",
        "aider",
        "opencode",
        "copilot-cli",
    ];
    let job = &entry.value;
    let steps = job.get("steps").map_or(&[][..], Node::items);
    let agent = steps.iter().find_map(|step| {
        let uses = step.entry("uses")?;
        let name = uses.value.text()?.to_ascii_lowercase();
        AGENTS
            .iter()
            .any(|a| name.contains(a))
            .then_some(uses.value.span)
    });
    let Some(span) = agent else { return };
    let strong = |pattern| {
        [
            id::GHA_01,
            id::GHA_02,
            id::GHA_03,
            id::GHA_04,
            id::GHA_08,
            id::GHA_09,
            id::GHA_10,
            id::GHA_11,
            id::GHA_12,
            id::GHA_14,
            id::GHA_16,
            id::GHA_18,
        ]
        .contains(&pattern)
    };
    let held: Vec<String> = ctx.found[first..]
        .iter()
        .filter(|f| strong(f.pattern))
        .map(|f| f.name.clone())
        .collect();
    for name in held {
        let usage = format!("job `{}` runs an agent that can read it", entry.key);
        ctx.report(
            id::AGT_03,
            "stored",
            &name,
            span,
            Confidence::Definite,
            usage,
        );
    }
    let permissions = job.get("permissions").or(root.get("permissions"));
    let wide = permissions.is_some_and(|p| {
        p.text() == Some("write-all") || p.text_at(&["packages"]) == Some("write")
    });
    if wide {
        let usage = format!("job `{}` runs an agent that may publish", entry.key);
        ctx.report(
            id::AGT_03,
            "github",
            "GITHUB_TOKEN",
            span,
            Confidence::Probable,
            usage,
        );
    }
    let _ = has_id_token;
}

/// Credentials to deploy or publish with, in a job that no environment guards.
fn outside_environment(ctx: &mut Ctx<'_>, root: &Node<'_>, entry: Job<'_, '_>, first: usize) {
    let is_called = root.at(&["on", "workflow_call"]).is_some()
        || root.text_at(&["on"]) == Some("workflow_call");
    if entry.value.get("environment").is_some() || is_called {
        return;
    }
    let deploys = |pattern| {
        [
            id::GHA_01,
            id::GHA_02,
            id::GHA_03,
            id::GHA_04,
            id::GHA_07,
            id::GHA_08,
            id::GHA_09,
            id::GHA_10,
            id::GHA_11,
            id::GHA_14,
            id::GHA_15,
            id::GHA_16,
            id::GHA_18,
        ]
        .contains(&pattern)
    };
    let held: Vec<String> = ctx.found[first..]
        .iter()
        .filter(|f| deploys(f.pattern))
        .map(|f| f.name.clone())
        .collect();
    for name in held {
        let usage = format!("job `{}` has no environment", entry.key);
        ctx.report(
            id::GHA_20,
            "github",
            &name,
            entry.key_span,
            Confidence::Hint,
            usage,
        );
    }
}
