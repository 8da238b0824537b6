//! Terraform and OpenTofu: resources that mint credentials, providers that log in with
//! them, and trust that is too wide.

use sluicegate_core::{Confidence, Span};

use crate::found::Ctx;
use crate::hcl::{EXPRESSION, labels};
use crate::name;
use crate::node::{Entry, Node};
use crate::pattern::{PatternId, id};
use crate::trust;

/// A block on its way.
pub(crate) struct Block<'n, 't> {
    pub(crate) kind: &'n str,
    pub(crate) name: String,
    /// `kind.name`, as Terraform calls it.
    pub(crate) address: String,
    pub(crate) span: Span,
    pub(crate) body: &'n Node<'t>,
    /// `count = 0`: it is there and makes nothing.
    pub(crate) off: bool,
}

impl Block<'_, '_> {
    fn is(&self, key: &str, value: &str) -> bool {
        self.body.text_at(&[key]) == Some(value)
    }

    fn has(&self, key: &str) -> bool {
        self.body.get(key).is_some()
    }
}

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

/// Reads a file.
pub(crate) fn read(ctx: &mut Ctx<'_>, root: &Node<'_>) {
    for entry in root.entries() {
        match &*entry.key {
            "resource" => each(entry, &mut |block| resource(ctx, &block)),
            "data" => each(entry, &mut |block| data(ctx, &block)),
            "provider" => each(entry, &mut |block| provider(ctx, &block)),
            "output" => each(entry, &mut |block| output(ctx, &block)),
            "terraform" => {
                for backend in entry.value.entries().iter().filter(|e| e.key == "backend") {
                    each(backend, &mut |block| provider(ctx, &block));
                }
            }
            "credentials" => each(entry, &mut |block| {
                if let Some(token) = block.body.entry("token") {
                    ctx.report_beside_value(
                        id::PKG_09,
                        "terraform",
                        block.kind,
                        token.key_span,
                        Confidence::Definite,
                        "configuration of the CLI",
                    );
                }
            }),
            // Terragrunt writes both as attributes.
            "inputs" | "remote_state" => {}
            _ => {}
        }
    }
    trust::policies(ctx, root);
}

/// The block, or the blocks that JSON has under one name.
fn each<'n, 't>(entry: &'n Entry<'t>, visit: &mut dyn FnMut(Block<'n, 't>)) {
    let block = |kind: &'n str, name: &str, span: Span, body: &'n Node<'t>| Block {
        kind,
        name: name.to_owned(),
        address: if name.is_empty() {
            kind.to_owned()
        } else {
            format!("{kind}.{name}")
        },
        span,
        body,
        off: body.text_at(&["count"]) == Some("0"),
    };
    if entry.value.tag.is_some() {
        let labels = labels(&entry.value);
        let kind = labels.first().copied().unwrap_or_default();
        let name = labels.get(1).copied().unwrap_or_default();
        return visit(block(kind, name, entry.key_span, &entry.value));
    }
    for kind in entry.value.entries() {
        let named = kind
            .value
            .entries()
            .iter()
            .filter(|e| e.value.is_map() || !e.value.items().is_empty());
        let mut any = false;
        for name in named {
            any = true;
            for body in name.value.one_or_many() {
                visit(block(&kind.key, &name.key, kind.key_span, body));
            }
        }
        if !any {
            for body in kind.value.one_or_many() {
                visit(block(&kind.key, "", kind.key_span, body));
            }
        }
    }
}

fn report(
    ctx: &mut Ctx<'_>,
    pattern: PatternId,
    provider: &'static str,
    block: &Block<'_, '_>,
    span: Span,
    usage: &str,
) {
    sure(
        ctx,
        pattern,
        provider,
        block,
        span,
        Confidence::Definite,
        usage,
    );
}

fn sure(
    ctx: &mut Ctx<'_>,
    pattern: PatternId,
    provider: &'static str,
    block: &Block<'_, '_>,
    span: Span,
    confidence: Confidence,
    usage: &str,
) {
    let confidence = if block.off {
        Confidence::Hint
    } else {
        confidence
    };
    ctx.report(pattern, provider, &block.address, span, confidence, usage);
}

fn resource(ctx: &mut Ctx<'_>, block: &Block<'_, '_>) {
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

/// Secrets of CI systems that are written from here.
fn planted(ctx: &mut Ctx<'_>, block: &Block<'_, '_>) {
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
fn databases(ctx: &mut Ctx<'_>, block: &Block<'_, '_>) {
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
fn user_data(ctx: &mut Ctx<'_>, block: &Block<'_, '_>) {
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

fn ssh_keys(ctx: &mut Ctx<'_>, block: &Block<'_, '_>) {
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

/// Federated credentials of Azure and pools of Google that take too much.
fn federation(ctx: &mut Ctx<'_>, block: &Block<'_, '_>) {
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

fn data(ctx: &mut Ctx<'_>, block: &Block<'_, '_>) {
    if ![
        "azurerm_storage_account_sas",
        "azurerm_storage_account_blob_container_sas",
    ]
    .contains(&block.kind)
    {
        return;
    }
    let Some(expiry) = block.body.get("expiry") else {
        return report(
            ctx,
            id::TF_10,
            "azure",
            block,
            block.span,
            "signature that is minted here",
        );
    };
    report(
        ctx,
        id::TF_10,
        "azure",
        block,
        expiry.span,
        "signature that is minted here",
    );
}

/// Providers and backends that log in with what does not expire.
fn provider(ctx: &mut Ctx<'_>, block: &Block<'_, '_>) {
    let attribute = |keys: &[&str]| {
        keys.iter().find_map(|key| {
            let entry = block.body.entry(key)?;
            let text = entry.value.text().unwrap_or_default();
            let emulated = ["test", "mock_access_key", "mock", "fake", ""].contains(&text);
            (!emulated && text != "null").then_some(entry)
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

fn output(ctx: &mut Ctx<'_>, block: &Block<'_, '_>) {
    const SOURCES: &[(&str, &str)] = &[
        ("aws_iam_access_key.", "aws"),
        ("google_service_account_key.", "gcp"),
        ("google_apikeys_key.", "gcp"),
        ("azuread_application_password.", "azure"),
        ("azuread_service_principal_password.", "azure"),
        ("tls_private_key.", "signing"),
        ("primary_access_key", "azure"),
        ("primary_connection_string", "azure"),
        ("random_password.", "stored"),
    ];
    let Some(value) = block.body.get("value") else {
        return;
    };
    let text = value.text().unwrap_or_default();
    // The halves that are no secret.
    let harmless = text.ends_with(".id")
        || text.contains("public_key")
        || text.ends_with(".status")
        || text.ends_with(".user");
    if let Some((_, provider)) = SOURCES
        .iter()
        .find(|(source, _)| text.contains(source))
        .filter(|_| !harmless)
    {
        let name = format!("output.{}", block.kind);
        let confidence = if block.off {
            Confidence::Hint
        } else {
            Confidence::Definite
        };
        let _ = &block.name;
        ctx.report(
            id::TF_19,
            provider,
            &name,
            value.span,
            confidence,
            "output that holds a credential",
        );
    }
}
