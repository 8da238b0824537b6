//! Which job a reference belongs to: pipelines say of stretches of their file what runs
//! there, and the innermost stretch around a reference counts.

use std::cmp::Reverse;
use std::sync::Arc;

use sluicegate_core::{Job, Span, without_values};

use crate::found::Reference;
use crate::name;

/// A stretch of a pipeline: a job, a step, an `env`.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) span: Span,
    pub(crate) job: Job,
    /// Actions that are handed what stands here and are not pinned.
    pub(crate) unpinned: Vec<String>,
}

/// Who writes an action, and whose credentials they may see: they hold the service that the
/// credential is for.
const MAKERS: &[(&str, &str)] = &[
    ("aws-actions", "aws"),
    ("azure", "azure"),
    ("google-github-actions", "gcp"),
    ("docker", "docker"),
    ("hashicorp", "vault"),
    ("hashicorp", "terraform"),
    ("pypa", "pypi"),
    ("pulumi", "pulumi"),
    ("codecov", "codecov"),
    ("sonarsource", "sonarcloud"),
    ("snyk", "snyk"),
    ("cloudflare", "cloudflare"),
    ("digitalocean", "digitalocean"),
    ("anthropics", "anthropic"),
    ("openai", "openai"),
    ("superfly", "fly"),
    ("1password", "onepassword"),
];

/// Gives each reference the job of the innermost part around it. `found` is in order of
/// places. One pass over both: a file may have many thousands of either.
pub(crate) fn assign(found: &mut [Reference], mut parts: Vec<Part>) {
    parts.sort_by_key(|part| (part.span.start, Reverse(part.span.end)));
    let mut next = parts.iter().peekable();
    let mut open: Vec<&Part> = Vec::new();
    // Most references of a part are told the same of it.
    let mut last: Option<Arc<Job>> = None;
    for reference in found {
        let span = reference.span;
        while let Some(part) = next.next_if(|part| part.span.start <= span.start) {
            open.retain(|outer| outer.span.end >= part.span.end);
            open.push(part);
        }
        let around = open.iter().rev().find(|part| part.span.end >= span.end);
        let Some(part) = around else { continue };
        let mut job = part.job.clone();
        job.unpinned_action = part
            .unpinned
            .iter()
            .find(|action| !is_maker(action, reference.provider))
            .cloned();
        let job = match last.take().filter(|known| **known == job) {
            Some(known) => known,
            None => Arc::new(job),
        };
        reference.job = Some(Arc::clone(&job));
        last = Some(job);
    }
}

fn is_maker(action: &str, provider: &str) -> bool {
    let owner = action.split('/').next().unwrap_or_default();
    MAKERS
        .iter()
        .any(|(maker, of)| owner.eq_ignore_ascii_case(maker) && *of == provider)
}

/// A text of a pipeline as reports may show it: short and on one line.
pub(crate) fn shown(text: &str) -> String {
    let text = text.trim().chars().filter(|c| !c.is_control());
    without_values(&text.take(120).collect::<String>())
}

/// An action as it is written. The digest of its version is no value, and says which it is.
pub(crate) fn shown_action(uses: &str) -> String {
    match uses.rsplit_once('@') {
        Some((action, version)) if is_digest(version) => format!("{}@{version}", shown(action)),
        _ => shown(uses),
    }
}

/// Whether a version is the id of a commit or of an image, which cannot become another.
pub(crate) fn is_digest(version: &str) -> bool {
    let digits = version.strip_prefix("sha256:").unwrap_or(version);
    matches!(digits.len(), 40 | 64) && digits.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Whether a name says that its holder can do everything. Passwords of one program's
/// administrator are common and reach no further than that program, so only what a machine
/// logs in with counts.
pub(crate) fn is_admin(name: &str) -> bool {
    let words = name::words(name);
    let has = |known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
    has(&["ADMIN", "ADMINISTRATOR", "SUPERUSER", "ROOT"])
        && has(&["TOKEN", "PAT", "KEY", "CREDENTIALS", "KUBECONFIG"])
        && !has(&["PASSWORD", "CA", "PUBLIC"])
}

#[cfg(test)]
mod tests {
    use sluicegate_core::Confidence;

    use super::*;
    use crate::pattern::id;

    #[test]
    fn the_innermost_part_counts() {
        let part = |start, end, name: &str| Part {
            span: Span::new(start, end),
            job: Job {
                environment: Some(name.to_owned()),
                ..Job::default()
            },
            unpinned: vec!["docker/login-action@v3".to_owned()],
        };
        let at = |start: usize, provider| Reference {
            pattern: id::GHA_12,
            provider,
            name: "X".to_owned(),
            span: Span::new(start, start + 2),
            confidence: Confidence::Definite,
            usage: String::new(),
            beside_value: false,
            job: None,
            is_admin: false,
        };
        let mut found = [
            at(5, "docker"),
            at(12, "docker"),
            at(25, "quay"),
            at(35, "docker"),
            at(99, "docker"),
        ];
        let parts = vec![part(20, 30, "b"), part(0, 50, "all"), part(10, 20, "a")];
        assign(&mut found, parts);
        let told = found.iter().map(|f| {
            let job = f.job.as_deref()?;
            Some((job.environment.as_deref()?, job.unpinned_action.is_some()))
        });
        let told: Vec<_> = told.collect();
        assert_eq!(
            told,
            [
                Some(("all", false)),
                Some(("a", false)),
                Some(("b", true)),
                Some(("all", false)),
                None
            ]
        );
    }

    #[test]
    fn names_of_machine_credentials_tell_administrators() {
        for (name, want) in [
            ("ORG_ADMIN_TOKEN", true),
            ("VAULT_ROOT_TOKEN", true),
            ("adminKubeconfig", true),
            ("MYSQL_ROOT_PASSWORD", false),
            ("ADMIN_EMAIL", false),
            ("ROOT_CA_KEY", false),
            ("CHROOT_KEY", false),
        ] {
            assert_eq!(is_admin(name), want, "{name}");
        }
    }
}
