//! Kubernetes manifests and what is built on them.

use sluicegate_core::Confidence;

use crate::compose::host_mount;
use crate::found::Ctx;
use crate::name::{self, Class, Named};
use crate::node::{Entry, Node};
use crate::pattern::id;

/// Reads one document.
pub(crate) fn read(ctx: &mut Ctx<'_>, root: &Node<'_>) {
    let kind = root.text_at(&["kind"]).unwrap_or_default().to_owned();
    let group = root.text_at(&["apiVersion"]).unwrap_or_default().to_owned();
    match kind.as_str() {
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
    // A name that a template fills in is masked.
    let is_masked = |name: &&str| name.contains("xxxx");
    let title = match root
        .text_at(&["metadata", "name"])
        .filter(|n| !is_masked(n))
    {
        Some(name) => format!("of {kind} `{name}`"),
        None => format!("of {kind}"),
    };
    everywhere(ctx, root, &title, &kind);
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
                            ctx.report(
                                id::K8_04,
                                "stored",
                                text,
                                name.span,
                                Confidence::Definite,
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
            let name = format!("{store}/{}", field.text().unwrap_or(key));
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

fn secret(ctx: &mut Ctx<'_>, root: &Node<'_>) {
    let name = root
        .text_at(&["metadata", "name"])
        .unwrap_or("unnamed")
        .to_owned();
    let kind = root.get("type");
    match kind.and_then(Node::text) {
        Some("kubernetes.io/service-account-token") => {
            let span = kind.map_or(root.span, |k| k.span);
            ctx.report(
                id::K8_01,
                "kubernetes",
                &name,
                span,
                Confidence::Definite,
                "token of a service account, without an end",
            );
        }
        Some("kubernetes.io/dockerconfigjson" | "kubernetes.io/dockercfg") => {
            let span = kind.map_or(root.span, |k| k.span);
            ctx.report(
                id::K8_04,
                "stored",
                &name,
                span,
                Confidence::Definite,
                "password of a registry",
            );
        }
        _ => {}
    }
    let annotations = root
        .at(&["metadata", "annotations"])
        .map_or(&[][..], Node::entries);
    for entry in annotations
        .iter()
        .filter(|e| e.key.starts_with("tekton.dev/git-") || e.key.starts_with("tekton.dev/docker-"))
    {
        let provider = if entry.key.contains("git") {
            "github"
        } else {
            "docker"
        };
        ctx.report(
            id::TK_01,
            provider,
            &name,
            entry.key_span,
            Confidence::Definite,
            "credential of pipelines",
        );
    }
    argo(ctx, root, &name);
    if root.get("sops").is_some() {
        encrypted(ctx, root, "SOPS");
    }
}

/// Argo CD keeps the credentials of repositories and clusters in labelled secrets.
fn argo(ctx: &mut Ctx<'_>, root: &Node<'_>, name: &str) {
    let label = root.at(&["metadata", "labels", "argocd.argoproj.io/secret-type"]);
    let Some(label) = label.and_then(Node::text) else {
        return;
    };
    let keys: &[&str] = match label {
        "repository" | "repo-creds" => &["password", "sshPrivateKey", "bearerToken"],
        "cluster" => &["config"],
        _ => return,
    };
    for section in ["stringData", "data"] {
        for entry in root.get(section).map_or(&[][..], Node::entries) {
            if !keys.contains(&&*entry.key) {
                continue;
            }
            let text = entry.value.text().unwrap_or_default();
            let fixed = ["bearerToken", "keyData", "\"password\""];
            if label == "cluster" && !fixed.iter().any(|word| text.contains(word)) {
                continue;
            }
            let provider = if label == "cluster" {
                "kubernetes"
            } else {
                "github"
            };
            ctx.report_beside_value(
                id::K8_07,
                provider,
                name,
                entry.key_span,
                Confidence::Definite,
                format!("`{}` of Argo CD", entry.key),
            );
        }
    }
}

fn flux(ctx: &mut Ctx<'_>, root: &Node<'_>) {
    let provider = root.text_at(&["spec", "provider"]).unwrap_or("generic");
    let is_flux = root
        .text_at(&["apiVersion"])
        .is_some_and(|v| v.contains("toolkit.fluxcd.io"));
    if provider != "generic" || !is_flux {
        return;
    }
    if let Some(name) = root.at(&["spec", "secretRef", "name"]) {
        let text = name.text().unwrap_or_default();
        ctx.report(
            id::K8_07,
            "stored",
            text,
            name.span,
            Confidence::Definite,
            "source of Flux",
        );
    }
}

fn secret_store(ctx: &mut Ctx<'_>, root: &Node<'_>) {
    const FIELDS: [&str; 8] = [
        "secretAccessKeySecretRef",
        "secretAccessKey",
        "secretAccessKeyRef",
        "clientSecret",
        "tokenSecretRef",
        "secretRef",
        "dopplerToken",
        "connectTokenSecretRef",
    ];
    let Some(provider) = root.at(&["spec", "provider"]) else {
        return;
    };
    let store = provider
        .entries()
        .first()
        .map(|e| e.key.to_string())
        .unwrap_or_default();
    let owner = match store.as_str() {
        "aws" => "aws",
        "gcpsm" => "gcp",
        "azurekv" => "azure",
        "vault" => "vault",
        _ => "stored",
    };
    let mut found = Vec::new();
    provider.each_entry(&mut |entry| {
        let leaf = entry.value.text_at(&["name"]).is_some();
        if FIELDS.contains(&&*entry.key) && leaf || entry.key == "appRole" {
            found.push(entry);
        }
    });
    for entry in found {
        let node = entry
            .value
            .get("name")
            .or(entry.value.at(&["secretRef", "name"]));
        let (name, span) = match node {
            Some(node) => (node.text().unwrap_or_default(), node.span),
            None => (&*entry.key, entry.key_span),
        };
        ctx.report(
            id::K8_05,
            owner,
            name,
            span,
            Confidence::Definite,
            format!("`{}` of the store", entry.key),
        );
    }
}

fn sealed(ctx: &mut Ctx<'_>, root: &Node<'_>) {
    for entry in root
        .at(&["spec", "encryptedData"])
        .map_or(&[][..], Node::entries)
    {
        report_encrypted(ctx, entry, "a SealedSecret");
    }
}

/// Keys of a file that SOPS has encrypted, which stay readable.
pub(crate) fn encrypted(ctx: &mut Ctx<'_>, root: &Node<'_>, by: &str) {
    let mut entries: Vec<&Entry<'_>> = Vec::new();
    root.each_entry(&mut |entry| {
        if entry
            .value
            .text()
            .is_some_and(|text| text.starts_with("ENC["))
        {
            entries.push(entry);
        }
    });
    for entry in entries {
        report_encrypted(ctx, entry, by);
    }
}

pub(crate) fn report_encrypted(ctx: &mut Ctx<'_>, entry: &Entry<'_>, by: &str) {
    let named = name::classify(&entry.key).known();
    let strong = |n: &Named| {
        n.class.is_cloud()
            || matches!(
                n.class,
                Class::Scm
                    | Class::AppKey
                    | Class::Npm
                    | Class::Iac
                    | Class::Registry
                    | Class::Kubernetes
            )
    };
    if let Some(named) = named.filter(strong) {
        ctx.report_beside_value(
            id::K8_12,
            named.provider,
            &entry.key,
            entry.key_span,
            Confidence::Definite,
            format!("encrypted by {by}"),
        );
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

/// Reads a kubeconfig.
pub(crate) fn kubeconfig(ctx: &mut Ctx<'_>, root: &Node<'_>) {
    const FIELDS: [&str; 5] = [
        "token",
        "client-key-data",
        "client-key",
        "password",
        "auth-provider",
    ];
    for user in root.get("users").map_or(&[][..], Node::items) {
        let name = user.text_at(&["name"]).unwrap_or("unnamed");
        for entry in user.get("user").map_or(&[][..], Node::entries) {
            let empty = entry
                .value
                .text()
                .is_some_and(|t| t.is_empty() || t == "REDACTED" || t == "DATA+OMITTED");
            if FIELDS.contains(&&*entry.key) && !empty {
                ctx.report_beside_value(
                    id::K8_08,
                    "kubernetes",
                    name,
                    entry.key_span,
                    Confidence::Definite,
                    format!("`{}` of a user", entry.key),
                );
            }
        }
    }
}

/// Reads the values of a Helm chart.
pub(crate) fn values(ctx: &mut Ctx<'_>, root: &Node<'_>) {
    if root.get("sops").is_some() {
        encrypted(ctx, root, "SOPS");
    }
    walk_values(ctx, root, "");
}

fn walk_values(ctx: &mut Ctx<'_>, node: &Node<'_>, path: &str) {
    for item in node.items() {
        walk_values(ctx, item, path);
    }
    if let Some(token) = node.at(&["githubConfigSecret", "github_token"]) {
        let variable = crate::shell::variables(ctx.raw(token.span), token.span.start)
            .into_iter()
            .next();
        let (name, span) = variable.map_or(("github_token", token.span), |v| (v.name, v.span));
        ctx.report_beside_value(
            id::GHA_22,
            "github",
            name,
            span,
            Confidence::Definite,
            "registers runners",
        );
    }
    if let Some(token) = node.at(&["authSecret", "github_token"]) {
        ctx.report_beside_value(
            id::GHA_22,
            "github",
            "github_token",
            token.span,
            Confidence::Definite,
            "registers runners",
        );
    }
    for entry in node.entries() {
        let below = if path.is_empty() {
            entry.key.to_string()
        } else {
            format!("{path}.{}", entry.key)
        };
        if entry.key == "imagePullSecrets" {
            for item in entry.value.items() {
                let name = item.get("name").unwrap_or(item);
                if let Some(text) = name.text().filter(|t| !t.is_empty()) {
                    ctx.report(
                        id::K8_04,
                        "stored",
                        text,
                        name.span,
                        Confidence::Definite,
                        "pulls the images of the chart",
                    );
                }
            }
        }
        match entry.value.text() {
            Some(text) => value(ctx, entry, text, &below),
            None => walk_values(ctx, &entry.value, &below),
        }
    }
}

/// A key of values that waits for a credential.
fn value(ctx: &mut Ctx<'_>, entry: &Entry<'_>, text: &str, path: &str) {
    let key = &*entry.key;
    let existing = key == "existingSecret" || key == "existingSecretName";
    let named = name::classify(&path.replace('.', "_")).secret();
    let lower = path.to_ascii_lowercase();
    let cloud = ["s3", "aws", "gcs", "azure", "gcp"]
        .iter()
        .any(|w| lower.split('.').any(|part| part == *w));
    let variable = text.starts_with("${") || text.starts_with('$');
    let keyed = [
        "secretkey",
        "secretaccesskey",
        "accesskey",
        "password",
        "token",
    ]
    .contains(&key.to_ascii_lowercase().as_str());
    if variable && (keyed || named.is_some_and(|n| n.class != Class::Generic)) {
        let name = crate::shell::variables(text, 0)
            .first()
            .map_or(path, |v| v.name);
        let provider = named.map_or("stored", |n| n.provider);
        ctx.report(
            id::K8_11,
            provider,
            name,
            entry.value.span,
            Confidence::Probable,
            format!("value `{path}`"),
        );
    } else if existing && cloud && !text.is_empty() {
        ctx.report(
            id::K8_11,
            "stored",
            text,
            entry.value.span,
            Confidence::Probable,
            format!("value `{path}`"),
        );
    } else if keyed && cloud && text.is_empty() {
        ctx.report(
            id::K8_11,
            "stored",
            path,
            entry.key_span,
            Confidence::Hint,
            "value that the chart waits for",
        );
    }
}
