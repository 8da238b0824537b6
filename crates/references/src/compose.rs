//! Compose files, and mounts of the host's credentials anywhere.

use sluicegate_core::{Confidence, Span};

use crate::ci::{bound_variable, confidence};
use crate::found::Ctx;
use crate::name::{self, Class, Named};
use crate::node::Node;
use crate::pattern::{PatternId, id};

/// Reads a compose file.
pub(crate) fn read(ctx: &mut Ctx<'_>, root: &Node<'_>) {
    for entry in root.get("services").map_or(&[][..], Node::entries) {
        let service = &entry.value;
        let place = format!("of service `{}`", entry.key);
        let runner = service
            .text_at(&["image"])
            .is_some_and(|i| i.contains("runner"));
        let local = is_emulated(ctx, service);
        if let Some(env) = service.get("environment") {
            environment(ctx, env, &place, runner, local);
        }
        if let Some(args) = service.at(&["build", "args"]) {
            build_args(ctx, args, &place);
        }
        if let Some(files) = service.get("env_file") {
            env_files(ctx, files, &place);
        }
        for volume in service.get("volumes").map_or(&[][..], Node::items) {
            let source = volume.get("source").unwrap_or(volume);
            host_mount(ctx, source.text().unwrap_or_default(), source.span, &place);
        }
    }
    for entry in root.get("secrets").map_or(&[][..], Node::entries) {
        let named = name::classify(&entry.key).secret();
        for key in ["file", "environment"] {
            if let Some(source) = entry.value.get(key) {
                let provider = named.map_or("stored", |n| n.provider);
                let usage = format!("secret from `{}`", source.text().unwrap_or_default());
                let sure = if named.is_some() {
                    Confidence::Probable
                } else {
                    Confidence::Hint
                };
                ctx.report(id::CTR_08, provider, &entry.key, source.span, sure, usage);
            }
        }
    }
}

/// Whether the service talks to something that only pretends to be a cloud.
pub(crate) fn is_emulated(ctx: &Ctx<'_>, node: &Node<'_>) -> bool {
    let text = ctx.raw(node.span).to_ascii_lowercase();
    [
        "localhost",
        "127.0.0.1",
        "localstack",
        "minio",
        "azurite",
        "devstoreaccount1",
        "fake-gcs",
        "emulator",
        "dynamodb-local",
    ]
    .iter()
    .any(|word| text.contains(word))
}

fn pattern(key: &str, named: Named, runner: bool) -> PatternId {
    if runner && ["ACCESS_TOKEN", "RUNNER_TOKEN", "GITHUB_PAT"].contains(&key) {
        id::GHA_22
    } else if name::is_public_prefix(key) {
        id::CTR_05
    } else {
        let _ = named;
        id::CTR_06
    }
}

fn environment(ctx: &mut Ctx<'_>, env: &Node<'_>, place: &str, runner: bool, local: bool) {
    let mut found: Vec<(String, String, Named, Span)> = Vec::new();
    for entry in env.entries() {
        if let Some((bound, span)) = bound_variable(ctx, &entry.key, &entry.value) {
            found.extend(
                bound
                    .named
                    .map(|n| (entry.key.to_string(), bound.name, n, span)),
            );
        } else if entry.value.text() == Some("")
            // `X:` hands on the variable of the caller, `X: ""` empties it.
            && entry.value.span.is_empty()
            && let Some(named) = name::classify(&entry.key).secret()
        {
            found.push((
                entry.key.to_string(),
                entry.key.to_string(),
                named,
                entry.key_span,
            ));
        }
    }
    for item in env.items() {
        let text = item.text().unwrap_or_default();
        let key = text.split('=').next().unwrap_or_default();
        let Some(named) = name::classify(key).secret() else {
            continue;
        };
        if !text.contains('=') {
            found.push((key.to_owned(), key.to_owned(), named, item.span));
        } else if let Some((bound, span)) = bound_variable(ctx, key, item) {
            found.push((
                key.to_owned(),
                bound.name,
                bound.named.unwrap_or(named),
                span,
            ));
        }
    }
    let keys: Vec<String> = found.iter().map(|(key, ..)| key.clone()).collect();
    let has = |key: &str| keys.iter().any(|k| k == key);
    for (key, name, named, span) in found {
        if key == "AWS_ACCESS_KEY_ID" && has("AWS_SECRET_ACCESS_KEY")
            || key.starts_with("AWS_") && has("AWS_SESSION_TOKEN")
        {
            continue;
        }
        let sure = match named.class {
            _ if local => Confidence::Hint,
            Class::Generic | Class::Database | Class::AppSecret => Confidence::Probable,
            _ => confidence(named),
        };
        let usage = format!("env `{key}` {place}");
        ctx.report(
            pattern(&key, named, runner),
            named.provider,
            &name,
            span,
            sure,
            usage,
        );
    }
}

fn build_args(ctx: &mut Ctx<'_>, args: &Node<'_>, place: &str) {
    let entries = args
        .entries()
        .iter()
        .map(|e| (e.key.to_string(), e.key_span));
    let items = args.items().iter().filter_map(|item| {
        let text = item.text()?;
        Some((
            text.split('=').next().unwrap_or_default().to_owned(),
            item.span,
        ))
    });
    let all: Vec<_> = entries.chain(items).collect();
    for (key, span) in all {
        if let Some(named) = name::classify(&key).secret() {
            let usage = format!("build argument {place}");
            ctx.report_beside_value(
                id::CTR_06,
                named.provider,
                &key,
                span,
                confidence(named),
                usage,
            );
        }
    }
}

fn env_files(ctx: &mut Ctx<'_>, files: &Node<'_>, place: &str) {
    for file in files.one_or_many() {
        let path = file.text().or(file.text_at(&["path"])).unwrap_or_default();
        let last = path.rsplit('/').next().unwrap_or(path);
        if last.contains("prod") && !last.contains("example") {
            ctx.report(
                id::AGT_05,
                "stored",
                path,
                file.span,
                Confidence::Probable,
                format!("environment file {place}"),
            );
        } else if last.starts_with(".env") && !last.contains("example") {
            ctx.report(
                id::CTR_06,
                "stored",
                path,
                file.span,
                Confidence::Hint,
                format!("environment file {place}"),
            );
        }
    }
}

/// Reports a mount of what somebody's own credentials lie in.
pub(crate) fn host_mount(ctx: &mut Ctx<'_>, volume: &str, span: Span, place: &str) {
    const PLACES: &[(&str, &str)] = &[
        ("/.aws", "aws"),
        ("/.ssh", "ssh"),
        ("/.kube", "kubernetes"),
        ("/.config/gcloud", "gcp"),
        ("/.azure", "azure"),
        ("/.docker/config.json", "docker"),
        ("/.docker", "docker"),
        ("/.netrc", "stored"),
        ("/.npmrc", "npm"),
        ("/.gnupg", "signing"),
        ("/var/run/docker.sock", "docker"),
    ];
    let source = match volume.split_once("source=") {
        Some((_, rest)) => rest.split(',').next().unwrap_or_default(),
        None => {
            // `${HOME:-x}/.aws:/root/.aws`: the colon of a variable is not the one meant.
            let from = volume.rfind('}').map_or(0, |at| at + 1);
            let colon = volume[from..].find(':').map_or(volume.len(), |c| from + c);
            &volume[..colon]
        }
    };
    let from_home = source.starts_with(['~', '$', '/']);
    let known = PLACES
        .iter()
        .find(|(place, _)| source.trim_end_matches('/').ends_with(place));
    if let Some((_, provider)) = known.filter(|_| from_home) {
        // The socket is a power over the machine, and no credential of its own.
        let sure = if source.ends_with(".sock") {
            Confidence::Hint
        } else {
            Confidence::Definite
        };
        ctx.report(
            id::CTR_07,
            provider,
            source,
            span,
            sure,
            format!("mount {place}"),
        );
    }
}
