//! Providers and backends that log in with what does not expire.

use super::Block;
use crate::found::Ctx;
use crate::node::Entry;
use crate::pattern::id;
use sluicegate_core::Confidence;

/// Providers and backends that log in with what does not expire.
pub(super) fn provider(ctx: &mut Ctx<'_>, block: &Block<'_, '_>) {
    let attribute = |keys: &[&str]| {
        keys.iter().find_map(|key| {
            let entry = block.body.entry(key)?;
            let text = entry.value.text().unwrap_or_default();
            let emulated = ["test", "mock_access_key", "mock", "fake", ""].contains(&text);
            // Vault mints these for the run, with an end.
            let minted = text.contains("data.vault_") && text.contains("_access_credentials.")
                || text.contains("ephemeral.");
            (!emulated && !minted && text != "null").then_some(entry)
        })
    };
    let local = block
        .body
        .entries()
        .iter()
        .any(|e| e.key == "endpoints" || e.key == "skip_credentials_validation");
    let (found, pattern, owner) = match block.kind {
        "aws" | "awscc" | "s3" => {
            let entry = if local {
                None
            } else {
                attribute(&[
                    "secret_key",
                    "shared_credentials_files",
                    "shared_credentials_file",
                ])
            };
            (entry, id::TF_03, "aws")
        }
        kind if kind == "gcs" || kind.starts_with("google") => {
            let is_token =
                |e: &&Entry<'_>| !e.value.text().is_some_and(|t| t.contains("access_token"));
            (
                attribute(&["credentials"]).filter(is_token),
                id::TF_05,
                "gcp",
            )
        }
        "azurerm" | "azuread" | "azapi" => {
            let entry = attribute(&[
                "client_secret",
                "client_certificate_path",
                "client_certificate_password",
                "access_key",
                "sas_token",
            ]);
            (entry, id::TF_08, "azure")
        }
        "kubernetes" | "helm" | "kubectl" => {
            let inner = block
                .body
                .get("kubernetes")
                .filter(|_| block.kind == "helm")
                .unwrap_or(block.body);
            let entry = ["client_key", "password", "token"]
                .iter()
                .find_map(|key| inner.entry(key));
            let minted = |e: &&Entry<'_>| {
                let text = e.value.text().unwrap_or_default();
                ![
                    "_cluster_auth.",
                    "google_client_config",
                    "access_token",
                    "ephemeral.",
                ]
                .iter()
                .any(|w| text.contains(w))
            };
            (entry.filter(minted), id::TF_12, "kubernetes")
        }
        _ => return,
    };
    if let Some(entry) = found {
        let name = format!("provider {}: {}", block.kind, entry.key);
        let confidence = if block.off {
            Confidence::Hint
        } else {
            Confidence::Definite
        };
        let text = entry.value.text().unwrap_or_default().to_owned();
        let stored = text
            .strip_prefix("var.")
            .map_or(name, |v| format!("var.{v}"));
        ctx.report_beside_value(
            pattern,
            owner,
            &stored,
            entry.key_span,
            confidence,
            format!("`{}` of `{}`", entry.key, block.kind),
        );
    }
}
