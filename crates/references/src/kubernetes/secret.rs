//! Secrets, and what names the secrets that controllers log in with.

use super::is_masked;
use crate::found::Ctx;
use crate::name::{self, Class, Named};
use crate::node::{Entry, Node};
use crate::pattern::id;
use sluicegate_core::Confidence;

pub(super) fn secret(ctx: &mut Ctx<'_>, root: &Node<'_>) {
    let name = root.at(&["metadata", "name"]).map_or("unnamed", |node| {
        let text = node.text().unwrap_or_default();
        let shown = if is_masked(text) {
            ctx.raw(node.span)
        } else {
            text
        };
        if shown.is_empty() { "unnamed" } else { shown }
    });
    let name = name.to_owned();
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

pub(super) fn flux(ctx: &mut Ctx<'_>, root: &Node<'_>) {
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

pub(super) fn secret_store(ctx: &mut Ctx<'_>, root: &Node<'_>) {
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

pub(super) fn sealed(ctx: &mut Ctx<'_>, root: &Node<'_>) {
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
