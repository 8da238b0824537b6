//! Ansible, and SSH keys of machines.

use sluicegate_core::{Confidence, Span};

use crate::found::Ctx;
use crate::ini;
use crate::kubernetes::report_encrypted;
use crate::name;
use crate::node::{Entry, Node};
use crate::pattern::id;

const KEYS: [&str; 9] = [
    "ansible_ssh_pass",
    "ansible_password",
    "ansible_become_pass",
    "ansible_become_password",
    "ansible_sudo_pass",
    "ansible_ssh_private_key_file",
    "ansible_private_key_file",
    "vault_password_file",
    "private_key_file",
];

const ARGUMENTS: [(&str, &str); 10] = [
    ("aws_secret_key", "aws"),
    ("aws_secret_access_key", "aws"),
    ("secret_key", "aws"),
    ("aws_access_key", "aws"),
    ("client_secret", "azure"),
    ("service_account_file", "gcp"),
    ("service_account_contents", "gcp"),
    ("vault_secret_id", "vault"),
    ("api_token", "stored"),
    ("github_token", "github"),
];

/// Reads a playbook, tasks or variables.
pub(crate) fn yaml(ctx: &mut Ctx<'_>, root: &Node<'_>) {
    let mut entries: Vec<&Entry<'_>> = Vec::new();
    root.each_entry(&mut |entry| entries.push(entry));
    for entry in entries {
        let key = &*entry.key;
        let text = entry.value.text().unwrap_or_default();
        if entry.value.tag.as_deref() == Some("vault") {
            report_encrypted(ctx, entry, "Ansible Vault");
            if KEYS.contains(&key) {
                ctx.report_beside_value(
                    id::SSH_01,
                    "ansible",
                    key,
                    entry.key_span,
                    Confidence::Definite,
                    "login of Ansible",
                );
            }
        } else if KEYS.contains(&key) && !text.is_empty() {
            ctx.report_beside_value(
                id::SSH_01,
                "ansible",
                key,
                entry.key_span,
                Confidence::Definite,
                "login of Ansible",
            );
        } else if text.contains("{{") {
            let argument = ARGUMENTS.iter().find(|(name, _)| *name == key);
            let half = key == "aws_access_key";
            if let Some((_, provider)) = argument.filter(|_| !half) {
                let (name, span) = variable(ctx, &entry.value).unwrap_or((key, entry.key_span));
                let name = name.to_owned();
                // Modules take a token that lasts an hour in the same place.
                ctx.report(
                    id::SSH_01,
                    provider,
                    &name,
                    span,
                    Confidence::Definite,
                    format!("`{key}` of a module"),
                );
            } else if text.contains("lookup('env'") || text.contains("lookup(\"env\"") {
                let quoted = text.split(['\'', '"']).find(|part| {
                    name::classify(part)
                        .known()
                        .is_some_and(|n| n.class.is_cloud())
                });
                if let Some(name) = quoted {
                    let provider = name::classify(name)
                        .secret()
                        .map_or("stored", |n| n.provider);
                    let name = name.to_owned();
                    ctx.report(
                        id::SSH_01,
                        provider,
                        &name,
                        entry.value.span,
                        Confidence::Definite,
                        "variable of the caller",
                    );
                }
            }
        }
        if key == "ssh_authorized_keys" && !entry.value.items().is_empty() {
            ctx.report(
                id::SSH_02,
                "ssh",
                "ssh_authorized_keys",
                entry.key_span,
                Confidence::Definite,
                "keys of a machine",
            );
        }
    }
}

/// The first variable in `{{ … }}`.
fn variable<'t>(ctx: &Ctx<'t>, node: &Node<'_>) -> Option<(&'t str, Span)> {
    let raw = ctx.raw(node.span);
    let at = raw.find("{{")? + 2;
    let skipped = raw[at..].len() - raw[at..].trim_start().len();
    let start = at + skipped;
    let length = raw[start..]
        .bytes()
        .take_while(|b| b.is_ascii_alphanumeric() || *b == b'_')
        .count();
    let span = Span::new(node.span.start + start, node.span.start + start + length);
    (length > 0).then(|| (&raw[start..start + length], span))
}

/// An inventory in lines.
pub(crate) fn inventory(ctx: &mut Ctx<'_>) {
    for key in KEYS {
        for (at, _) in ctx.text.match_indices(key).collect::<Vec<_>>() {
            let before = ctx.text[..at].chars().next_back();
            let after = ctx.text[at + key.len()..].trim_start();
            let line_start = ctx.text[..at].rfind('\n').map_or(0, |n| n + 1);
            let comment = ctx.text[line_start..at]
                .trim_start()
                .starts_with(['#', ';'])
                // Everybody has the key of Vagrant's boxes.
                || after.lines().next().is_some_and(|l| l.contains("insecure_private_key"));
            if after.starts_with('=') && !comment && before.is_none_or(char::is_whitespace) {
                ctx.report_beside_value(
                    id::SSH_01,
                    "ansible",
                    key,
                    Span::new(at, at + key.len()),
                    Confidence::Definite,
                    "login of Ansible",
                );
            }
        }
    }
}

/// `ansible.cfg`
pub(crate) fn config(ctx: &mut Ctx<'_>) {
    for line in ini::lines(ctx.text) {
        if ["vault_password_file", "private_key_file"].contains(&line.key) && !line.value.is_empty()
        {
            ctx.report(
                id::SSH_01,
                "ansible",
                line.value,
                line.value_span,
                Confidence::Definite,
                format!("`{}`", line.key),
            );
        }
    }
}

/// `authorized_keys`
pub(crate) fn authorized_keys(ctx: &mut Ctx<'_>) {
    for line in ctx.text.lines() {
        let Some(at) = ["ssh-rsa ", "ssh-ed25519 ", "ecdsa-sha2-", "sk-ssh-"]
            .iter()
            .find_map(|kind| line.find(kind))
        else {
            continue;
        };
        if line.trim_start().starts_with('#') || line.contains("cert-authority") {
            continue;
        }
        let start = line.as_ptr() as usize - ctx.text.as_ptr() as usize + at;
        let comment = line[at..].split_whitespace().nth(2).unwrap_or("key");
        let kind = line[at..].split_whitespace().next().unwrap_or_default();
        let name = format!("{kind} {comment}");
        ctx.report(
            id::SSH_02,
            "ssh",
            &name,
            Span::new(start, start + kind.len()),
            Confidence::Definite,
            "key that may log in",
        );
    }
}
