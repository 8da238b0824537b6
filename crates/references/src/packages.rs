//! Files of package managers, cloud command lines and the Docker client.

use sluicegate_core::{Confidence, Span};

use crate::ci::bound_variable;
use crate::dockerfile::is_placeholder;
use crate::expr::{self, Context};
use crate::found::Ctx;
use crate::ini;
use crate::name::{self, Class};
use crate::node::{Entry, Node};
use crate::pattern::{PatternId, id};
use crate::shell;

/// The variable in a value, or a name for the value itself, which is not shown.
fn source<'t>(text: &'t str, span: Span, own: &'t str) -> Option<(&'t str, Span, bool)> {
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
fn keyed(
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
        .flat_map(|r| ctx.text.match_indices(r))
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

/// `.docker/config.json`
pub(crate) fn docker_client(ctx: &mut Ctx<'_>, root: &Node<'_>) {
    for entry in root.get("auths").map_or(&[][..], Node::entries) {
        if let Some(auth) = entry.value.entry_of(&["auth", "identitytoken", "password"]) {
            ctx.report_beside_value(
                id::PKG_08,
                "docker",
                &entry.key,
                auth.key_span,
                Confidence::Definite,
                format!("`{}`", auth.key),
            );
        }
    }
}

/// Profiles of cloud command lines.
pub(crate) fn profiles(ctx: &mut Ctx<'_>) {
    const KEYS: &[(&str, &str)] = &[
        ("aws_secret_access_key", "aws"),
        ("secret_access_key", "aws"),
        ("secret_key", "aws"),
        ("gs_service_key_file", "gcp"),
        ("service_account_file", "gcp"),
        ("service_account_credentials", "gcp"),
        ("token", "databricks"),
        ("password", "snowflake"),
        ("key_file", "oracle-cloud"),
    ];
    let lines = ini::lines(ctx.text);
    for line in &lines {
        let Some((_, provider)) = KEYS.iter().find(|(key, _)| *key == line.key) else {
            continue;
        };
        let short = lines
            .iter()
            .any(|l| l.section == line.section && l.key == "aws_session_token");
        if line.value.is_empty() || short {
            continue;
        }
        ctx.report_beside_value(
            id::PKG_10,
            provider,
            line.section,
            line.key_span,
            Confidence::Definite,
            format!("`{}` of a profile", line.key),
        );
    }
}

/// `dependabot.yml`
pub(crate) fn dependabot(ctx: &mut Ctx<'_>, root: &Node<'_>) {
    for entry in root.get("registries").map_or(&[][..], Node::entries) {
        for key in ["token", "password", "key"] {
            let Some(node) = entry.value.get(key) else {
                continue;
            };
            for read in expr::reads(ctx.raw(node.span), node.span.start) {
                if read.context == Context::Secrets {
                    ctx.report(
                        id::GHA_25,
                        "stored",
                        read.name,
                        read.span,
                        Confidence::Definite,
                        format!("registry `{}` of Dependabot", entry.key),
                    );
                }
            }
            let raw = ctx.raw(node.span);
            // Without the sign of an expression, as the format has it.
            if let Some(at) = raw.find("secrets.").filter(|_| !raw.contains("${{")) {
                let name: &str = raw[at + 8..]
                    .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                    .next()
                    .unwrap_or_default();
                let start = node.span.start + at + 8;
                ctx.report(
                    id::GHA_25,
                    "stored",
                    name,
                    Span::new(start, start + name.len()),
                    Confidence::Definite,
                    format!("registry `{}` of Dependabot", entry.key),
                );
            }
        }
    }
}

/// `renovate.json`
pub(crate) fn renovate(ctx: &mut Ctx<'_>, root: &Node<'_>) {
    for rule in root.get("hostRules").map_or(&[][..], Node::items) {
        let secret = rule
            .entry_of(&["token", "password"])
            .or(rule.entry("encrypted"));
        if let Some(entry) = secret {
            let host = rule.text_at(&["matchHost"]).unwrap_or_default();
            ctx.report_beside_value(
                id::GHA_25,
                "stored",
                &entry.key,
                entry.key_span,
                Confidence::Definite,
                format!("host rule `{host}` of Renovate"),
            );
        }
    }
}

/// `.env.production` and its like: names that wait for a credential.
pub(crate) fn dotenv(ctx: &mut Ctx<'_>) {
    for line in ini::lines(ctx.text) {
        let Some(named) = name::classify(line.key).secret() else {
            continue;
        };
        let open = line.value.is_empty() || line.value.contains('$') || is_placeholder(line.value);
        if !open {
            continue;
        }
        if name::is_public_prefix(line.key) {
            ctx.report(
                id::CTR_05,
                named.provider,
                line.key,
                line.key_span,
                Confidence::Definite,
                "built into what browsers load",
            );
            continue;
        }
        let sure = if named.class == Class::Generic {
            Confidence::Probable
        } else {
            Confidence::Definite
        };
        ctx.report(
            id::AGT_05,
            named.provider,
            line.key,
            line.key_span,
            sure,
            "environment of production",
        );
    }
}

/// Any `.env` file: names that a build hands on to browsers.
pub(crate) fn public_env(ctx: &mut Ctx<'_>) {
    for line in ini::lines(ctx.text) {
        if name::is_public_prefix(line.key)
            && let Some(named) = name::classify(line.key).known()
        {
            ctx.report_beside_value(
                id::CTR_05,
                named.provider,
                line.key,
                line.key_span,
                Confidence::Definite,
                "built into what browsers load",
            );
        }
    }
}

/// `package.json` and others: tokens in URLs of repositories.
pub(crate) fn repository_urls(ctx: &mut Ctx<'_>) {
    index_urls(ctx);
    ctx.found.retain(|f| f.pattern != id::PKG_03);
}
