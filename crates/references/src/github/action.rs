//! What actions are handed, and composite actions that hand it on.

use sluicegate_core::Confidence;

use super::{bound, report_bound, sinks, step_title};
use crate::expr::{self, Context};
use crate::found::Ctx;
use crate::name::{self, Class};
use crate::node::Node;
use crate::pattern::id;
use crate::script::{self, Variables};

/// Reads the inputs of a step that uses an action.
pub(super) fn inputs(
    ctx: &mut Ctx<'_>,
    step: &Node<'_>,
    variables: &Variables,
    title: &str,
    publishes: bool,
    disabled: bool,
) {
    let uses = step.text_at(&["uses"]).unwrap_or_default();
    let action = uses.split('@').next().unwrap_or_default();
    let Some(with) = step.get("with") else {
        return;
    };
    let has_secret_key = with.entry_of(&["aws-secret-access-key"]).is_some();
    for entry in with.entries() {
        let reads = expr::reads(ctx.raw(entry.value.span), entry.value.span.start);
        let many = reads.len() > 1;
        for read in reads {
            // Ids that stand beside the secret in one value.
            if many && name::classify(read.name) == name::Name::Plain {
                continue;
            }
            let key = &*entry.key;
            if key.eq_ignore_ascii_case("build-args") || key.eq_ignore_ascii_case("build_args") {
                build_args(ctx, &read, variables, title);
                continue;
            }
            // BuildKit mounts these; they are no sink of their own.
            let name = match read.context {
                Context::Secrets => read.name.to_owned(),
                Context::Env => match variables.resolve(read.name) {
                    Some(bound) => bound.name,
                    None => continue,
                },
                _ => continue,
            };
            if script::stored(&name).is_none() && sinks::find(action, key).is_none() {
                continue;
            }
            if name::classify(&name) == name::Name::ShortLived {
                continue;
            }
            if key.eq_ignore_ascii_case("aws-access-key-id") && has_secret_key {
                continue;
            }
            let usage = format!("input `{key}` {title}");
            let Some(sink) = sinks::find(action, key) else {
                if read.context == Context::Secrets
                    && let Some(bound) = bound(key, &read, variables)
                {
                    report_bound(ctx, &bound, &read, publishes, disabled, usage);
                }
                continue;
            };
            if is_short_lived_use(action, with) {
                continue;
            }
            let provider = match sink.class {
                Class::Registry => {
                    let registry = with
                        .text_at(&["registry"])
                        .or(with.text_at(&["login-server"]));
                    script::registry_provider(registry.unwrap_or_default())
                }
                _ => sink.provider,
            };
            let confidence = if disabled {
                Confidence::Hint
            } else {
                Confidence::Definite
            };
            ctx.report(sink.pattern, provider, &name, read.span, confidence, usage);
        }
    }
    app_token(ctx, action, with, title);
}

/// `build-args` end in the image's history.
fn build_args(ctx: &mut Ctx<'_>, read: &expr::Read<'_>, variables: &Variables, title: &str) {
    let bound = match read.context {
        Context::Secrets => script::stored(read.name),
        Context::Env => variables.resolve(read.name),
        _ => None,
    };
    if let Some(bound) = bound {
        let provider = bound.named.map_or("stored", |n| n.provider);
        let usage = format!("build argument {title}");
        ctx.report(
            id::GHA_21,
            provider,
            &bound.name,
            read.span,
            Confidence::Definite,
            usage,
        );
    }
}

/// Whether the action is told to use a federated login and the input is something else.
fn is_short_lived_use(action: &str, with: &Node<'_>) -> bool {
    let on = |key: &str| with.text_at(&[key]) == Some("true");
    action.to_ascii_lowercase().starts_with("codecov/") && on("use_oidc")
}

/// An app's token that can do more than it must.
fn app_token(ctx: &mut Ctx<'_>, action: &str, with: &Node<'_>, title: &str) {
    if !action.eq_ignore_ascii_case("actions/create-github-app-token") {
        return;
    }
    let Some(key) = with.entry("private-key") else {
        return;
    };
    if let Some(skip) = with
        .entry("skip-token-revoke")
        .filter(|e| e.value.text() == Some("true"))
    {
        let usage = format!("the token is not revoked {title}");
        ctx.report(
            id::GHA_06,
            "github",
            "skip-token-revoke",
            skip.value.span,
            Confidence::Definite,
            usage,
        );
    }
    let owner = with.entry("owner");
    let scoped = with.entry("repositories").is_some();
    if let Some(owner) = owner.filter(|_| !scoped) {
        let usage = format!("the token reaches every repository of the owner {title}");
        ctx.report(
            id::GHA_06,
            "github",
            "owner without repositories",
            owner.key_span,
            Confidence::Probable,
            usage,
        );
    }
    let limited = with
        .entries()
        .iter()
        .any(|e| e.key.starts_with("permission-"));
    if !limited {
        let usage = format!("the token has every permission of the app {title}");
        ctx.report(
            id::GHA_06,
            "github",
            "no permission inputs",
            key.key_span,
            Confidence::Hint,
            usage,
        );
    }
}

/// Reads a composite action: what comes in as an input goes on to a login.
pub(crate) fn composite(ctx: &mut Ctx<'_>, root: &Node<'_>) {
    let Some(steps) = root.at(&["runs", "steps"]) else {
        return;
    };
    for (number, step) in steps.items().iter().enumerate() {
        let title = format!("of {}", step_title(step, number));
        let uses = step.text_at(&["uses"]).unwrap_or_default();
        let action = uses.split('@').next().unwrap_or_default();
        for entry in step.get("with").map_or(&[][..], Node::entries) {
            let Some(sink) = sinks::find(action, &entry.key) else {
                continue;
            };
            for read in expr::reads(ctx.raw(entry.value.span), entry.value.span.start) {
                let is_static =
                    !matches!(sink.class, Class::Scm | Class::Quality | Class::Registry);
                if read.context == Context::Inputs && is_static && entry.key != "aws-access-key-id"
                {
                    let usage = format!("input `{}` {title}", entry.key);
                    ctx.report(
                        sink.pattern,
                        sink.provider,
                        read.name,
                        read.span,
                        Confidence::Definite,
                        usage,
                    );
                }
            }
        }
        let Some(env) = step.get("env") else { continue };
        if env.entry("AWS_SESSION_TOKEN").is_some() {
            continue;
        }
        for entry in env.entries() {
            let named = name::classify(&entry.key)
                .known()
                .filter(|n| n.class.is_cloud());
            let Some(named) = named.filter(|_| entry.key != "AWS_ACCESS_KEY_ID") else {
                continue;
            };
            for read in expr::reads(ctx.raw(entry.value.span), entry.value.span.start) {
                if read.context == Context::Inputs {
                    let usage = format!("env `{}` {title}", entry.key);
                    ctx.report(
                        super::pattern_of(named),
                        named.provider,
                        read.name,
                        read.span,
                        Confidence::Probable,
                        usage,
                    );
                }
            }
        }
    }
}
