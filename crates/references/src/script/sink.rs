//! What commands make of a credential that goes into them.

use crate::name::{Class, Named};
use crate::pattern::{PatternId, id};
use crate::shell::Command;

pub(super) fn command_title(command: &Command, pipeline: &[&Command]) -> String {
    let last = pipeline.last().copied().unwrap_or(command);
    let chosen = if ["echo", "printf", "cat"].contains(&command.name()) {
        last
    } else {
        command
    };
    let name = chosen.name();
    let mut words = chosen
        .words
        .iter()
        .skip_while(|w| !w.text.ends_with(name))
        .skip(1);
    match words.next() {
        Some(word)
            if word
                .text
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b == b'-')
                && !word.text.starts_with('-') =>
        {
            format!("{name} {}", word.text)
        }
        _ => name.to_owned(),
    }
}

/// Files that a pipeline writes a credential to, where the format decides the advice.
pub(super) fn special(pipeline: &[&Command], named: Named) -> Option<PatternId> {
    let writes = |what: &str| {
        pipeline
            .iter()
            .any(|c| c.words.iter().any(|w| w.text.contains(what)))
    };
    if writes(".netrc") || writes(".git-credentials") {
        return Some(id::GIT_03);
    }
    if named.class == Class::Npm && writes(".npmrc") {
        return Some(id::PKG_01);
    }
    None
}

/// What the commands make of a credential that goes into them.
pub(super) fn sink(
    command: &Command,
    pipeline: &[&Command],
    next: Option<&Command>,
    script: &str,
    named: Option<Named>,
) -> Option<(Class, &'static str)> {
    let any = |test: &dyn Fn(&Command) -> bool| pipeline.iter().any(|c| test(c));
    let writes = |what: &str| any(&|c| c.words.iter().any(|w| w.text.contains(what)));
    let login = |c: &Command| {
        [
            "docker", "podman", "buildah", "skopeo", "crane", "oras", "nerdctl", "regctl",
        ]
        .contains(&c.name())
            && c.has(&["login"])
            || c.name() == "helm" && c.has(&["registry", "login"])
    };
    if any(&login) {
        let all: String = pipeline
            .iter()
            .flat_map(|c| &c.words)
            .map(|w| format!("{} ", w.text))
            .collect();
        return Some((Class::Registry, registry_provider(&all)));
    }
    if any(&|c| c.name() == "ssh-add")
        || next.is_some_and(|n| n.name() == "ssh-add" && writes("key"))
    {
        return Some((Class::Ssh, "ssh"));
    }
    if writes(".ssh/") && !writes("known_hosts") || writes("id_rsa") || writes("id_ed25519") {
        return Some((Class::Ssh, "ssh"));
    }
    let kubeconfig = writes(".kube/") || writes("kubeconfig") || writes("KUBECONFIG=");
    let token = any(&|c| {
        c.name() == "kubectl" && c.value_of(&["--token"]).is_some()
            || c.name() == "helm" && c.value_of(&["--kube-token"]).is_some()
            || c.name() == "oc" && c.has(&["login"])
    });
    if kubeconfig || token {
        return Some((Class::Kubernetes, "kubernetes"));
    }
    let activates = script.contains("activate-service-account")
        || script.contains("GOOGLE_APPLICATION_CREDENTIALS");
    if any(&|c| c.has(&["gcloud", "auth", "activate-service-account"]))
        || activates && writes(".json")
    {
        return Some((Class::Gcp, "gcp"));
    }
    if any(&|c| c.has(&["aws", "configure", "set"])) && !writes("aws_session_token") {
        return Some((Class::Aws, "aws"));
    }
    if any(&|c| c.has(&["az", "login"])) {
        return Some((Class::Azure, "azure"));
    }
    if any(&|c| {
        c.name() == "vault"
            && (c.has(&["login"]) || c.words.iter().any(|w| w.text.starts_with("secret_id=")))
    }) {
        return Some((Class::Iac, "vault"));
    }
    if writes(".netrc") || writes(".git-credentials") {
        return Some((Class::Scm, "github"));
    }
    if writes("PRIVATE-TOKEN") {
        return Some((Class::Scm, "gitlab"));
    }
    if any(&|c| c.has(&["gh", "auth", "login"])) {
        return Some((Class::Scm, "github"));
    }
    if writes(".npmrc") || writes("_authToken") {
        return Some((Class::Npm, "npm"));
    }
    publishes(command).filter(|_| named.is_none_or(|n| n.class != Class::Scm))
}

/// The registry that a command publishes to.
pub(crate) fn publishes(command: &Command) -> Option<(Class, &'static str)> {
    let name = command.name();
    let has = |words: &[&str]| command.has(words);
    match name {
        "npm" | "pnpm" | "yarn" | "bun" if has(&["publish"]) => Some((Class::Npm, "npm")),
        "lerna" if has(&["publish"]) => Some((Class::Npm, "npm")),
        "changeset" if has(&["publish"]) => Some((Class::Npm, "npm")),
        "npx" | "pnpx" | "bunx" | "yarn" | "pnpm"
            if has(&["semantic-release"])
                || has(&["lerna", "publish"])
                || has(&["changeset", "publish"]) =>
        {
            Some((Class::Npm, "npm"))
        }
        "semantic-release" => Some((Class::Npm, "npm")),
        "twine" if has(&["upload"]) => Some((Class::Pypi, "pypi")),
        "python" | "python3" if has(&["twine", "upload"]) => Some((Class::Pypi, "pypi")),
        "uv" | "poetry" | "hatch" | "pdm" | "flit" | "maturin" if has(&["publish"]) => {
            Some((Class::Pypi, "pypi"))
        }
        "maturin" if has(&["upload"]) => Some((Class::Pypi, "pypi")),
        "cargo" if has(&["publish"]) || has(&["release"]) || has(&["login"]) => {
            Some((Class::Cargo, "crates-io"))
        }
        "release-plz" => Some((Class::Cargo, "crates-io")),
        "gem" if has(&["push"]) => Some((Class::Publish, "rubygems")),
        "dotnet" | "nuget" if has(&["push"]) => Some((Class::Publish, "nuget")),
        "mix" if has(&["hex.publish"]) => Some((Class::Publish, "hex")),
        "vsce" | "ovsx" if has(&["publish"]) => Some((Class::Publish, "vscode-marketplace")),
        "pod" if has(&["trunk", "push"]) => Some((Class::Publish, "cocoapods")),
        _ => None,
    }
}

/// Whose registry the text names; Docker Hub if none.
pub(crate) fn registry_provider(text: &str) -> &'static str {
    const HOSTS: &[(&str, &str)] = &[
        ("ghcr.io", "github"),
        ("docker.pkg.github.com", "github"),
        (".dkr.ecr.", "aws"),
        ("public.ecr.aws", "aws"),
        ("azurecr.io", "azure"),
        ("pkg.dev", "gcp"),
        ("gcr.io", "gcp"),
        ("quay.io", "quay"),
        ("registry.gitlab.com", "gitlab"),
        ("$CI_REGISTRY", "gitlab"),
        ("jfrog", "jfrog"),
        ("registry.redhat.io", "redhat"),
    ];
    let host = HOSTS.iter().find(|(host, _)| text.contains(host));
    host.map_or("docker", |(_, provider)| provider)
}

pub(super) fn host_provider(host: &str) -> Option<&'static str> {
    let hosts = [
        ("github", "github"),
        ("gitlab", "gitlab"),
        ("bitbucket", "bitbucket"),
        ("dev.azure.com", "azure-devops"),
        ("visualstudio.com", "azure-devops"),
        ("CI_SERVER_HOST", "gitlab"),
        ("CI_REPOSITORY_URL", "gitlab"),
        ("GITHUB_SERVER", "github"),
        ("gitea", "gitea"),
        ("codeberg", "codeberg"),
    ];
    hosts
        .iter()
        .find(|(part, _)| host.contains(part))
        .map(|(_, provider)| *provider)
}

/// The host of the URL in whose user part `name` stands, and the kind of its scheme.
pub(super) fn in_url(word: &str, name: &str) -> Option<(String, &'static str)> {
    let scheme = word.find("://")?;
    let rest = &word[scheme + 3..];
    let at = rest.rfind('@')?;
    let user = &rest[..at];
    // The name may have come by way of a variable.
    if !user.contains(name) && !user.contains('$') {
        return None;
    }
    if user.contains(['/', ' ']) && !user.contains("${{") {
        return None;
    }
    let kind = if word[..scheme].ends_with("http") || word[..scheme].ends_with("https") {
        "http"
    } else {
        "other"
    };
    let host = rest[at + 1..].split(['/', ':']).next().unwrap_or_default();
    Some((host.to_owned(), kind))
}

/// How a command line shows a credential to everybody who can list processes, or keeps
/// it in an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Argument {
    Build,
    User,
    Password,
}

pub(super) fn is_argument(command: &Command, number: usize) -> Option<Argument> {
    let word = &command.words[number].text;
    let before = number
        .checked_sub(1)
        .map_or("", |b| command.words[b].text.as_str());
    if before == "--build-arg" || word.starts_with("--build-arg=") {
        // `--build-arg X` hands on what is in the environment, which is no better.
        return Some(Argument::Build);
    }
    let curl = ["curl", "wget", "http"].contains(&command.name());
    if curl && (["-u", "--user"].contains(&before) || word.starts_with("--user=")) {
        return Some(Argument::User);
    }
    const FLAGS: [&str; 10] = [
        "--password",
        "--token",
        "--api-key",
        "--apikey",
        "--auth-token",
        "--secret",
        "--pass",
        "--access-token",
        "--api-token",
        "--client-secret",
    ];
    let flag = FLAGS.contains(&before)
        || before == "-p"
            && ["docker", "podman", "mysql", "sshpass", "helm"].contains(&command.name())
        || FLAGS.iter().any(|flag| {
            word.strip_prefix(flag)
                .is_some_and(|rest| rest.starts_with('='))
        });
    flag.then_some(Argument::Password)
}
