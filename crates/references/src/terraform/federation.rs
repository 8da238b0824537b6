//! Federated credentials of Azure and pools of Google that take too much.

use super::{Block, report};
use crate::found::Ctx;
use crate::pattern::id;
use sluicegate_core::Confidence;

/// Federated credentials of Azure and pools of Google that take too much.
pub(super) fn federation(ctx: &mut Ctx<'_>, block: &Block<'_, '_>) {
    match block.kind {
        "azuread_application_federated_identity_credential"
        | "azurerm_federated_identity_credential" => {
            let Some(subject) = block.body.get("subject") else {
                return;
            };
            let text = subject.text().unwrap_or_default();
            if text.contains('*') || text.ends_with(":pull_request") {
                let name = text.to_owned();
                ctx.report(
                    id::OID_02,
                    "azure",
                    &name,
                    subject.span,
                    Confidence::Definite,
                    format!("subject of `{}`", block.address),
                );
            }
        }
        "google_iam_workload_identity_pool_provider" => {
            let shared = block
                .body
                .text_at(&["oidc", "issuer_uri"])
                .is_some_and(|issuer| {
                    [
                        "github",
                        "gitlab.com",
                        "circleci",
                        "bitbucket",
                        "terraform.io",
                    ]
                    .iter()
                    .any(|h| issuer.contains(h))
                });
            if shared && !block.has("attribute_condition") {
                report(
                    ctx,
                    id::OID_03,
                    "gcp",
                    block,
                    block.span,
                    "no attribute condition",
                );
            }
        }
        _ => {
            for key in ["member", "members"] {
                let Some(node) = block.body.get(key) else {
                    continue;
                };
                for member in node.one_or_many() {
                    let text = member.text().unwrap_or_default();
                    if text.contains("principalSet://")
                        && text.trim_end_matches('"').ends_with("/*")
                    {
                        ctx.report(
                            id::OID_03,
                            "gcp",
                            "principalSet with /*",
                            member.span,
                            Confidence::Definite,
                            format!("member of `{}`", block.address),
                        );
                    }
                }
            }
        }
    }
}
