//! Settings of agents, editors and developers' environments.

use sluicegate_core::{Confidence, Span};

use crate::ci::confidence;
use crate::compose::host_mount;
use crate::found::Ctx;
use crate::ini;
use crate::name::{self, Class, Name};
use crate::node::{Entry, Node};
use crate::pattern::{PatternId, id};
use crate::shell;

/// Reads a file that names MCP servers.
pub(crate) fn mcp(ctx: &mut Ctx<'_>, root: &Node<'_>) {
    for key in [
        "mcpServers",
        "servers",
        "mcp_servers",
        "mcp",
        "context_servers",
    ] {
        for entry in root.get(key).map_or(&[][..], Node::entries) {
            server(ctx, entry);
        }
    }
    if let Some(env) = root.get("env") {
        environment(ctx, env, id::AGT_02, "environment of the agent");
    }
}

fn server(ctx: &mut Ctx<'_>, entry: &Entry<'_>) {
    let place = format!("of the server `{}`", entry.key);
    for key in ["env", "environment"] {
        if let Some(env) = entry.value.get(key) {
            environment(ctx, env, id::AGT_01, &format!("`{key}` {place}"));
        }
    }
    for header in entry.value.get("headers").map_or(&[][..], Node::entries) {
        let raw = ctx.raw(header.value.span);
        let asks = ["authorization", "x-api-key", "private-token"]
            .contains(&header.key.to_ascii_lowercase().as_str());
        if asks && !raw.contains("${input:") {
            let variable = shell::variables(raw, header.value.span.start)
                .into_iter()
                .next();
            let (name, span) =
                variable.map_or((&*header.key, header.key_span), |v| (v.name, v.span));
            ctx.report_beside_value(
                id::AGT_01,
                "stored",
                name,
                span,
                Confidence::Definite,
                format!("header {place}"),
            );
        }
    }
    let args = entry.value.get("args").map_or(&[][..], Node::items);
    for (at, arg) in args.iter().enumerate() {
        let before = at
            .checked_sub(1)
            .and_then(|b| args[b].text())
            .unwrap_or_default();
        let flag = ["--api-key", "--token", "--access-token", "--api-token"].contains(&before);
        let raw = ctx.raw(arg.span);
        let variable = shell::variables(raw, arg.span.start).into_iter().next();
        let named = variable.and_then(|v| name::classify(v.name).secret());
        if (flag || named.is_some()) && !raw.contains("${input:") {
            let (name, span) =
                variable.map_or((before, args[at.max(1) - 1].span), |v| (v.name, v.span));
            let provider = named.map_or("stored", |n| n.provider);
            ctx.report_beside_value(
                id::AGT_01,
                provider,
                name,
                span,
                Confidence::Definite,
                format!("argument {place}"),
            );
        }
    }
}

/// An environment in settings. A literal is a value, which others report as well; here the
/// name counts.
fn environment(ctx: &mut Ctx<'_>, env: &Node<'_>, pattern: PatternId, place: &str) {
    let has_session = env.entry("AWS_SESSION_TOKEN").is_some();
    for entry in env.entries() {
        let raw = ctx.raw(entry.value.span);
        let named = match name::classify(&entry.key) {
            Name::Secret(named) => named,
            Name::ShortLived if entry.key == "GITHUB_TOKEN" => name::Named {
                provider: "github",
                class: Class::Scm,
            },
            _ => continue,
        };
        let half = entry.key == "AWS_ACCESS_KEY_ID" && env.entry("AWS_SECRET_ACCESS_KEY").is_some();
        if raw.contains("${input:") || half || named.class == Class::Aws && has_session {
            continue;
        }
        // A URL without a user names a place. A literal for the database beside it is the
        // password of nothing but that.
        let literal = !raw.contains('$');
        if literal && (raw.contains("://") && !raw.contains('@') || named.class == Class::Database)
        {
            continue;
        }
        let variable = shell::variables(raw, entry.value.span.start)
            .into_iter()
            .next();
        let (name, span) = variable.map_or((&*entry.key, entry.key_span), |v| {
            // `${localEnv:X}` is read as `localEnv`: the name is what follows.
            (v.name, v.span)
        });
        let name = if ["localEnv", "env"].contains(&name) {
            &*entry.key
        } else {
            name
        };
        let span = if name == &*entry.key {
            entry.key_span
        } else {
            span
        };
        ctx.report_beside_value(
            pattern,
            named.provider,
            name,
            span,
            confidence(named),
            place,
        );
    }
}

/// `devcontainer.json`, `launch.json` and the settings of editors.
pub(crate) fn editor(ctx: &mut Ctx<'_>, root: &Node<'_>) {
    let mut entries: Vec<&Entry<'_>> = Vec::new();
    root.each_entry(&mut |entry| entries.push(entry));
    for entry in entries {
        let is_env = [
            "remoteEnv",
            "containerEnv",
            "env",
            "terminal.integrated.env.linux",
            "terminal.integrated.env.osx",
        ]
        .contains(&&*entry.key);
        if is_env {
            environment(ctx, &entry.value, id::AGT_04, &format!("`{}`", entry.key));
        }
        if entry.key == "mounts" || entry.key == "runArgs" {
            for item in entry.value.items() {
                host_mount(
                    ctx,
                    item.text().unwrap_or_default(),
                    item.span,
                    "of the container",
                );
            }
        }
        if entry.key == "build" {
            for arg in entry.value.get("args").map_or(&[][..], Node::entries) {
                if let Some(named) = name::classify(&arg.key).secret() {
                    ctx.report_beside_value(
                        id::AGT_04,
                        named.provider,
                        &arg.key,
                        arg.key_span,
                        confidence(named),
                        "build argument",
                    );
                }
            }
        }
    }
}

/// `.envrc`
pub(crate) fn envrc(ctx: &mut Ctx<'_>) {
    for line in ini::lines(ctx.text) {
        if let Some(named) = name::classify(line.key).secret() {
            let word = line
                .key
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'_');
            if word && !line.value.is_empty() {
                ctx.report_beside_value(
                    id::AGT_04,
                    named.provider,
                    line.key,
                    line.key_span,
                    confidence(named),
                    "environment of the folder",
                );
            }
        }
    }
}

/// `mise.toml`
pub(crate) fn mise(ctx: &mut Ctx<'_>, root: &Node<'_>) {
    if let Some(env) = root.get("env") {
        environment(ctx, env, id::AGT_04, "environment of the folder");
    }
}

/// Instructions for agents that make them read or export a key.
pub(crate) fn instructions(ctx: &mut Ctx<'_>) {
    for (at, _) in ctx.text.match_indices("export ").collect::<Vec<_>>() {
        let rest = &ctx.text[at + 7..];
        let length = rest
            .bytes()
            .take_while(|b| b.is_ascii_alphanumeric() || *b == b'_')
            .count();
        let name = &rest[..length];
        // What a command makes on the spot is not stored anywhere.
        let value = rest[length..].trim_start_matches(['=', '"']);
        let is_made = [
            "$(openssl",
            "$(uuidgen",
            "$(head",
            "$(pwgen",
            "$(gcloud auth print",
        ]
        .iter()
        .any(|start| value.starts_with(start));
        if rest[length..].starts_with('=')
            && !is_made
            && let Some(named) = name::classify(name).secret()
        {
            let span = Span::new(at + 7, at + 7 + length);
            ctx.report_beside_value(
                id::AGT_02,
                named.provider,
                name,
                span,
                confidence(named),
                "instructions for an agent",
            );
        }
    }
}
