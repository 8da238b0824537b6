//! Resources that are a credential, or that keep one valid.

use super::{Block, databases, federation, planted, report, ssh_keys, sure, user_data};
use crate::found::Ctx;
use crate::pattern::{PatternId, id};
use sluicegate_core::Confidence;

/// Resources that are a credential, whatever is said in them.
const MINTED: &[(&str, PatternId, &str)] = &[
    ("aws_iam_access_key", id::TF_01, "aws"),
    ("aws_iam_user_login_profile", id::TF_02, "aws"),
    ("aws_iam_service_specific_credential", id::TF_02, "aws"),
    ("aws_iam_user_ssh_key", id::TF_02, "aws"),
    ("aws_iam_signing_certificate", id::TF_02, "aws"),
    ("google_service_account_key", id::TF_04, "gcp"),
    ("google_storage_hmac_key", id::TF_04, "gcp"),
    ("azuread_application_password", id::TF_07, "azure"),
    ("azuread_service_principal_password", id::TF_07, "azure"),
    ("tls_private_key", id::TF_15, "signing"),
    ("github_repository_deploy_key", id::TF_14, "ssh"),
    ("gitlab_deploy_key", id::TF_14, "ssh"),
    ("gitlab_deploy_token", id::TF_14, "gitlab"),
    (
        "vault_approle_auth_backend_role_secret_id",
        id::TF_17,
        "vault",
    ),
    ("datadog_api_key", id::TF_18, "datadog"),
    ("mongodbatlas_project_api_key", id::TF_18, "mongodb-atlas"),
    ("aws_key_pair", id::SSH_02, "ssh"),
];

pub(super) fn resource(ctx: &mut Ctx<'_>, block: &Block<'_, '_>) {
    if let Some((kind, pattern, provider)) = MINTED.iter().find(|(kind, ..)| *kind == block.kind) {
        let confidence = match *kind {
            // Lives in the state, and is often only the machine's own.
            "tls_private_key" | "aws_key_pair" | "datadog_api_key" => Confidence::Probable,
            _ => Confidence::Definite,
        };
        sure(
            ctx,
            *pattern,
            provider,
            block,
            block.span,
            confidence,
            "resource that is a credential",
        );
    }
    match block.kind {
        "aws_iam_user" => sure(
            ctx,
            id::TF_02,
            "aws",
            block,
            block.span,
            Confidence::Probable,
            "user of its own",
        ),
        "google_apikeys_key" if !block.has("restrictions") => {
            report(
                ctx,
                id::TF_06,
                "gcp",
                block,
                block.span,
                "key without restrictions",
            );
        }
        "azuread_application" => {
            if let Some(password) = block.body.entry("password") {
                report(
                    ctx,
                    id::TF_07,
                    "azure",
                    block,
                    password.key_span,
                    "password of an application",
                );
            }
        }
        "kubernetes_secret" | "kubernetes_secret_v1"
            if block.is("type", "kubernetes.io/service-account-token") =>
        {
            report(
                ctx,
                id::TF_11,
                "kubernetes",
                block,
                block.span,
                "token of a service account",
            );
        }
        "tls_self_signed_cert" | "tls_locally_signed_cert" => {
            let hours = block
                .body
                .text_at(&["validity_period_hours"])
                .and_then(|h| h.parse::<u64>().ok());
            if hours.is_some_and(|h| h > 8760) {
                report(
                    ctx,
                    id::TF_15,
                    "signing",
                    block,
                    block.span,
                    "certificate of more than a year",
                );
            }
        }
        "aws_iam_role" => {
            let seconds = block
                .body
                .text_at(&["max_session_duration"])
                .and_then(|s| s.parse::<u64>().ok());
            if seconds.is_some_and(|s| s > 14_400) {
                report(
                    ctx,
                    id::OID_05,
                    "aws",
                    block,
                    block.span,
                    "sessions of more than four hours",
                );
            }
        }
        "azuredevops_serviceendpoint_azurerm" => {
            let scheme = block
                .body
                .text_at(&["service_endpoint_authentication_scheme"]);
            let key = block.body.at(&["credentials", "serviceprincipalkey"]);
            if key.is_some() || scheme == Some("ServicePrincipal") {
                report(
                    ctx,
                    id::AZ_02,
                    "azure",
                    block,
                    block.span,
                    "service connection with a secret",
                );
            }
        }
        _ => {}
    }
    shared_keys(ctx, block);
    tokens(ctx, block);
    planted(ctx, block);
    databases(ctx, block);
    user_data(ctx, block);
    ssh_keys(ctx, block);
    federation(ctx, block);
}

/// Services of Azure that take a shared key unless told not to.
fn shared_keys(ctx: &mut Ctx<'_>, block: &Block<'_, '_>) {
    const FLAGS: &[(&str, &str, &str)] = &[
        (
            "azurerm_storage_account",
            "shared_access_key_enabled",
            "false",
        ),
        (
            "azurerm_cosmosdb_account",
            "local_authentication_disabled",
            "true",
        ),
        (
            "azurerm_servicebus_namespace",
            "local_auth_enabled",
            "false",
        ),
        (
            "azurerm_eventhub_namespace",
            "local_authentication_enabled",
            "false",
        ),
        ("azurerm_app_configuration", "local_auth_enabled", "false"),
        (
            "azurerm_search_service",
            "local_authentication_enabled",
            "false",
        ),
        ("azurerm_cognitive_account", "local_auth_enabled", "false"),
    ];
    if block.kind == "azurerm_container_registry" {
        if let Some(admin) = block
            .body
            .entry("admin_enabled")
            .filter(|e| e.value.text() == Some("true"))
        {
            report(
                ctx,
                id::TF_09,
                "azure",
                block,
                admin.value.span,
                "admin user of a registry",
            );
        }
        return;
    }
    if let Some((_, flag, off)) = FLAGS.iter().find(|(kind, ..)| *kind == block.kind) {
        match block.body.entry(flag) {
            Some(entry) if entry.value.text() == Some(off) || entry.value.tag.is_some() => {}
            Some(entry) => report(
                ctx,
                id::TF_09,
                "azure",
                block,
                entry.value.span,
                "shared keys are on",
            ),
            None => sure(
                ctx,
                id::TF_09,
                "azure",
                block,
                block.span,
                Confidence::Hint,
                "shared keys are on by default",
            ),
        }
    }
    if block.kind.starts_with("azurerm_servicebus_") && block.kind.ends_with("_authorization_rule")
    {
        sure(
            ctx,
            id::TF_10,
            "azure",
            block,
            block.span,
            Confidence::Probable,
            "shared access signature",
        );
    }
}

/// Tokens that have an end only if somebody gives them one.
fn tokens(ctx: &mut Ctx<'_>, block: &Block<'_, '_>) {
    const ENDS: &[(&str, &[&str], PatternId, &str)] = &[
        (
            "gitlab_project_access_token",
            &["expires_at", "rotation_configuration"],
            id::TF_14,
            "gitlab",
        ),
        (
            "gitlab_group_access_token",
            &["expires_at", "rotation_configuration"],
            id::TF_14,
            "gitlab",
        ),
        (
            "gitlab_personal_access_token",
            &["expires_at", "rotation_configuration"],
            id::TF_14,
            "gitlab",
        ),
        (
            "vault_token",
            &["ttl", "explicit_max_ttl"],
            id::TF_17,
            "vault",
        ),
        (
            "cloudflare_api_token",
            &["expires_on"],
            id::TF_18,
            "cloudflare",
        ),
        ("tfe_team_token", &["expired_at"], id::TF_18, "terraform"),
        (
            "tfe_organization_token",
            &["expired_at"],
            id::TF_18,
            "terraform",
        ),
        (
            "grafana_service_account_token",
            &["seconds_to_live"],
            id::TF_18,
            "grafana",
        ),
        (
            "databricks_token",
            &["lifetime_seconds"],
            id::TF_18,
            "databricks",
        ),
    ];
    if let Some((_, ends, pattern, provider)) = ENDS.iter().find(|(kind, ..)| *kind == block.kind)
        && !ends.iter().any(|end| block.has(end))
    {
        report(ctx, *pattern, provider, block, block.span, "without an end");
    }
    if block.kind == "vault_approle_auth_backend_role" {
        let zero = |key: &str| block.body.text_at(&[key]).is_none_or(|v| v == "0");
        if zero("secret_id_ttl") && zero("secret_id_num_uses") {
            report(
                ctx,
                id::TF_17,
                "vault",
                block,
                block.span,
                "secret ids without an end",
            );
        }
    }
    if block.kind == "vault_jwt_auth_backend_role" {
        let seconds = block
            .body
            .text_at(&["token_ttl"])
            .and_then(|s| s.parse::<u64>().ok());
        if seconds.is_some_and(|s| s > 3600) {
            report(
                ctx,
                id::OID_05,
                "vault",
                block,
                block.span,
                "tokens of more than an hour",
            );
        }
    }
}
