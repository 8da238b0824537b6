//! Files of package managers, cloud command lines and the Docker client.

mod index;
mod profile;
mod updates;

use crate::ci::bound_variable;
use crate::found::Ctx;
use crate::ini;
use crate::name::{self};
use crate::node::{Entry, Node};
use crate::pattern::{PatternId, id};
use crate::shell;
use sluicegate_core::{Confidence, Span};

pub(crate) use index::{conda, gradle, index_urls, pypirc, repository_urls, xml};
pub(crate) use profile::{docker_client, dotenv, profiles, public_env};
pub(crate) use updates::{dependabot, renovate};

/// The variable in a value, or a name for the value itself, which is not shown.
pub(super) fn source<'t>(text: &'t str, span: Span, own: &'t str) -> Option<(&'t str, Span, bool)> {
    if let Some(variable) = shell::variables(text, span.start).into_iter().next() {
        let short = name::classify(variable.name) == name::Name::ShortLived;
        return (!short).then_some((variable.name, variable.span, false));
    }
    (!text.is_empty()).then_some((own, span, true))
}

/// `.npmrc`
pub(crate) fn npmrc(ctx: &mut Ctx<'_>) {
    for line in ini::lines(ctx.text) {
        let last = line.key.rsplit(':').next().unwrap_or_default();
        if ["_authToken", "_auth", "_password"].contains(&last) {
            let place = line
                .key
                .strip_suffix(last)
                .unwrap_or_default()
                .trim_matches(['/', ':']);
            let own = if place.is_empty() { last } else { place };
            if let Some((name, span, literal)) = source(line.value, line.value_span, own) {
                let span = if literal { line.key_span } else { span };
                ctx.report_beside_value(
                    id::PKG_01,
                    "npm",
                    name,
                    span,
                    Confidence::Definite,
                    format!("`{last}` of {own}"),
                );
            }
        }
    }
}

/// `.yarnrc.yml`
pub(crate) fn yarnrc(ctx: &mut Ctx<'_>, root: &Node<'_>) {
    keyed(
        ctx,
        root,
        &["npmAuthToken", "npmAuthIdent"],
        id::PKG_02,
        "npm",
    );
}

/// `bunfig.toml`
pub(crate) fn bunfig(ctx: &mut Ctx<'_>, root: &Node<'_>) {
    if let Some(install) = root.get("install") {
        keyed(ctx, install, &["token", "password"], id::PKG_02, "npm");
    }
}

/// Every entry with one of those keys.
pub(super) fn keyed(
    ctx: &mut Ctx<'_>,
    root: &Node<'_>,
    keys: &[&str],
    pattern: PatternId,
    provider: &'static str,
) {
    let mut found: Vec<&Entry<'_>> = Vec::new();
    root.each_entry(&mut |entry| {
        if keys.contains(&&*entry.key) && entry.value.text().is_some_and(|t| !t.is_empty()) {
            found.push(entry);
        }
    });
    for entry in found {
        let raw = ctx.raw(entry.value.span);
        if let Some((name, span, literal)) = source(raw, entry.value.span, &entry.key) {
            let span = if literal { entry.key_span } else { span };
            let name = name.to_owned();
            ctx.report_beside_value(
                pattern,
                provider,
                &name,
                span,
                Confidence::Definite,
                format!("`{}`", entry.key),
            );
        }
    }
}

/// `.cargo/config.toml` and `credentials.toml`
pub(crate) fn cargo(ctx: &mut Ctx<'_>, root: &Node<'_>) {
    let registries = root.get("registries").map_or(&[][..], Node::entries);
    let named = registries
        .iter()
        .map(|e| (format!("registries.{}.token", e.key), &e.value));
    let default = root
        .get("registry")
        .map(|value| ("registry.token".to_owned(), value));
    for (name, node) in named.chain(default).collect::<Vec<_>>() {
        if let Some(token) = node.entry("token") {
            ctx.report_beside_value(
                id::PKG_04,
                "crates-io",
                &name,
                token.key_span,
                Confidence::Definite,
                "token of a registry",
            );
        }
    }
}

/// Composer's `auth.json`
pub(crate) fn composer(ctx: &mut Ctx<'_>, root: &Node<'_>) {
    const KINDS: [&str; 6] = [
        "github-oauth",
        "gitlab-oauth",
        "gitlab-token",
        "bitbucket-oauth",
        "http-basic",
        "bearer",
    ];
    for entry in root.entries().iter().filter(|e| KINDS.contains(&&*e.key)) {
        for host in entry.value.entries() {
            let token = host
                .value
                .get("password")
                .or(host.value.get("consumer-secret"))
                .unwrap_or(&host.value);
            if token.text().is_none() {
                continue;
            }
            let variable = bound_variable(ctx, "token", token);
            let (name, span) = variable
                .map_or((host.key.to_string(), host.key_span), |(b, span)| {
                    (b.name, span)
                });
            ctx.report_beside_value(
                id::PKG_07,
                "composer",
                &name,
                span,
                Confidence::Definite,
                format!("`{}` of {}", entry.key, host.key),
            );
        }
    }
}

/// `.bundle/config`: keys that name a host.
pub(crate) fn bundler(ctx: &mut Ctx<'_>, root: &Node<'_>) {
    for entry in root.entries() {
        // `BUNDLE_GEMS__EXAMPLE__COM`: a host with `__` for dots.
        let is_host = entry.key.starts_with("BUNDLE_")
            && entry.key.contains("__")
            && !entry.key.contains("LOCAL__")
            && !entry.key.contains("BUILD__")
            && !entry.key.contains("MIRROR__");
        if is_host
            && let Some((name, span, literal)) =
                source(ctx.raw(entry.value.span), entry.value.span, &entry.key)
        {
            let name = name.to_owned();
            let span = if literal { entry.key_span } else { span };
            ctx.report_beside_value(
                id::PKG_07,
                "rubygems",
                &name,
                span,
                Confidence::Definite,
                "password of a gem server",
            );
        }
    }
}
