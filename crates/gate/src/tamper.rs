//! What a change does to the things it is judged by.

use std::collections::BTreeMap;

use crate::baseline::Baseline;
use crate::finding::Finding;
use crate::signers::revoked_keys;

/// The folder of the gate in a repository.
pub const FOLDER: &str = ".sluice";
/// The policy.
pub const POLICY: &str = ".sluice/policy.toml";
/// The baseline.
pub const BASELINE: &str = ".sluice/baseline";
/// Who may approve.
pub const SIGNERS: &str = ".sluice/allowed_signers";
/// Keys that count no more.
pub const REVOKED: &str = ".sluice/revoked_keys";
/// Whose summaries of earlier stages count.
pub const VERIFIERS: &str = ".sluice/verifiers";
/// Who has which role.
pub const ROLES: &str = ".sluice/roles";
/// The waivers, a file for each.
pub const WAIVERS: &str = ".sluice/waivers/";
/// The configuration of scans.
pub const CONFIG: &str = ".sluice.toml";
/// Who is who.
pub const MAILMAP: &str = ".mailmap";

/// Where CODEOWNERS may stand, the first that is there counts.
pub const OWNERS: &[&str] = &[
    ".github/CODEOWNERS",
    "CODEOWNERS",
    "docs/CODEOWNERS",
    ".gitlab/CODEOWNERS",
];

/// The files that the gate is judged by, before and after a change: path to content.
pub type Files = BTreeMap<String, Vec<u8>>;

/// Whether a change to the path is looked at.
pub fn is_protected(path: &str) -> bool {
    path.starts_with(".sluice/") || [CONFIG, MAILMAP].contains(&path) || OWNERS.contains(&path)
}

/// What the change does to these files, as findings. Taking debt out of a baseline makes
/// the gate stricter and is none; nor is a waiver, which is worth nothing until somebody
/// else has signed it.
pub fn tampering(base: &Files, head: &Files) -> Vec<Finding> {
    let paths: std::collections::BTreeSet<&String> = base.keys().chain(head.keys()).collect();
    paths
        .into_iter()
        .filter_map(|path| of_file(path, base.get(path), head.get(path)))
        .collect()
}

fn of_file(path: &str, before: Option<&Vec<u8>>, after: Option<&Vec<u8>>) -> Option<Finding> {
    if before == after || path.starts_with(WAIVERS) {
        return None;
    }
    // A policy can only be stricter than none.
    if before.is_none() && path == POLICY {
        return None;
    }
    let done = match (before, after) {
        (None, _) => "brings",
        (_, None) => "takes away",
        _ => "edits",
    };
    let (subject, what) = match path {
        POLICY => ("policy", "its policy"),
        SIGNERS => ("signers", "who may approve"),
        VERIFIERS => ("verifiers", "whose summaries count"),
        REVOKED if only_adds(before, after) => return None,
        REVOKED => ("revoked", "which keys count no more"),
        ROLES => ("roles", "who has which role"),
        CONFIG => ("config", "what is scanned and what counts"),
        MAILMAP => ("mailmap", "who is who"),
        BASELINE => {
            let read = |bytes: Option<&Vec<u8>>| {
                let text = bytes
                    .map(|b| String::from_utf8_lossy(b))
                    .unwrap_or_default();
                Baseline::parse(&text)
            };
            match (read(before), read(after)) {
                (Ok(before), Ok(after)) => {
                    let added = after.0.difference(&before.0).count();
                    if added == 0 {
                        return None;
                    }
                    let title = format!("the change puts {added} of its findings on the baseline");
                    let text = after.to_text();
                    return Some(finding(
                        "baseline",
                        path,
                        &title,
                        done,
                        Some(text.as_bytes()),
                    ));
                }
                _ => ("baseline", "known debt"),
            }
        }
        path if OWNERS.contains(&path) => ("owners", "who answers for what"),
        _ => ("gate-file", "a file of the gate"),
    };
    let title = format!("the change {done} {what}");
    Some(finding(
        subject,
        path,
        &title,
        done,
        after.map(Vec::as_slice),
    ))
}

/// Whether all keys that were revoked still are: more of them make the gate stricter.
fn only_adds(before: Option<&Vec<u8>>, after: Option<&Vec<u8>>) -> bool {
    let keys = |bytes: Option<&Vec<u8>>| revoked_keys(bytes.map_or(&[][..], Vec::as_slice));
    match (keys(before), keys(after)) {
        (Ok(before), Ok(after)) => before.iter().all(|key| {
            let mut still = after.iter().map(ssh_key::PublicKey::key_data);
            still.any(|own| own == key.key_data())
        }),
        _ => false,
    }
}

/// Where there was nothing before, nothing said who may approve it.
fn finding(subject: &str, path: &str, title: &str, done: &str, after: Option<&[u8]>) -> Finding {
    let content = after.map(crate::canonical::sha256).unwrap_or_default();
    let first = if done == "brings" { "first-" } else { "" };
    Finding::tamper(&format!("{first}{subject}"), path, 0, title, &content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_to_what_judges_are_findings_and_tightening_is_not() {
        let one = format!("{}\n", "1".repeat(32));
        let two = format!("{one}{}\n", "2".repeat(32));
        for (path, before, after, want) in [
            (POLICY, Some("a"), Some("b"), Some("policy")),
            (POLICY, None, Some("b"), None),
            (POLICY, Some("a"), None, Some("policy")),
            (POLICY, Some("a"), Some("a"), None),
            (SIGNERS, Some("a"), Some("b"), Some("signers")),
            (BASELINE, Some(&one), Some(&two), Some("baseline")),
            (BASELINE, None, Some(&one), Some("first-baseline")),
            (SIGNERS, None, Some("a"), Some("first-signers")),
            (BASELINE, Some(&two), Some(&one), None),
            (BASELINE, Some(&two), None, None),
            (BASELINE, Some(&one), Some("junk"), Some("baseline")),
            (".sluice/waivers/x.json", None, Some("{}"), None),
            (
                ".sluice/rules/x.toml",
                Some("a"),
                Some("b"),
                Some("gate-file"),
            ),
            (ROLES, Some("a"), Some("b"), Some("roles")),
            (CONFIG, Some("a"), Some("b"), Some("config")),
            (".github/CODEOWNERS", Some("a"), Some("b"), Some("owners")),
        ] {
            let files = |text: Option<&str>| -> Files {
                text.map(|text| (path.to_owned(), text.as_bytes().to_vec()))
                    .into_iter()
                    .collect()
            };
            let found = tampering(&files(before), &files(after));
            let subject = found.first().map(|f| f.subject.as_str());
            assert_eq!(subject, want, "{path}: {before:?} to {after:?}");
        }
    }
}
