//! Changes to Terraform, Bicep, ARM templates and shell scripts.

use sluicegate_core::Span;

use super::lines::Edit;
use super::{Proposal, at_once, needing};
use crate::found::Reference;
use crate::hcl::labels;
use crate::node::{Entry, Node};
use crate::pattern::id;

const NEEDS_ROLES: &str =
    "whatever logs in with a shared key must have a role assigned to its identity";
const NEEDS_READERS: &str =
    "what reads the password from its variable must read the secret that the service keeps";

/// The opposite of a flag.
fn opposite(flag: &str) -> Option<&'static str> {
    match flag {
        "true" => Some("false"),
        "false" => Some("true"),
        _ => None,
    }
}

pub(super) fn terraform(text: &str, root: &Node<'_>, reference: &Reference) -> Option<Proposal> {
    let blocks = root.entries().iter().filter(|e| e.key == "resource");
    let own = |entry: &&Entry<'_>| {
        let whole = entry.value.span;
        entry.key_span == reference.span
            || whole.start <= reference.span.start && reference.span.end <= whole.end
    };
    let block = blocks.into_iter().find(own)?;
    let kind = labels(&block.value).first().copied().unwrap_or_default();
    let attribute = block
        .value
        .entries()
        .iter()
        .find(|e| e.value.span == reference.span);
    match reference.pattern {
        id::TF_09 => {
            let value = attribute?.value.text()?;
            let edits = vec![Edit::new(reference.span, opposite(value)?)];
            Some(needing(edits, NEEDS_ROLES))
        }
        id::TF_16 if ["aws_db_instance", "aws_rds_cluster"].contains(&kind) => {
            let entry = attribute?;
            let span = Span::new(entry.key_span.start, entry.value.span.end);
            let edits = vec![Edit::new(span, "manage_master_user_password = true")];
            Some(needing(edits, NEEDS_READERS))
        }
        id::OID_05 => {
            let key = ["max_session_duration", "token_ttl"];
            let entry = key.iter().find_map(|key| block.value.entry(key))?;
            let is_number = text
                .get(entry.value.span.start..entry.value.span.end)?
                .bytes()
                .all(|b| b.is_ascii_digit());
            is_number.then(|| at_once(vec![Edit::new(entry.value.span, "3600")]))
        }
        _ => None,
    }
}

/// Flags of Bicep and of ARM.
pub(super) fn template(text: &str, reference: &Reference) -> Option<Proposal> {
    if reference.pattern != id::CF_03 {
        return None;
    }
    let rest = text.get(reference.span.end..)?;
    let value = rest
        .trim_start_matches('"')
        .trim_start()
        .strip_prefix(':')?;
    let value = value.trim_start();
    let length = value.bytes().take_while(u8::is_ascii_alphabetic).count();
    let start = text.len() - value.len();
    let span = Span::new(start, start + length);
    let edits = vec![Edit::new(span, opposite(&value[..length])?)];
    Some(needing(edits, NEEDS_ROLES))
}

/// `ssh-keygen -s` gets an end.
pub(super) fn script(text: &str, reference: &Reference) -> Option<Proposal> {
    if reference.pattern != id::SSH_03 {
        return None;
    }
    let rest = text.get(reference.span.start..)?;
    let command = rest.split(['\n', ';', '|', '&']).next()?;
    if let Some(at) = command.find("always:forever") {
        let start = reference.span.start + at;
        let span = Span::new(start, start + "always:forever".len());
        return Some(at_once(vec![Edit::new(span, "+1h")]));
    }
    let end = reference.span.start + command.find("ssh-keygen")? + "ssh-keygen".len();
    let has_end = command.split_whitespace().any(|word| word == "-V");
    (!has_end).then(|| at_once(vec![Edit::new(Span::new(end, end), " -V +1h")]))
}
