//! Rules of ours for rules that gitleaks and betterleaks bring along, for files that change
//! those: what such a file lets pass of theirs passes here of ours.

use sluicegate_core::{Pattern, RuleSpec};

/// Their id, and ids of ours; a star stands for any ending. Rules with the same id on both
/// sides are not listed.
const NAMES: &[(&str, &[&str])] = &[
    (
        "aws-access-token",
        &["aws-access-key-id", "aws-session-key-id"],
    ),
    (
        "curl-auth-header",
        &[
            "http-bearer-header",
            "http-basic-header",
            "http-token-header",
            "http-api-key-header",
        ],
    ),
    ("curl-auth-user", &["http-curl-user"]),
    ("digitalocean-pat", &["digitalocean-personal-access-token"]),
    ("discord-api-token", &["discord-bot-token"]),
    ("generic-credential-uri", &["url-*"]),
    (
        "github-app-token",
        &["github-app-installation-token", "github-app-user-token"],
    ),
    ("github-fine-grained-pat", &["github-fine-grained-token"]),
    ("github-oauth", &["github-oauth-token"]),
    ("github-pat", &["github-personal-access-token"]),
    (
        "gitlab-pat",
        &[
            "gitlab-personal-access-token",
            "gitlab-routable-access-token",
        ],
    ),
    ("heroku-api-key", &["heroku-api-*"]),
    ("jwt-base64", &["jwt"]),
    ("private-key", &["private-key-*"]),
    ("pypi-upload-token", &["pypi-api-token"]),
    ("sendgrid-api-token", &["sendgrid-api-key"]),
    ("stripe-access-token", &["stripe-*"]),
    ("telegram-bot-api-token", &["telegram-bot-*"]),
    ("twilio-api-key", &["twilio-api-key-*"]),
    ("vault-service-token", &["hashicorp-vault-service-token"]),
];

/// Those of theirs that look for any value that is assigned to a telling name.
const GENERIC: &[&str] = &[
    "generic-api-key",
    "generic-password",
    "generic-username",
    "hashicorp-tf-password",
    "kubernetes-secret-yaml",
    "nuget-config-password",
];

/// Whether `rule` is what finds here what their rule `id` finds.
pub(crate) fn stands_for(id: &str, rule: &RuleSpec) -> bool {
    let own = rule.id.as_str();
    let named = |pattern: &str| match pattern.strip_suffix('*') {
        Some(start) => own.starts_with(start),
        None => own == pattern,
    };
    let mut listed = NAMES.iter().filter(|(theirs, _)| *theirs == id);
    own == id
        || listed.any(|(_, ours)| ours.iter().any(|pattern| named(pattern)))
        || (GENERIC.contains(&id) && matches!(rule.pattern, Pattern::Assignment))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rules;

    #[test]
    fn every_name_leads_to_a_rule() {
        let rules = Rules::builder()
            .build(&[])
            .expect("the built-in rules are valid");
        for id in NAMES.iter().map(|(id, _)| id).chain(GENERIC) {
            let mut ours = rules.set().ids().map(|rule| rules.set().spec(rule));
            assert!(ours.any(|rule| stands_for(id, rule)), "{id}");
        }
    }
}
