//! Inputs of well-known actions that take a stored credential.

use crate::name::Class;
use crate::pattern::{PatternId, id};

/// An input of an action.
pub(crate) struct Sink {
    /// The actions, `owner/name` in lower case; a last `*` stands for any rest.
    actions: &'static [&'static str],
    inputs: &'static [&'static str],
    pub(crate) pattern: PatternId,
    pub(crate) provider: &'static str,
    pub(crate) class: Class,
}

const fn sink(
    actions: &'static [&'static str],
    inputs: &'static [&'static str],
    pattern: PatternId,
    provider: &'static str,
    class: Class,
) -> Sink {
    Sink {
        actions,
        inputs,
        pattern,
        provider,
        class,
    }
}

/// The sink that the input of that action is.
pub(crate) fn find(action: &str, input: &str) -> Option<&'static Sink> {
    let action = action.to_ascii_lowercase();
    SINKS.iter().find(|sink| {
        let is_it = |known: &str| match known.strip_suffix('*') {
            Some(start) => action.starts_with(start),
            None => action == known,
        };
        sink.actions.iter().any(|known| is_it(known))
            && sink
                .inputs
                .iter()
                .any(|known| known.eq_ignore_ascii_case(input))
    })
}

const TOKEN: &[&str] = &[
    "token",
    "github-token",
    "github_token",
    "repo-token",
    "repo_token",
    "personal_token",
    "gh-token",
    "gh_token",
    "access-token",
    "pat",
];

const SINKS: &[Sink] = &[
    sink(
        &["aws-actions/configure-aws-credentials"],
        &["aws-secret-access-key", "aws-access-key-id"],
        id::GHA_01,
        "aws",
        Class::Aws,
    ),
    sink(
        &["aws-actions/*"],
        &["aws-secret-access-key"],
        id::GHA_01,
        "aws",
        Class::Aws,
    ),
    sink(
        &["azure/login"],
        &["creds", "client-secret"],
        id::GHA_03,
        "azure",
        Class::Azure,
    ),
    sink(
        &["azure/docker-login"],
        &["password"],
        id::GHA_12,
        "azure",
        Class::Registry,
    ),
    sink(
        &["azure/k8s-set-context"],
        &["kubeconfig", "k8s-secret"],
        id::GHA_14,
        "kubernetes",
        Class::Kubernetes,
    ),
    sink(
        &["azure/webapps-deploy", "azure/functions-action"],
        &["publish-profile"],
        id::GHA_16,
        "azure",
        Class::Deploy,
    ),
    sink(
        &["azure/static-web-apps-deploy"],
        &["azure_static_web_apps_api_token"],
        id::GHA_16,
        "azure",
        Class::Deploy,
    ),
    sink(
        &["google-github-actions/auth"],
        &["credentials_json"],
        id::GHA_04,
        "gcp",
        Class::Gcp,
    ),
    sink(
        &["google-github-actions/setup-gcloud"],
        &["service_account_key"],
        id::GHA_04,
        "gcp",
        Class::Gcp,
    ),
    sink(
        &["google-github-actions/*"],
        &["credentials", "credentials_json", "gcp_credentials"],
        id::GHA_04,
        "gcp",
        Class::Gcp,
    ),
    sink(
        &["firebaseextended/action-hosting-deploy"],
        &["firebaseserviceaccount"],
        id::GHA_16,
        "gcp",
        Class::Deploy,
    ),
    sink(
        &["actions/create-github-app-token"],
        &["private-key"],
        id::GHA_06,
        "github",
        Class::AppKey,
    ),
    sink(
        &[
            "tibdex/github-app-token",
            "getsentry/action-github-app-token",
            "wow-actions/use-app-token",
        ],
        &["private_key"],
        id::GHA_06,
        "github",
        Class::AppKey,
    ),
    sink(
        &["peter-murray/workflow-application-token-action"],
        &["application_private_key"],
        id::GHA_06,
        "github",
        Class::AppKey,
    ),
    sink(
        &["webfactory/ssh-agent"],
        &["ssh-private-key"],
        id::GHA_07,
        "ssh",
        Class::Ssh,
    ),
    sink(
        &["actions/checkout"],
        &["ssh-key"],
        id::GHA_07,
        "ssh",
        Class::Ssh,
    ),
    sink(
        &["appleboy/*"],
        &["key", "password"],
        id::GHA_07,
        "ssh",
        Class::Ssh,
    ),
    sink(
        &["shimataro/ssh-key-action"],
        &["key"],
        id::GHA_07,
        "ssh",
        Class::Ssh,
    ),
    sink(
        &["peaceiris/actions-gh-pages"],
        &["deploy_key"],
        id::GHA_07,
        "ssh",
        Class::Ssh,
    ),
    sink(
        &[
            "actions/checkout",
            "actions/github-script",
            "actions/*",
            "peter-evans/*",
            "softprops/action-gh-release",
            "ncipollo/release-action",
            "googleapis/release-please-action",
            "google-github-actions/release-please-action",
            "stefanzweifel/git-auto-commit-action",
            "ad-m/github-push-action",
            "cycjimmy/semantic-release-action",
            "peaceiris/actions-gh-pages",
            "jamesives/github-pages-deploy-action",
            "dependabot/fetch-metadata",
            "tibdex/backport",
            "korthout/backport-action",
        ],
        TOKEN,
        id::GHA_05,
        "github",
        Class::Scm,
    ),
    sink(
        &["renovatebot/github-action"],
        TOKEN,
        id::GHA_25,
        "github",
        Class::Scm,
    ),
    sink(
        &["js-devtools/npm-publish"],
        &["token"],
        id::GHA_08,
        "npm",
        Class::Npm,
    ),
    sink(
        &["pypa/gh-action-pypi-publish"],
        &["password"],
        id::GHA_09,
        "pypi",
        Class::Pypi,
    ),
    sink(
        &["katyo/publish-crates"],
        &["registry-token"],
        id::GHA_10,
        "crates-io",
        Class::Cargo,
    ),
    sink(
        &["rubygems/configure-rubygems-credentials"],
        &["api-token"],
        id::GHA_11,
        "rubygems",
        Class::Publish,
    ),
    sink(
        &["docker/login-action"],
        &["password"],
        id::GHA_12,
        "docker",
        Class::Registry,
    ),
    sink(
        &[
            "redhat-actions/podman-login",
            "redhat-actions/push-to-registry",
        ],
        &["password"],
        id::GHA_12,
        "registry",
        Class::Registry,
    ),
    sink(
        &["redhat-actions/oc-login"],
        &["openshift_token"],
        id::GHA_14,
        "openshift",
        Class::Kubernetes,
    ),
    sink(
        &["hashicorp/setup-terraform"],
        &["cli_config_credentials_token"],
        id::GHA_15,
        "terraform",
        Class::Iac,
    ),
    sink(
        &["hashicorp/vault-action"],
        &["token", "secretid", "password", "githubtoken"],
        id::GHA_15,
        "vault",
        Class::Iac,
    ),
    sink(
        &["1password/load-secrets-action*"],
        &["service-account-token"],
        id::GHA_15,
        "onepassword",
        Class::Iac,
    ),
    sink(
        &["cloudflare/wrangler-action"],
        &["apitoken", "apikey"],
        id::GHA_16,
        "cloudflare",
        Class::Deploy,
    ),
    sink(
        &["cloudflare/pages-action"],
        &["apitoken"],
        id::GHA_16,
        "cloudflare",
        Class::Deploy,
    ),
    sink(
        &["amondnet/vercel-action"],
        &["vercel-token"],
        id::GHA_16,
        "vercel",
        Class::Deploy,
    ),
    sink(
        &["superfly/*"],
        &["api-token", "fly-token"],
        id::GHA_16,
        "fly",
        Class::Deploy,
    ),
    sink(
        &["digitalocean/action-doctl"],
        &["token"],
        id::GHA_16,
        "digitalocean",
        Class::Deploy,
    ),
    sink(
        &["akhileshns/heroku-deploy"],
        &["heroku_api_key"],
        id::GHA_16,
        "heroku",
        Class::Deploy,
    ),
    sink(
        &["anthropics/claude-code-action"],
        &["anthropic_api_key", "claude_code_oauth_token"],
        id::GHA_17,
        "anthropic",
        Class::Ai,
    ),
    sink(
        &["anthropics/*"],
        &[
            "anthropic_api_key",
            "claude_code_oauth_token",
            "claude-api-key",
        ],
        id::GHA_17,
        "anthropic",
        Class::Ai,
    ),
    sink(
        &["openai/codex-action"],
        &["openai-api-key", "openai_api_key"],
        id::GHA_17,
        "openai",
        Class::Ai,
    ),
    sink(
        &["crazy-max/ghaction-import-gpg"],
        &["gpg_private_key", "passphrase"],
        id::GHA_18,
        "signing",
        Class::Sign,
    ),
    sink(
        &["apple-actions/*"],
        &["p12-file-base64", "p12-password", "api-private-key"],
        id::GHA_18,
        "apple",
        Class::Sign,
    ),
    sink(
        &["dlemstra/code-sign-action"],
        &["certificate", "password"],
        id::GHA_18,
        "signing",
        Class::Sign,
    ),
    sink(
        &["codecov/*"],
        &["token"],
        id::GHA_23,
        "codecov",
        Class::Quality,
    ),
    sink(
        &["sonarsource/*"],
        &["token"],
        id::GHA_23,
        "sonarcloud",
        Class::Quality,
    ),
    sink(
        &["coverallsapp/github-action"],
        &["coveralls-token"],
        id::GHA_23,
        "coveralls",
        Class::Quality,
    ),
    sink(
        &["codspeedhq/action"],
        &["token"],
        id::GHA_23,
        "codspeed",
        Class::Quality,
    ),
    sink(
        &["slackapi/slack-github-action"],
        &["token", "webhook"],
        id::CI_01,
        "slack",
        Class::Chat,
    ),
];
