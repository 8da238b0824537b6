//! What the name of a variable or of a stored credential says.

mod lexicon;

use crate::provider::ROWS;

use lexicon::{
    ENCODINGS, PLAIN_ENDS, PLAIN_LAST, PREFIXES, SECRET_ENDS, SECRET_INSIDE, SECRET_LAST,
    SHORT_LIVED,
};

/// What kind of credential a name speaks of; decides which advice is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    Aws,
    Azure,
    Gcp,
    /// A token of a code host.
    Scm,
    /// The private key of an app of a code host.
    AppKey,
    Ssh,
    Npm,
    Pypi,
    Cargo,
    /// Another registry of packages.
    Publish,
    Registry,
    Kubernetes,
    Sign,
    /// Infrastructure as code, and stores of secrets.
    Iac,
    /// A service that things are deployed to.
    Deploy,
    Saas,
    Ai,
    /// Coverage and quality services.
    Quality,
    /// Chat, monitoring, mail and the like.
    Chat,
    Database,
    /// A key that an application signs or encrypts with.
    AppSecret,
    /// It looks like a credential, of what is not known.
    Generic,
}

impl Class {
    pub(crate) fn is_cloud(self) -> bool {
        matches!(self, Self::Aws | Self::Azure | Self::Gcp)
    }
}

/// A name that speaks of a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) provider: &'static str,
    pub(crate) class: Class,
}

/// What a name says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Name {
    /// A stored credential.
    Secret(Named),
    /// A credential that the platform mints for one job.
    ShortLived,
    /// No credential at all: a user, a host, a region.
    Plain,
    /// Nothing.
    Unknown,
}

impl Name {
    pub(crate) fn secret(self) -> Option<Named> {
        match self {
            Self::Secret(named) => Some(named),
            _ => None,
        }
    }

    /// A credential whose kind is known.
    pub(crate) fn known(self) -> Option<Named> {
        self.secret().filter(|named| named.class != Class::Generic)
    }
}

/// Splits a name at separators and at changes of case: `apiToken`, `API_TOKEN` and
/// `api-token` are the same two words.
pub(crate) fn words(name: &str) -> Vec<String> {
    let bytes = name.as_bytes();
    let mut words: Vec<String> = Vec::with_capacity(6);
    let mut add = |from: usize, to: usize| {
        let Some(word) = name.get(from..to).filter(|word| !word.is_empty()) else {
            return;
        };
        let word = word.to_ascii_uppercase();
        // `GitHub` and `OpenAI` are one word.
        match words.last_mut() {
            Some(last) if are_one_word(last, &word) => last.push_str(&word),
            _ => words.push(word),
        }
    };
    let mut start = 0;
    for (at, &b) in bytes.iter().enumerate() {
        if !b.is_ascii_alphanumeric() {
            add(start, at);
            start = at + 1;
            continue;
        }
        let before = at.checked_sub(1).map_or(0, |before| bytes[before]);
        let after = bytes.get(at + 1).copied().unwrap_or(0);
        let starts = b.is_ascii_uppercase()
            && (before.is_ascii_lowercase()
                || before.is_ascii_uppercase() && after.is_ascii_lowercase());
        if starts {
            add(start, at);
            start = at;
        }
    }
    add(start, bytes.len());
    words
}

fn are_one_word(first: &str, second: &str) -> bool {
    matches!(
        (first, second),
        ("GIT", "HUB" | "LAB")
            | ("OPEN", "AI")
            | ("PY", "PI")
            | ("DOCKER", "HUB")
            | ("NU", "GET")
            | ("RUBY", "GEMS")
            | ("API", "KEY")
            | ("CONNECTION", "STRING")
    )
}

/// What the name says.
pub(crate) fn classify(name: &str) -> Name {
    let upper = name.to_ascii_uppercase().replace(['-', '.'], "_");
    // The current folder, and the one before it.
    if ["PWD", "OLDPWD"].contains(&upper.as_str()) {
        return Name::Plain;
    }
    if SHORT_LIVED.contains(&upper.as_str()) {
        return Name::ShortLived;
    }
    let words = words(name);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let bare = match words.split_first() {
        Some((first, rest)) if rest.len() > 1 && PREFIXES.contains(first) => rest,
        _ => &words[..],
    };
    if !is_secret(bare) {
        let plain = bare.last().is_some_and(|last| PLAIN_LAST.contains(last))
            || PLAIN_ENDS.iter().any(|end| bare.ends_with(end));
        return if plain { Name::Plain } else { Name::Unknown };
    }
    let row = ROWS.iter().find(|(row, _, _)| holds(&words, row));
    Name::Secret(row.map_or(
        Named {
            provider: "stored",
            class: Class::Generic,
        },
        |&(_, provider, class)| Named { provider, class },
    ))
}

/// Whether the name starts with what a build tool hands on to browsers.
pub(crate) fn is_public_prefix(name: &str) -> bool {
    [
        "VITE_",
        "NEXT_PUBLIC_",
        "REACT_APP_",
        "EXPO_PUBLIC_",
        "NUXT_PUBLIC_",
        "GATSBY_",
        "PUBLIC_",
        "VUE_APP_",
    ]
    .iter()
    .any(|prefix| name.starts_with(prefix))
}

fn is_secret(words: &[&str]) -> bool {
    let mut words = words;
    let ends = |words: &[&str], list: &[&[&str]]| list.iter().any(|end| words.ends_with(end));
    loop {
        if ends(words, SECRET_ENDS) {
            return true;
        }
        if ends(words, PLAIN_ENDS) {
            return false;
        }
        let Some((last, rest)) = words.split_last() else {
            return false;
        };
        if SECRET_LAST.contains(last) {
            return true;
        }
        if PLAIN_LAST.contains(last) {
            return false;
        }
        // `KEY_2`, `TOKEN_BASE64`
        let numbered = last.bytes().all(|b| b.is_ascii_digit());
        if rest.is_empty() || !numbered && !ENCODINGS.contains(last) {
            return words.iter().any(|word| SECRET_INSIDE.contains(word));
        }
        words = rest;
    }
}

/// Whether all of `row` stand in `words`, in that order.
fn holds(words: &[&str], row: &[&str]) -> bool {
    let mut rest = words.iter();
    // `API_KEY` is one word, and `API_TOKEN` two.
    row.iter()
        .all(|want| rest.any(|word| word == want || *want == "API" && *word == "APIKEY"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_apart_by_their_words() {
        let secret = [
            ("AWS_SECRET_ACCESS_KEY", "aws", Class::Aws),
            ("AWS_ACCESS_KEY_ID", "aws", Class::Aws),
            ("PROD_AWS_SECRET_KEY", "aws", Class::Aws),
            ("ARM_CLIENT_SECRET", "azure", Class::Azure),
            ("AZURE_CREDENTIALS", "azure", Class::Azure),
            ("AZURE_STORAGE_CONNECTION_STRING", "azure", Class::Azure),
            ("GCP_SA_KEY", "gcp", Class::Gcp),
            ("FIREBASE_SERVICE_ACCOUNT", "gcp", Class::Gcp),
            ("RELEASE_PAT", "github", Class::Scm),
            ("GH_TOKEN", "github", Class::Scm),
            ("gitHubToken", "github", Class::Scm),
            ("APP_PRIVATE_KEY", "github", Class::AppKey),
            ("DEPLOY_KEY", "ssh", Class::Ssh),
            ("SSH_PRIVATE_KEY", "ssh", Class::Ssh),
            ("NPM_TOKEN", "npm", Class::Npm),
            ("NODE_AUTH_TOKEN", "npm", Class::Npm),
            ("PYPI_API_TOKEN", "pypi", Class::Pypi),
            ("CARGO_REGISTRY_TOKEN", "crates-io", Class::Cargo),
            ("DOCKERHUB_TOKEN", "docker", Class::Registry),
            ("DOCKER_PASSWORD", "docker", Class::Registry),
            ("KUBE_CONFIG_DATA", "kubernetes", Class::Kubernetes),
            ("GPG_PASSPHRASE", "signing", Class::Sign),
            ("SLACK_WEBHOOK_URL", "slack", Class::Chat),
            ("DATABASE_URL", "database", Class::Database),
            ("PGPASSWORD", "database", Class::Database),
            ("OPENAI_API_KEY", "openai", Class::Ai),
            ("CODECOV_TOKEN", "codecov", Class::Quality),
            ("SOME_TOKEN", "stored", Class::Generic),
            ("token", "stored", Class::Generic),
        ];
        for (name, provider, class) in secret {
            assert_eq!(
                classify(name),
                Name::Secret(Named { provider, class }),
                "{name}"
            );
        }
        for name in [
            "TOKENIZERS_PARALLELISM",
            "MONKEY",
            "SECRETARY",
            "KEYCLOAK",
            "DOCKER_USERNAME",
            "AZURE_CLIENT_ID",
            "AWS_REGION",
            "AWS_ROLE_ARN",
            "SENTRY_DSN",
            "SSH_HOST",
            "GPG_KEY_ID",
            "SSH_PUBLIC_KEY",
            "CACHE_KEY",
            "NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY",
            "KEYBOARD",
            "VAULT_ADDR",
            "TOKEN_URL",
            "SLACK_CHANNEL",
            "S3_BUCKET",
            "MAX_TOKENS",
        ] {
            assert!(
                matches!(classify(name), Name::Plain | Name::Unknown),
                "{name}: {:?}",
                classify(name)
            );
        }
        for name in [
            "GITHUB_TOKEN",
            "CI_JOB_TOKEN",
            "System.AccessToken",
            "CIRCLE_OIDC_TOKEN_V2",
        ] {
            assert_eq!(classify(name), Name::ShortLived, "{name}");
        }
    }
}
