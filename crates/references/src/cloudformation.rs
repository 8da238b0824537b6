//! CloudFormation, SAM and Serverless; Bicep and ARM.

use sluicegate_core::{Confidence, Span};

use crate::found::Ctx;
use crate::name::{self, Class, Name};
use crate::node::{Entry, Node};
use crate::pattern::id;
use crate::trust;

/// Reads a template.
pub(crate) fn read(ctx: &mut Ctx<'_>, root: &Node<'_>) {
    for entry in root.get("Resources").map_or(&[][..], Node::entries) {
        resource(ctx, entry);
    }
    for entry in root.get("Outputs").map_or(&[][..], Node::entries) {
        if let Some(value) = entry.value.get("Value") {
            let text = ctx.raw(value.span);
            if text.contains("SecretAccessKey") {
                ctx.report(
                    id::CF_01,
                    "aws",
                    &entry.key,
                    value.span,
                    Confidence::Definite,
                    "output that holds a key",
                );
            }
        }
    }
    trust::policies(ctx, root);
}

fn resource(ctx: &mut Ctx<'_>, entry: &Entry<'_>) {
    let Some(kind) = entry.value.get("Type") else {
        return;
    };
    let properties = entry.value.get("Properties");
    let property = |key: &str| properties.and_then(|p| p.get(key));
    match kind.text().unwrap_or_default() {
        "AWS::IAM::AccessKey" => {
            ctx.report(
                id::CF_01,
                "aws",
                &entry.key,
                kind.span,
                Confidence::Definite,
                "resource that is a credential",
            );
        }
        "AWS::IAM::User" => {
            if let Some(login) = property("LoginProfile") {
                ctx.report(
                    id::CF_01,
                    "aws",
                    &entry.key,
                    login.span,
                    Confidence::Definite,
                    "password of a user",
                );
            }
        }
        "AWS::CodeBuild::SourceCredential" => {
            let kind = property("AuthType");
            if kind
                .and_then(Node::text)
                .is_some_and(|t| ["PERSONAL_ACCESS_TOKEN", "BASIC_AUTH"].contains(&t))
            {
                let span = kind.map_or(entry.key_span, |k| k.span);
                ctx.report(
                    id::CB_01,
                    "github",
                    &entry.key,
                    span,
                    Confidence::Definite,
                    "source of builds",
                );
            }
        }
        "AWS::CodePipeline::Pipeline" => {
            let mut tokens = Vec::new();
            entry.value.each_entry(&mut |e| {
                if e.key == "OAuthToken" {
                    tokens.push(e.key_span);
                }
            });
            for span in tokens {
                ctx.report_beside_value(
                    id::CB_01,
                    "github",
                    &entry.key,
                    span,
                    Confidence::Definite,
                    "source of a pipeline",
                );
            }
        }
        _ => {}
    }
    let variables = properties.and_then(|p| p.at(&["Environment", "Variables"]));
    environment(ctx, variables, &format!("of `{}`", entry.key));
    let mut lists = Vec::new();
    entry.value.each_entry(&mut |e| {
        if e.key == "Secrets" {
            lists.push(e);
        }
    });
    for list in lists {
        for item in list.value.items() {
            let key = item.text_at(&["Name"]).unwrap_or_default();
            if let Some(named) = name::classify(key).known().filter(|n| n.class.is_cloud()) {
                let span = item.get("Name").map_or(item.span, |n| n.span);
                ctx.report(
                    id::CF_05,
                    named.provider,
                    key,
                    span,
                    Confidence::Definite,
                    format!("container of `{}`", entry.key),
                );
            }
        }
    }
}

/// Cloud keys that come from a store of secrets.
fn environment(ctx: &mut Ctx<'_>, variables: Option<&Node<'_>>, place: &str) {
    for entry in variables.map_or(&[][..], Node::entries) {
        let Name::Secret(named) = name::classify(&entry.key) else {
            continue;
        };
        let raw = ctx.raw(entry.value.span);
        let stored = ["{{resolve:", "${ssm", "${env:", "${cf", "${opt", "${param"]
            .iter()
            .any(|form| raw.contains(form));
        let taken = stored || entry.value.tag.as_deref() == Some("Ref");
        if !taken || entry.key == "AWS_ACCESS_KEY_ID" {
            continue;
        }
        let sure = match named.class {
            class if class.is_cloud() => Confidence::Definite,
            Class::Generic => continue,
            _ => Confidence::Probable,
        };
        let usage = format!("environment {place}");
        ctx.report(
            id::CF_05,
            named.provider,
            &entry.key,
            entry.key_span,
            sure,
            usage,
        );
    }
}

/// Reads `serverless.yml`.
pub(crate) fn serverless(ctx: &mut Ctx<'_>, root: &Node<'_>) {
    environment(
        ctx,
        root.at(&["provider", "environment"]),
        "of all functions",
    );
    for entry in root.get("functions").map_or(&[][..], Node::entries) {
        environment(
            ctx,
            entry.value.get("environment"),
            &format!("of function `{}`", entry.key),
        );
    }
    if let Some(resources) = root.get("resources") {
        read(ctx, resources);
    }
}

/// Reads Bicep, and ARM templates: both are searched as text, for what both write alike.
pub(crate) fn bicep(ctx: &mut Ctx<'_>) {
    const CALLS: [&str; 4] = [
        "listKeys(",
        "listCredentials(",
        "listAccountSas(",
        "listServiceSas(",
    ];
    for (at, call) in CALLS
        .iter()
        .flat_map(|call| ctx.text.match_indices(call))
        .collect::<Vec<_>>()
    {
        if is_comment(ctx.text, at) {
            continue;
        }
        let line_start = ctx.text[..at].rfind('\n').map_or(0, |n| n + 1);
        let line = &ctx.text[line_start..];
        let line = &line[..line.find('\n').unwrap_or(line.len())];
        let setting = line.contains("AccountKey=") || line.contains("SharedAccessKey=");
        let sure = if setting {
            Confidence::Definite
        } else {
            Confidence::Probable
        };
        let span = Span::new(at, at + call.len() - 1);
        ctx.report(
            id::CF_03,
            "azure",
            call.trim_end_matches('('),
            span,
            sure,
            "reads a shared key",
        );
    }
    const FLAGS: [(&str, &str); 3] = [
        ("adminUserEnabled", "true"),
        ("allowSharedKeyAccess", "true"),
        ("disableLocalAuth", "false"),
    ];
    for (flag, on) in FLAGS {
        for (at, _) in ctx.text.match_indices(flag).collect::<Vec<_>>() {
            let rest = ctx.text[at + flag.len()..]
                .trim_start_matches('"')
                .trim_start();
            let value = rest
                .strip_prefix(':')
                .map(str::trim_start)
                .unwrap_or_default();
            if value.starts_with(on) && !is_comment(ctx.text, at) {
                let span = Span::new(at, at + flag.len());
                ctx.report(
                    id::CF_03,
                    "azure",
                    flag,
                    span,
                    Confidence::Definite,
                    "shared keys are on",
                );
            }
        }
    }
}

fn is_comment(text: &str, at: usize) -> bool {
    let line_start = text[..at].rfind('\n').map_or(0, |n| n + 1);
    text[line_start..at].trim_start().starts_with("//")
}
