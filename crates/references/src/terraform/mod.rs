//! Terraform and OpenTofu: resources that mint credentials, providers that log in with
//! them, and trust that is too wide.

mod federation;
mod login;
mod resource;
mod secret;

use crate::found::Ctx;
use crate::hcl::labels;
use crate::node::{Entry, Node};
use crate::pattern::{PatternId, id};
use crate::trust;
use sluicegate_core::{Confidence, Span};

use federation::federation;
use login::provider;
use resource::resource;
use secret::{databases, planted, ssh_keys, user_data};

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

pub(super) fn report(
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

pub(super) fn sure(
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
    let whole = value.text().unwrap_or_default();
    // Of a text only what is put into it counts.
    let is_text = ctx.raw(value.span).starts_with("<<") || whole.contains("${");
    let text: String = match is_text {
        true => whole
            .split("${")
            .skip(1)
            .filter_map(|part| part.split('}').next())
            .collect::<Vec<_>>()
            .join(" "),
        false => whole.to_owned(),
    };
    // The attribute that is taken tells whether it is the half that is no secret.
    let attribute = |source: &str| {
        let at = text.find(source)? + source.len();
        let chain = text[at..].split(|c: char| !c.is_ascii_alphanumeric() && !"_.[]*".contains(c));
        Some(chain.into_iter().next()?.rsplit('.').next()?.to_owned())
    };
    let harmless = |source: &str| {
        attribute(source).is_some_and(|attribute| {
            [
                "id",
                "status",
                "user",
                "key_fingerprint",
                "arn",
                "name",
                "create_date",
            ]
            .contains(&&*attribute)
                || attribute.starts_with("public_key")
                || attribute.starts_with("encrypted_")
        })
    };
    if let Some((_, provider)) = SOURCES
        .iter()
        .find(|(source, _)| text.contains(source) && !harmless(source))
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
