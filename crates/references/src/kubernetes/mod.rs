//! Kubernetes manifests and what is built on them.

mod secret;
mod values;

use crate::compose::host_mount;
use crate::found::Ctx;
use crate::name::{self, Class};
use crate::node::{Entry, Node};
use crate::pattern::id;
use sluicegate_core::Confidence;

use secret::{encrypted, flux, sealed, secret, secret_store};

pub(crate) use secret::{kubeconfig, report_encrypted};
pub(crate) use values::values;

/// Reads one document.
pub(crate) fn read(ctx: &mut Ctx<'_>, root: &Node<'_>) {
    let kind = root.text_at(&["kind"]).unwrap_or_default().to_owned();
    let group = root.text_at(&["apiVersion"]).unwrap_or_default().to_owned();
    match kind.as_str() {
        // A schema names the fields that others fill in.
        "CustomResourceDefinition" => return,
        "Secret" => secret(ctx, root),
        "Config" if group == "v1" => kubeconfig(ctx, root),
        "SecretStore" | "ClusterSecretStore" => secret_store(ctx, root),
        "SealedSecret" => sealed(ctx, root),
        "AccessKey" if group.contains("iam.aws") => minted(ctx, root, "aws"),
        "ServiceAccountKey" if group.contains("gcp") => minted(ctx, root, "gcp"),
        "IAMServiceAccountKey" => minted(ctx, root, "gcp"),
        "ProviderConfig" | "ClusterProviderConfig" => provider_config(ctx, root),
        "GitRepository"
        | "HelmRepository"
        | "OCIRepository"
        | "ImageRepository"
        | "ImageUpdateAutomation" => flux(ctx, root),
        "ServiceAccount" => {}
        _ => {}
    }
    if kind != "Secret" && root.get("sops").is_some() {
        encrypted(ctx, root, "SOPS");
    }
    let title = match root
        .text_at(&["metadata", "name"])
        .filter(|n| !is_masked(n))
    {
        Some(name) => format!("of {kind} `{name}`"),
        None => format!("of {kind}"),
    };
    everywhere(ctx, root, &title, &kind);
}

/// Whether a template fills in the text: what stood between braces is masked.
pub(crate) fn is_masked(text: &str) -> bool {
    text.contains("xxxx")
}

fn everywhere(ctx: &mut Ctx<'_>, root: &Node<'_>, title: &str, kind: &str) {
    let mut maps: Vec<&Node<'_>> = Vec::new();
    root.each(&mut |node| {
        if node.is_map() {
            maps.push(node);
        }
    });
    let secret_volumes: Vec<(String, String)> = maps
        .iter()
        .flat_map(|map| map.get("volumes").map_or(&[][..], Node::items))
        .filter_map(|volume| {
            let name = volume.text_at(&["name"])?;
            let secret = volume.text_at(&["secret", "secretName"])?;
            Some((name.to_owned(), secret.to_owned()))
        })
        .collect();
    for map in maps {
        for entry in map.entries() {
            match &*entry.key {
                "env" => environment(ctx, map, &entry.value, &secret_volumes, title),
                "imagePullSecrets" => {
                    for item in entry.value.items() {
                        let name = item.get("name").unwrap_or(item);
                        if let Some(text) = name.text().filter(|t| !t.is_empty()) {
                            // A template that passes on what its values say names nothing.
                            let sure = if is_masked(text) {
                                Confidence::Hint
                            } else {
                                Confidence::Definite
                            };
                            ctx.report(
                                id::K8_04,
                                "stored",
                                text,
                                name.span,
                                sure,
                                format!("pulls images {title}"),
                            );
                        }
                    }
                }
                "hostPath" => {
                    if let Some(path) = entry.value.get("path") {
                        host_mount(ctx, path.text().unwrap_or_default(), path.span, title);
                    }
                }
                "args" | "command" => flags(ctx, &entry.value, title),
                key => controller(ctx, entry, key, title, kind),
            }
        }
        let is_pod = map.get("containers").is_some();
        if is_pod && map.get("automountServiceAccountToken").is_none() {
            let span = map.entry("containers").map_or(map.span, |e| e.key_span);
            ctx.report(
                id::K8_10,
                "kubernetes",
                "service-account token",
                span,
                Confidence::Hint,
                format!("mounted in the pods {title}"),
            );
        }
    }
}

fn environment(
    ctx: &mut Ctx<'_>,
    container: &Node<'_>,
    env: &Node<'_>,
    volumes: &[(String, String)],
    title: &str,
) {
    let has_session = env
        .items()
        .iter()
        .any(|i| i.text_at(&["name"]) == Some("AWS_SESSION_TOKEN"));
    let has_key = env
        .items()
        .iter()
        .any(|i| i.text_at(&["name"]) == Some("AWS_SECRET_ACCESS_KEY"));
    for item in env.items() {
        let Some(key) = item.text_at(&["name"]) else {
            continue;
        };
        if key == "GOOGLE_APPLICATION_CREDENTIALS" {
            let path = item.text_at(&["value"]).unwrap_or_default();
            let mounts = container.get("volumeMounts").map_or(&[][..], Node::items);
            let mounted = mounts.iter().find(|m| {
                m.text_at(&["mountPath"])
                    .is_some_and(|at| !at.is_empty() && path.starts_with(at))
            });
            let volume = mounted.and_then(|m| m.text_at(&["name"]));
            let secret = volume.and_then(|v| volumes.iter().find(|(name, _)| name == v));
            if let (Some((_, secret)), Some(value)) = (secret, item.get("value")) {
                ctx.report(
                    id::K8_03,
                    "gcp",
                    secret,
                    value.span,
                    Confidence::Definite,
                    format!("key file {title}"),
                );
            }
            continue;
        }
        let named = name::classify(key).secret();
        for source in ["secretKeyRef", "configMapKeyRef"] {
            let Some(reference) = item.at(&["valueFrom", source]) else {
                continue;
            };
            let Some(named) = named else { continue };
            if key == "AWS_ACCESS_KEY_ID" && has_key || named.class == Class::Aws && has_session {
                continue;
            }
            let store = reference.text_at(&["name"]).unwrap_or_default();
            let field = reference.get("key").unwrap_or(reference);
            let inner = field.text().unwrap_or(key);
            // Where a template fills in which secret it is, the variable says most.
            let is_named = |text: &str| !text.is_empty() && !is_masked(text);
            let name = match (is_named(store), is_named(inner)) {
                (true, true) => format!("{store}/{inner}"),
                (false, true) => inner.to_owned(),
                _ => key.to_owned(),
            };
            let sure = match named.class {
                class if class.is_cloud() => Confidence::Definite,
                Class::Generic => Confidence::Hint,
                _ => Confidence::Probable,
            };
            let usage = format!("env `{key}` {title}");
            ctx.report(id::K8_02, named.provider, &name, field.span, sure, usage);
        }
    }
}

fn flags(ctx: &mut Ctx<'_>, args: &Node<'_>, title: &str) {
    for arg in args.one_or_many() {
        let text = arg.text().unwrap_or_default();
        for flag in ["--token-auth-file", "--basic-auth-file"] {
            if text.starts_with(flag) {
                ctx.report(
                    id::K8_09,
                    "kubernetes",
                    flag,
                    arg.span,
                    Confidence::Definite,
                    format!("API server {title}"),
                );
            }
        }
    }
}

/// Fields with which controllers name the secret that they log in with.
fn controller(ctx: &mut Ctx<'_>, entry: &Entry<'_>, key: &str, title: &str, kind: &str) {
    const FIELDS: &[(&str, &str)] = &[
        ("secretAccessKeySecretRef", "aws"),
        ("accessKeyIDSecretRef", "aws"),
        ("serviceAccountSecretRef", "gcp"),
        ("clientSecretSecretRef", "azure"),
        ("apiTokenSecretRef", "cloudflare"),
        ("apiKeySecretRef", "cloudflare"),
        ("tsigSecretSecretRef", "dns"),
    ];
    const ARTIFACTS: &[(&str, &str)] = &[
        ("secretKeySecret", "aws"),
        ("accessKeySecret", "aws"),
        ("serviceAccountKeySecret", "gcp"),
    ];
    if kind.ends_with("SecretStore") {
        return;
    }
    let name_of = |entry: &Entry<'_>| {
        entry
            .value
            .text_at(&["name"])
            .unwrap_or_default()
            .to_owned()
    };
    if let Some((_, provider)) = FIELDS.iter().find(|(field, _)| *field == key) {
        let span = entry.value.get("name").map_or(entry.value.span, |n| n.span);
        if key != "accessKeyIDSecretRef" {
            ctx.report(
                id::K8_06,
                provider,
                &name_of(entry),
                span,
                Confidence::Definite,
                format!("`{key}` {title}"),
            );
        }
    }
    if let Some((_, provider)) = ARTIFACTS.iter().find(|(field, _)| *field == key) {
        let span = entry.value.get("name").map_or(entry.value.span, |n| n.span);
        if key != "accessKeySecret" {
            ctx.report(
                id::TK_01,
                provider,
                &name_of(entry),
                span,
                Confidence::Definite,
                format!("`{key}` {title}"),
            );
        }
    }
}

fn minted(ctx: &mut Ctx<'_>, root: &Node<'_>, provider: &'static str) {
    let name = root.text_at(&["metadata", "name"]).unwrap_or("unnamed");
    let span = root.get("kind").map_or(root.span, |k| k.span);
    ctx.report(
        id::CF_04,
        provider,
        name,
        span,
        Confidence::Definite,
        "key that the cluster mints",
    );
}

fn provider_config(ctx: &mut Ctx<'_>, root: &Node<'_>) {
    let Some(source) = root.at(&["spec", "credentials", "source"]) else {
        return;
    };
    if source.text() == Some("Secret") {
        let group = root.text_at(&["apiVersion"]).unwrap_or_default();
        let provider = ["aws", "gcp", "azure"]
            .into_iter()
            .find(|p| group.contains(p))
            .unwrap_or("stored");
        let name = root
            .text_at(&["spec", "credentials", "secretRef", "name"])
            .unwrap_or("secret");
        ctx.report(
            id::CF_04,
            provider,
            name,
            source.span,
            Confidence::Definite,
            "credentials of a provider",
        );
    }
}
