//! Credentials that resources take in: secrets of CI systems, passwords, SSH keys.

use super::{Block, report, sure};
use crate::found::Ctx;
use crate::hcl::EXPRESSION;
use crate::name;
use crate::node::Node;
use crate::pattern::id;
use sluicegate_core::{Confidence, Span};

/// Secrets of CI systems that are written from here.
pub(super) fn planted(ctx: &mut Ctx<'_>, block: &Block<'_, '_>) {
    const KINDS: &[(&str, &str, &str)] = &[
        ("github_actions_secret", "secret_name", "github"),
        (
            "github_actions_organization_secret",
            "secret_name",
            "github",
        ),
        ("github_actions_environment_secret", "secret_name", "github"),
        ("github_dependabot_secret", "secret_name", "github"),
        ("gitlab_project_variable", "key", "gitlab"),
        ("gitlab_group_variable", "key", "gitlab"),
        ("gitlab_instance_variable", "key", "gitlab"),
        ("circleci_context_environment_variable", "name", "circleci"),
        ("tfe_variable", "key", "terraform"),
    ];
    const SOURCES: [&str; 5] = [
        "aws_iam_access_key.",
        "google_service_account_key.",
        "azuread_application_password.",
        "azuread_service_principal_password.",
        "tls_private_key.",
    ];
    let Some((_, key, platform)) = KINDS.iter().find(|(kind, ..)| *kind == block.kind) else {
        return;
    };
    let chained = block.body.entries().iter().find(|entry| {
        entry
            .value
            .text()
            .is_some_and(|text| SOURCES.iter().any(|s| text.contains(s)))
    });
    let named = block
        .body
        .get(key)
        .and_then(|node| Some((node, name::classify(node.text()?).known()?)));
    if let Some(entry) = chained {
        report(
            ctx,
            id::TF_13,
            platform,
            block,
            entry.value.span,
            "a minted key becomes a secret of the CI system",
        );
    } else if let Some((node, named)) = named {
        let name = node.text().unwrap_or_default().to_owned();
        let confidence = if block.off {
            Confidence::Hint
        } else {
            Confidence::Probable
        };
        ctx.report(
            id::TF_13,
            named.provider,
            &name,
            node.span,
            confidence,
            format!("`{}` writes it to the CI system", block.address),
        );
    }
}

/// Users of databases with a password.
pub(super) fn databases(ctx: &mut Ctx<'_>, block: &Block<'_, '_>) {
    const KINDS: &[(&str, &str)] = &[
        ("aws_db_instance", "password"),
        ("aws_rds_cluster", "master_password"),
        ("aws_redshift_cluster", "master_password"),
        ("aws_docdb_cluster", "master_password"),
        ("google_sql_user", "password"),
        ("postgresql_role", "password"),
        ("mysql_user", "plaintext_password"),
        ("mongodbatlas_database_user", "password"),
        ("snowflake_user", "password"),
        ("azurerm_postgresql_server", "administrator_login_password"),
        (
            "azurerm_postgresql_flexible_server",
            "administrator_password",
        ),
        ("azurerm_mysql_server", "administrator_login_password"),
        ("azurerm_mysql_flexible_server", "administrator_password"),
        ("azurerm_mssql_server", "administrator_login_password"),
    ];
    let Some((_, key)) = KINDS.iter().find(|(kind, _)| *kind == block.kind) else {
        return;
    };
    let Some(password) = block.body.entry(key) else {
        return;
    };
    // A literal is a value, and others report those.
    let refers = password.value.tag.as_deref() == Some(EXPRESSION);
    if refers && !block.is("manage_master_user_password", "true") {
        report(
            ctx,
            id::TF_16,
            "database",
            block,
            password.value.span,
            "password of a database",
        );
    }
}

/// Credentials in what a machine or a function starts with.
pub(super) fn user_data(ctx: &mut Ctx<'_>, block: &Block<'_, '_>) {
    for key in [
        "user_data",
        "custom_data",
        "metadata_startup_script",
        "user_data_base64",
    ] {
        let Some(node) = block.body.get(key) else {
            continue;
        };
        let text = ctx.raw(node.span);
        for line in text.lines() {
            let trimmed = line.trim().trim_start_matches("export ");
            let Some((name, value)) = trimmed.split_once('=') else {
                continue;
            };
            let name = name.trim();
            let start = name.as_ptr() as usize - ctx.text.as_ptr() as usize;
            let word =
                !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
            if let Some(named) = name::classify(name)
                .known()
                .filter(|_| word && value.contains('$'))
            {
                let span = Span::new(start, start + name.len());
                ctx.report_beside_value(
                    id::TF_19,
                    named.provider,
                    name,
                    span,
                    Confidence::Definite,
                    format!("`{key}` of `{}`", block.address),
                );
            }
        }
    }
    let variables = block
        .body
        .at(&["environment", "variables"])
        .or(block.body.get("environment_variables"));
    for entry in variables.map_or(&[][..], Node::entries) {
        let named = name::classify(&entry.key)
            .known()
            .filter(|n| n.class.is_cloud());
        if let Some(named) = named.filter(|_| entry.value.tag.as_deref() == Some(EXPRESSION)) {
            ctx.report(
                id::TF_19,
                named.provider,
                &entry.key,
                entry.key_span,
                Confidence::Definite,
                format!("environment of `{}`", block.address),
            );
        }
    }
}

pub(super) fn ssh_keys(ctx: &mut Ctx<'_>, block: &Block<'_, '_>) {
    if let Some(entry) = block.body.entry("admin_ssh_key") {
        sure(
            ctx,
            id::SSH_02,
            "ssh",
            block,
            entry.key_span,
            Confidence::Probable,
            "SSH key of an administrator",
        );
    }
    if let Some(entry) = block.body.get("metadata").and_then(|m| m.entry("ssh-keys")) {
        sure(
            ctx,
            id::SSH_02,
            "ssh",
            block,
            entry.key_span,
            Confidence::Probable,
            "SSH keys of a machine",
        );
    }
}
