//! Where packages come from: indexes, repositories, their passwords.

use super::source;
use crate::found::Ctx;
use crate::ini;
use crate::name::{self};
use crate::pattern::id;
use crate::shell;
use sluicegate_core::{Confidence, Span};

/// Lines with the URL of an index and a password in it.
pub(crate) fn index_urls(ctx: &mut Ctx<'_>) {
    for (at, _) in ctx.text.match_indices("://").collect::<Vec<_>>() {
        let rest = &ctx.text[at + 3..];
        let end = rest
            .find(|c: char| c.is_whitespace() || c == '"' || c == '\'')
            .unwrap_or(rest.len());
        let Some(host) = rest[..end].rfind('@') else {
            continue;
        };
        let user = &rest[..host];
        let after = &rest[host + 1..end];
        let Some(variable) = shell::variables(user, at + 3).into_iter().next_back() else {
            continue;
        };
        let of_host = ["github.com", "gitlab.com", "bitbucket.org"]
            .iter()
            .any(|h| after.starts_with(h));
        if name::classify(variable.name) == name::Name::ShortLived {
            continue;
        }
        let (pattern, provider) = if of_host {
            (id::GIT_01, "github")
        } else {
            (id::PKG_03, "pypi")
        };
        ctx.report(
            pattern,
            provider,
            variable.name,
            variable.span,
            Confidence::Definite,
            "URL of an index",
        );
    }
}

/// `.pypirc`
pub(crate) fn pypirc(ctx: &mut Ctx<'_>) {
    for line in ini::lines(ctx.text)
        .iter()
        .filter(|line| line.key == "password")
    {
        if let Some((name, span, literal)) = source(line.value, line.value_span, line.section) {
            let span = if literal { line.key_span } else { span };
            ctx.report_beside_value(
                id::PKG_03,
                "pypi",
                name,
                span,
                Confidence::Definite,
                format!("password of `{}`", line.section),
            );
        }
    }
}

/// Maven's `settings.xml` and NuGet's `NuGet.config`.
pub(crate) fn xml(ctx: &mut Ctx<'_>) -> Result<(), crate::node::Malformed> {
    let document = roxmltree::Document::parse(ctx.text).map_err(|why| {
        crate::node::Malformed::new(format!("line {}: no valid XML", why.pos().row))
    })?;
    let mut found = Vec::new();
    for node in document.descendants().filter(roxmltree::Node::is_element) {
        let name = node.tag_name().name();
        if name == "server" {
            let own = child_text(node, "id").unwrap_or("server").to_owned();
            for key in ["password", "passphrase", "privateKey"] {
                let Some(child) = node.children().find(|c| c.has_tag_name(key)) else {
                    continue;
                };
                let range = child
                    .children()
                    .find(roxmltree::Node::is_text)
                    .map(|t| t.range());
                if let Some(range) = range {
                    found.push((
                        id::PKG_05,
                        "maven",
                        own.clone(),
                        Span::new(range.start, range.end),
                    ));
                }
            }
        }
        let in_sources = node
            .ancestors()
            .any(|a| a.has_tag_name("packageSourceCredentials"));
        let key = node.attribute("key").unwrap_or_default();
        if name == "add" && in_sources && ["ClearTextPassword", "Password"].contains(&key) {
            let own = node
                .parent()
                .map_or("source", |p| p.tag_name().name())
                .to_owned();
            if let Some(value) = node.attribute_node("value") {
                let range = value.range_value();
                found.push((id::PKG_06, "nuget", own, Span::new(range.start, range.end)));
            }
        }
    }
    for (pattern, provider, own, span) in found {
        let raw = ctx.raw(span);
        if let Some((name, place, literal)) = source(raw, span, &own) {
            let name = name.to_owned();
            let usage = format!("password of `{own}`");
            if literal {
                // Maven encrypts passwords with a key of its own, which is no better.
                ctx.report_beside_value(
                    pattern,
                    provider,
                    &name,
                    Span::new(place.start, place.start + 1),
                    Confidence::Hint,
                    usage,
                );
            } else {
                ctx.report(pattern, provider, &name, place, Confidence::Definite, usage);
            }
        }
    }
    Ok(())
}

fn child_text<'d>(node: roxmltree::Node<'d, '_>, name: &str) -> Option<&'d str> {
    node.children().find(|c| c.has_tag_name(name))?.text()
}

/// `build.gradle` and `gradle.properties`
pub(crate) fn gradle(ctx: &mut Ctx<'_>) {
    const READERS: [&str; 6] = [
        "System.getenv(",
        "findProperty(",
        "environmentVariable(",
        "gradleProperty(",
        "project.property(",
        "System.env.",
    ];
    for (at, reader) in READERS
        .iter()
        .flat_map(|reader| {
            let places = memchr::memmem::find_iter(ctx.text.as_bytes(), reader);
            places.map(move |at| (at, reader))
        })
        .collect::<Vec<_>>()
    {
        let rest = &ctx.text[at + reader.len()..];
        let skipped = rest.len() - rest.trim_start_matches(['"', '\'', ' ']).len();
        let rest = &rest[skipped..];
        let length = rest
            .bytes()
            .take_while(|b| b.is_ascii_alphanumeric() || b"_.-".contains(b))
            .count();
        let name = &rest[..length];
        let line_start = ctx.text[..at].rfind('\n').map_or(0, |n| n + 1);
        let before = ctx.text[line_start..at].trim_start();
        let assigns = ["password", "token", "value", "authToken"]
            .iter()
            .any(|k| before.starts_with(k));
        if before.starts_with("//") || !assigns {
            continue;
        }
        let known = name::classify(name);
        if matches!(known, name::Name::ShortLived | name::Name::Plain) {
            continue;
        }
        let start = at + reader.len() + skipped;
        let sure = if known.secret().is_some() {
            Confidence::Definite
        } else {
            Confidence::Probable
        };
        ctx.report(
            id::PKG_05,
            "maven",
            name,
            Span::new(start, start + length),
            sure,
            "password of a repository",
        );
    }
}

/// `.condarc`: a token in the URL of a channel.
pub(crate) fn conda(ctx: &mut Ctx<'_>) {
    for (at, _) in ctx.text.match_indices("/t/").collect::<Vec<_>>() {
        let rest = &ctx.text[at + 3..];
        let end = rest.find(['/', '\n']).unwrap_or(rest.len());
        if let Some(variable) = shell::variables(&rest[..end], at + 3).into_iter().next() {
            ctx.report(
                id::PKG_07,
                "conda",
                variable.name,
                variable.span,
                Confidence::Definite,
                "token in the URL of a channel",
            );
        }
    }
}

/// `package.json` and others: tokens in URLs of repositories.
pub(crate) fn repository_urls(ctx: &mut Ctx<'_>) {
    index_urls(ctx);
    ctx.found.retain(|f| f.pattern != id::PKG_03);
}
