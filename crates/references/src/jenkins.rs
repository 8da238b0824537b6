//! Jenkinsfiles, and TeamCity's Kotlin: Groovy is not parsed, its calls are looked for.

use sluicegate_core::{Confidence, Span};

use crate::found::Ctx;
use crate::name;
use crate::node::{Entry, Node};
use crate::pattern::id;

/// Reads a Jenkinsfile.
pub(crate) fn read(ctx: &mut Ctx<'_>) {
    const CALLS: [&str; 4] = [
        "credentialsId:",
        "credentials(",
        "sshagent(",
        "$class: 'AmazonWebServicesCredentialsBinding'",
    ];
    for call in CALLS {
        for (at, _) in ctx.text.match_indices(call).collect::<Vec<_>>() {
            if is_comment(ctx.text, at) {
                continue;
            }
            let before = ctx.text[..at].chars().next_back();
            if call == "credentials(" && before.is_some_and(|c| c.is_alphanumeric() || c == '.') {
                continue;
            }
            for (name, span) in quoted(ctx.text, at + call.len(), call != "credentialsId:") {
                let usage = usage_of(ctx.text, at);
                let named = name::classify(name).known();
                let aws = ctx.text[..at]
                    .rfind('[')
                    .is_some_and(|open| ctx.text[open..at].contains("AmazonWebServices"));
                let provider = if aws {
                    "aws"
                } else {
                    named.map_or("jenkins", |n| n.provider)
                };
                ctx.report(id::JK_01, provider, name, span, Confidence::Definite, usage);
            }
        }
    }
}

/// What kind of binding stands around the place.
fn usage_of(text: &str, at: usize) -> &'static str {
    const KINDS: [(&str, &str); 8] = [
        ("usernamePassword", "user and password"),
        ("usernameColonPassword", "user and password"),
        ("sshUserPrivateKey", "SSH key"),
        ("AmazonWebServicesCredentialsBinding", "AWS key"),
        ("string(", "text"),
        ("file(", "file"),
        ("git(", "checkout"),
        ("sshagent", "SSH agent"),
    ];
    let from = text.floor_char_boundary(at.saturating_sub(120));
    let near = &text[from..(at + 10).min(text.len())];
    KINDS
        .iter()
        .filter_map(|(word, usage)| Some((near.rfind(word)?, *usage)))
        .max_by_key(|(place, _)| *place)
        .map_or("credential of Jenkins", |(_, usage)| usage)
}

/// The strings that follow: the first, or all up to the closing parenthesis.
fn quoted(text: &str, at: usize, many: bool) -> Vec<(&str, Span)> {
    let mut found = Vec::new();
    let mut place = at;
    while let Some(&b) = text.as_bytes().get(place) {
        match b {
            b'\'' | b'"' => {
                let rest = &text[place + 1..];
                let Some(end) = rest.find(char::from(b)) else {
                    break;
                };
                let name = &rest[..end];
                if !name.is_empty() && !name.contains('\n') {
                    found.push((name, Span::new(place + 1, place + 1 + end)));
                }
                if !many {
                    break;
                }
                place += end + 2;
            }
            b')' | b'\n' if many => break,
            b',' | b')' | b'\n' => break,
            _ => place += 1,
        }
    }
    found
}

fn is_comment(text: &str, at: usize) -> bool {
    let line_start = text[..at].rfind('\n').map_or(0, |n| n + 1);
    let before = text[line_start..at].trim_start();
    before.starts_with("//") || before.starts_with('*')
}

/// Reads a `jenkins.yaml` of Configuration as Code.
pub(crate) fn casc(ctx: &mut Ctx<'_>, root: &Node<'_>) {
    let Some(domains) = root.at(&["credentials", "system", "domainCredentials"]) else {
        return;
    };
    let mut ids: Vec<&Entry<'_>> = Vec::new();
    domains.each_entry(&mut |entry| {
        if entry.key == "id" {
            ids.push(entry);
        }
    });
    for entry in ids {
        let name = entry.value.text().unwrap_or_default();
        ctx.report(
            id::JK_01,
            "jenkins",
            name,
            entry.value.span,
            Confidence::Definite,
            "credential of the controller",
        );
    }
}

/// Reads `.teamcity/*.kts`.
pub(crate) fn teamcity(ctx: &mut Ctx<'_>) {
    for (at, _) in ctx
        .text
        .match_indices("credentialsJSON:")
        .collect::<Vec<_>>()
    {
        let line_start = ctx.text[..at].rfind('\n').map_or(0, |n| n + 1);
        let call = ctx.text[line_start..at]
            .rfind("password(")
            .map(|p| line_start + p + 9);
        if is_comment(ctx.text, at) {
            continue;
        }
        if let Some((name, span)) = call.and_then(|p| quoted(ctx.text, p, false).into_iter().next())
        {
            let provider = name::classify(name.trim_start_matches("env."))
                .secret()
                .map_or("stored", |n| n.provider);
            ctx.report_beside_value(
                id::BK_01,
                provider,
                name,
                span,
                Confidence::Definite,
                "parameter of a build",
            );
        }
    }
}
