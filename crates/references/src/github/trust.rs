//! Federation in workflows: identities that are handed out too freely or kept too long,
//! and static keys beside them.

use sluicegate_core::Confidence;

use super::{Job, has_id_token};
use crate::found::Ctx;
use crate::node::Node;
use crate::pattern::id;

/// An AWS session of a job may be so long, in seconds.
const LONG_SESSION: u64 = 3600;

/// Identity tokens for every job of the workflow.
pub(super) fn workflow(ctx: &mut Ctx<'_>, root: &Node<'_>, jobs: &Node<'_>) {
    let Some(permissions) = root.get("permissions") else {
        return;
    };
    let Some(token) = permissions.entry("id-token") else {
        return;
    };
    if token.value.text() == Some("write") && jobs.entries().len() > 1 {
        let usage = "every job of the workflow may ask for an identity token";
        ctx.report(
            id::OID_04,
            "github",
            "id-token",
            token.value.span,
            Confidence::Probable,
            usage,
        );
    }
}

/// Long sessions, untrusted triggers, static keys beside a role.
pub(super) fn job(ctx: &mut Ctx<'_>, root: &Node<'_>, entry: Job<'_, '_>, first: usize) {
    let job = &entry.value;
    let steps = job.get("steps").map_or(&[][..], Node::items);
    for step in steps {
        let Some(with) = step.get("with") else {
            continue;
        };
        for key in [
            "role-duration-seconds",
            "token_lifetime",
            "access_token_lifetime",
        ] {
            let Some(duration) = with.entry(key) else {
                continue;
            };
            let text = duration
                .value
                .text()
                .unwrap_or_default()
                .trim_end_matches('s');
            if text
                .parse::<u64>()
                .is_ok_and(|seconds| seconds > LONG_SESSION)
            {
                let usage = format!("`{key}: {text}` in job `{}`", entry.key);
                ctx.report(
                    id::OID_05,
                    "aws",
                    key,
                    duration.value.span,
                    Confidence::Definite,
                    usage,
                );
            }
        }
    }
    let id_token = job
        .at(&["permissions", "id-token"])
        .filter(|t| t.text() == Some("write"));
    let untrusted = triggers(root).any(|t| t == "pull_request_target");
    if let Some(token) = id_token.filter(|_| untrusted) {
        let usage = format!("job `{}` runs for pull requests from outside", entry.key);
        ctx.report(
            id::OID_04,
            "github",
            "id-token",
            token.span,
            Confidence::Definite,
            usage,
        );
    }
    if !has_id_token(job) && !has_id_token(root) {
        return;
    }
    let logins = steps.iter().any(|step| {
        let with = |key: &str| step.at(&["with", key]).is_some();
        with("role-to-assume") || with("workload_identity_provider") || with("client-id")
    });
    if !logins {
        return;
    }
    let fixed = [id::GHA_01, id::GHA_02, id::GHA_03, id::GHA_04];
    let beside: Vec<_> = ctx.found[first..]
        .iter()
        .filter(|f| fixed.contains(&f.pattern))
        .cloned()
        .collect();
    for found in beside {
        let usage = format!("job `{}` can log in without it", entry.key);
        ctx.report(
            id::OID_06,
            found.provider,
            &found.name,
            found.span,
            Confidence::Definite,
            usage,
        );
    }
}

/// The events that start the workflow.
pub(super) fn triggers<'n>(root: &'n Node<'_>) -> impl Iterator<Item = &'n str> {
    let on = root.get("on").or(root.get("true"));
    let named = on
        .into_iter()
        .flat_map(|on| on.one_or_many())
        .filter_map(Node::text);
    let mapped = on.into_iter().flat_map(|on| on.entries()).map(|e| &*e.key);
    named.chain(mapped)
}
