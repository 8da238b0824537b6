//! What scripts of CI systems do with stored credentials.

use std::collections::{HashMap, HashSet};

use sluicegate_core::{Confidence, Span};

use crate::expr::{self, Context};
use crate::found::Ctx;
use crate::name::{self, Class, Name, Named};
use crate::pattern::{PatternId, id};
use crate::shell::{self, Command, Word};

/// A variable that holds a stored credential.
#[derive(Clone, Debug)]
pub(crate) struct Bound {
    /// The name of the stored credential.
    pub(crate) name: String,
    pub(crate) named: Option<Named>,
}

/// What the variables of a script stand for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Variables {
    bound: HashMap<String, Bound>,
    /// Names that are set in the file and not from a stored credential.
    local: HashSet<String>,
    /// Whether any other variable comes from the settings of the CI system.
    from_settings: bool,
}

impl Variables {
    /// Variables that are not set in the file are unknown.
    pub(crate) fn of_file() -> Self {
        Self::default()
    }

    /// Variables that are not set in the file come from the settings of the CI system.
    pub(crate) fn of_settings() -> Self {
        Self {
            from_settings: true,
            ..Self::default()
        }
    }

    pub(crate) fn bind(&mut self, variable: &str, bound: Bound) {
        self.bound.insert(variable.to_owned(), bound);
    }

    pub(crate) fn set_locally(&mut self, variable: &str) {
        self.bound.remove(variable);
        self.local.insert(variable.to_owned());
    }

    pub(crate) fn resolve(&self, variable: &str) -> Option<Bound> {
        if let Some(bound) = self.bound.get(variable) {
            return Some(bound.clone());
        }
        if !self.from_settings || self.local.contains(variable) {
            return None;
        }
        match name::classify(variable) {
            Name::Secret(named) => Some(Bound {
                name: variable.to_owned(),
                named: Some(named),
            }),
            _ => None,
        }
    }
}

/// Which pattern speaks for which kind of credential in one CI system.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Platform {
    /// By class; `None` for those that the general pattern covers.
    pub(crate) pattern: fn(Named) -> PatternId,
    /// Whether a plain `$X` is reported when nothing special is done with it.
    pub(crate) report_plain: bool,
}

/// A use of a credential in a script.
struct Use {
    bound: Bound,
    /// The name, where it stands.
    span: Span,
    /// Written out by the CI system before the shell sees it.
    expanded: bool,
}

/// Reports what the script at `span` does.
pub(crate) fn scan(
    ctx: &mut Ctx<'_>,
    span: Span,
    variables: &Variables,
    platform: Platform,
    place: &str,
) {
    let text = ctx.raw(span);
    let commands = shell::commands(text, span.start);
    let mut variables = variables.clone();
    for (at, command) in commands.iter().enumerate() {
        note_assignments(command, &mut variables, ctx);
        let mut uses: Vec<(usize, Use)> = Vec::new();
        for (number, word) in command.words.iter().enumerate() {
            let found = uses_of(ctx, word, &variables);
            uses.extend(found.into_iter().map(|u| (number, u)));
        }
        if uses.is_empty() {
            continue;
        }
        let pipeline: Vec<&Command> = commands
            .iter()
            .filter(|other| other.pipeline == command.pipeline)
            .collect();
        let next = commands.get(at + 1);
        for (number, used) in &uses {
            report_use(
                ctx, command, *number, used, &pipeline, next, platform, place, text,
            );
        }
    }
}

/// `X=literal` and `read X` make a variable one of the script's own.
fn note_assignments(command: &Command, variables: &mut Variables, ctx: &Ctx<'_>) {
    let words = command.words.iter();
    for word in words {
        let Some((name, value)) = word.text.split_once('=') else {
            if ["export", "local", "declare", "readonly"].contains(&word.text.as_str()) {
                continue;
            }
            return;
        };
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            return;
        }
        let used = uses_of(ctx, word, variables).into_iter().next();
        match used {
            Some(used) if !value.contains("$(") => variables.bind(name, used.bound),
            _ if !value.is_empty() => variables.set_locally(name),
            _ => {}
        }
    }
}

fn uses_of(ctx: &Ctx<'_>, word: &Word, variables: &Variables) -> Vec<Use> {
    let raw = ctx.raw(word.span);
    let mut uses = Vec::new();
    for read in expr::reads(raw, word.span.start) {
        let bound = match read.context {
            Context::Secrets => stored(read.name),
            Context::Env => variables.bound.get(read.name).cloned(),
            _ => None,
        };
        uses.extend(bound.map(|bound| Use {
            bound,
            span: read.span,
            expanded: true,
        }));
    }
    for variable in shell::variables(raw, word.span.start) {
        if let Some(bound) = variables.resolve(variable.name) {
            uses.push(Use {
                bound,
                span: variable.span,
                expanded: false,
            });
        }
    }
    uses
}

/// The stored secret of that name, unless the name says that it is none.
pub(crate) fn stored(secret: &str) -> Option<Bound> {
    let named = match name::classify(secret) {
        Name::ShortLived | Name::Plain => return None,
        other => other.secret(),
    };
    Some(Bound {
        name: secret.to_owned(),
        named,
    })
}

#[expect(
    clippy::too_many_arguments,
    reason = "one use and all that stands around it"
)]
fn report_use(
    ctx: &mut Ctx<'_>,
    command: &Command,
    number: usize,
    used: &Use,
    pipeline: &[&Command],
    next: Option<&Command>,
    platform: Platform,
    place: &str,
    script: &str,
) {
    let word = &command.words[number];
    let named = used.bound.named;
    let generic = Named {
        provider: "stored",
        class: Class::Generic,
    };
    let (name, provider) = (&used.bound.name, named.unwrap_or(generic).provider);
    let mut report = |pattern, provider, usage: &str| {
        let usage = format!("{usage} {place}");
        ctx.report(
            pattern,
            provider,
            name,
            used.span,
            Confidence::Definite,
            usage,
        );
    };
    if let Some((host, what)) = in_url(&word.text, name) {
        let all: String = command
            .words
            .iter()
            .map(|w| w.text.as_str())
            .collect::<Vec<_>>()
            .join(" ");
        if all.to_ascii_lowercase().contains("insteadof") {
            return report(
                id::GIT_02,
                host_provider(&host).unwrap_or(provider),
                "rewriting of URLs",
            );
        }
        if let Some(host) = host_provider(&host) {
            return report(id::GIT_01, host, "URL of a repository");
        }
        if what == "http" {
            return report(id::GHA_21, provider, "URL on a command line");
        }
    }
    if let Some((class, provider)) = sink(command, pipeline, next, script, named) {
        let known = named.filter(|n| n.class == class && n.provider != "stored");
        let provider = known.map_or(provider, |n| n.provider);
        let named = Named { provider, class };
        let pattern = special(pipeline, named).unwrap_or((platform.pattern)(named));
        report(
            pattern,
            provider,
            &format!("`{}`", command_title(command, pipeline)),
        );
        let on_line = used.expanded && is_argument(command, number) == Some(Argument::Password);
        if on_line && class == Class::Registry {
            report(id::GHA_21, provider, "argument of a command");
        }
        return;
    }
    if is_argument(command, number).is_some_and(|a| a != Argument::Password || used.expanded) {
        return report(id::GHA_21, provider, "argument of a command");
    }
    if !used.expanded && !platform.report_plain {
        return;
    }
    let title = command_title(command, pipeline);
    let pattern = (platform.pattern)(named.unwrap_or(generic));
    let confidence = match named {
        Some(n) if n.class != Class::Generic => Confidence::Definite,
        Some(_) => Confidence::Probable,
        None => Confidence::Hint,
    };
    let usage = format!("`{title}` {place}");
    ctx.report(pattern, provider, name, used.span, confidence, usage);
}

fn command_title(command: &Command, pipeline: &[&Command]) -> String {
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
fn special(pipeline: &[&Command], named: Named) -> Option<PatternId> {
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
fn sink(
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

fn host_provider(host: &str) -> Option<&'static str> {
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
fn in_url(word: &str, name: &str) -> Option<(String, &'static str)> {
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
enum Argument {
    Build,
    User,
    Password,
}

fn is_argument(command: &Command, number: usize) -> Option<Argument> {
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
