//! Profiles of command lines, the Docker client, environment files.

use crate::dockerfile::is_placeholder;
use crate::found::Ctx;
use crate::ini;
use crate::name::{self, Class};
use crate::node::Node;
use crate::pattern::id;
use sluicegate_core::Confidence;

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
