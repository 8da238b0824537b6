//! GitLab, CircleCI, Azure Pipelines, Bitbucket, Travis, Drone, Woodpecker, Buildkite and
//! CodeBuild.

use sluicegate_core::{Confidence, Span};

use crate::found::Ctx;
use crate::name::{self, Class, Name, Named};
use crate::node::{Entry, Node};
use crate::pattern::{PatternId, id};
use crate::script::{self, Bound, Platform, Variables};
use crate::shell;

/// What stands behind `key: value` if the value is a variable that holds a stored
/// credential, and the place of its name.
pub(crate) fn bound_variable(ctx: &Ctx<'_>, key: &str, value: &Node<'_>) -> Option<(Bound, Span)> {
    let variable = shell::variables(ctx.raw(value.span), value.span.start)
        .into_iter()
        .next()?;
    let of_key = name::classify(key);
    let of_name = name::classify(variable.name);
    if of_name == Name::ShortLived || of_key == Name::Plain {
        return None;
    }
    let named = of_key
        .known()
        .or(of_name.known())
        .or(of_key.secret())
        .or(of_name.secret())?;
    if of_name == Name::Plain && of_key.known().is_none() {
        return None;
    }
    let bound = Bound {
        name: variable.name.to_owned(),
        named: Some(named),
    };
    Some((bound, variable.span))
}

/// How sure it is that a variable of that kind is a credential.
pub(crate) fn confidence(named: Named) -> Confidence {
    if named.class == Class::Generic {
        Confidence::Probable
    } else {
        Confidence::Definite
    }
}

/// Reads a map of variables: reports those that hold stored credentials, and remembers
/// all of them.
fn read_variables(
    ctx: &mut Ctx<'_>,
    map: &Node<'_>,
    platform: Platform,
    place: &str,
    variables: &mut Variables,
) {
    let has_session = map.entry_of(&["AWS_SESSION_TOKEN"]).is_some();
    for entry in map.entries() {
        let Some((bound, span)) = bound_variable(ctx, &entry.key, &entry.value) else {
            variables.set_locally(&entry.key);
            continue;
        };
        let Some(named) = bound.named else { continue };
        let half = entry.key == "AWS_ACCESS_KEY_ID" && map.entry("AWS_SECRET_ACCESS_KEY").is_some();
        let short = named.class == Class::Aws && has_session;
        if !half && !short {
            let usage = format!("variable `{}` {place}", entry.key);
            ctx.report(
                (platform.pattern)(named),
                named.provider,
                &bound.name,
                span,
                confidence(named),
                usage,
            );
        }
        variables.bind(&entry.key, bound);
    }
}

const fn platform(pattern: fn(Named) -> PatternId) -> Platform {
    Platform {
        pattern,
        report_plain: true,
    }
}

const GITLAB: Platform = platform(|named| match (named.class, named.provider) {
    (Class::Aws | Class::Azure | Class::Gcp | Class::Kubernetes, _) => id::GL_01,
    (Class::Iac, "vault") => id::GL_02,
    (Class::Scm, _) => id::GL_03,
    (Class::Registry, _) => id::GL_04,
    (Class::Ssh, _) => id::GL_05,
    _ => id::CI_01,
});

/// Reads `.gitlab-ci.yml`.
pub(crate) fn gitlab(ctx: &mut Ctx<'_>, root: &Node<'_>) {
    const RESERVED: [&str; 11] = [
        "stages",
        "include",
        "workflow",
        "image",
        "services",
        "cache",
        "pages",
        "spec",
        "variables",
        "default",
        "before_script",
    ];
    let mut variables = Variables::of_settings();
    if let Some(map) = root.get("variables") {
        read_variables(ctx, map, GITLAB, "of all jobs", &mut variables);
    }
    let shared_tokens = root.at(&["default", "id_tokens"]).is_some();
    for entry in root.entries() {
        if !entry.value.is_map() || RESERVED.contains(&&*entry.key) && entry.key != "default" {
            continue;
        }
        gitlab_job(ctx, root, entry, &variables, shared_tokens);
    }
    for key in ["before_script", "after_script"] {
        if let Some(script) = root.get(key) {
            scripts(ctx, script, &variables, GITLAB, "in every job");
        }
    }
}

/// The job, and what it extends, nearest first.
fn lineage<'n, 't>(root: &'n Node<'t>, job: &'n Node<'t>) -> Vec<&'n Node<'t>> {
    let mut all = vec![job];
    let mut next = 0;
    while next < all.len() && all.len() < 16 {
        let parents = all[next]
            .get("extends")
            .map_or(&[][..], |e| e.one_or_many());
        let parents = parents
            .iter()
            .filter_map(Node::text)
            .filter_map(|name| root.get(name));
        let known: Vec<_> = parents
            .filter(|p| !all.iter().any(|a| std::ptr::eq(*a, *p)))
            .collect();
        all.extend(known);
        next += 1;
    }
    all
}

fn gitlab_job(
    ctx: &mut Ctx<'_>,
    root: &Node<'_>,
    entry: &Entry<'_>,
    outer: &Variables,
    shared_tokens: bool,
) {
    let lineage = lineage(root, &entry.value);
    let find = |key: &str| lineage.iter().find_map(|job| job.get(key));
    let place = format!("in job `{}`", entry.key);
    let mut variables = outer.clone();
    for job in lineage.iter().rev() {
        for key in ["id_tokens", "secrets"] {
            for minted in job.get(key).map_or(&[][..], Node::entries) {
                variables.set_locally(&minted.key);
            }
        }
    }
    let first = ctx.found.len();
    if let Some(map) = entry.value.get("variables") {
        read_variables(ctx, map, GITLAB, &place, &mut variables);
    }
    for key in ["before_script", "script", "after_script"] {
        if let Some(script) = entry.value.get(key) {
            scripts(ctx, script, &variables, GITLAB, &place);
        }
    }
    let federated = shared_tokens || find("id_tokens").is_some();
    let fixed: Vec<String> = ctx.found[first..].iter().map(|f| f.name.clone()).collect();
    let limited =
        find("rules").is_some() || find("only").is_some() || root.get("workflow").is_some();
    if find("environment").is_some() && !limited {
        for name in fixed.clone() {
            let usage = format!("job `{}` deploys from any branch", entry.key);
            ctx.report(
                id::GL_06,
                "gitlab",
                &name,
                entry.key_span,
                Confidence::Probable,
                usage,
            );
        }
    }
    if let Some(script) = entry
        .value
        .get("script")
        .filter(|_| !federated && fixed.is_empty())
    {
        for item in script.one_or_many() {
            let tool = shell::commands(ctx.raw(item.span), item.span.start)
                .into_iter()
                .find(|c| {
                    ["aws", "gcloud", "az", "gsutil"].contains(&c.name())
                        || c.name() == "terraform"
                            && c.words
                                .iter()
                                .any(|w| w.text == "apply" || w.text == "plan")
                });
            if let Some(command) = tool {
                let usage = format!(
                    "`{}` {place} logs in with variables that are not named here",
                    command.name()
                );
                let span = command.words.first().map_or(item.span, |w| w.span);
                ctx.report(
                    id::GL_01,
                    "stored",
                    "variables of the project",
                    span,
                    Confidence::Hint,
                    usage,
                );
                return;
            }
        }
    }
}

/// Scripts: one text or a list of them.
fn scripts(
    ctx: &mut Ctx<'_>,
    script: &Node<'_>,
    variables: &Variables,
    platform: Platform,
    place: &str,
) {
    // Lines of one script share the variables that they set.
    let mut variables = variables.clone();
    let mut items: Vec<&Node<'_>> = Vec::new();
    script.each(&mut |node| {
        if node.text().is_some() {
            items.push(node);
        }
    });
    for item in &items {
        for command in shell::commands(ctx.raw(item.span), item.span.start) {
            for word in &command.words {
                let local = word.text.split_once('=').filter(|(name, value)| {
                    !value.is_empty()
                        && !value.starts_with('$')
                        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
                });
                if let Some((name, _)) = local {
                    variables.set_locally(name);
                }
            }
        }
    }
    for item in items {
        script::scan(ctx, item.span, &variables, platform, place);
    }
}

const CIRCLE: Platform = platform(|named| match named.class {
    Class::Aws | Class::Azure | Class::Gcp | Class::Kubernetes | Class::Iac => id::CC_01,
    _ => id::CI_01,
});

/// Reads `.circleci/config.yml`.
pub(crate) fn circle(ctx: &mut Ctx<'_>, root: &Node<'_>) {
    const STATIC: [&str; 8] = [
        "aws_access_key_id",
        "aws_secret_access_key",
        "aws-access-key-id",
        "aws-secret-access-key",
        "gcloud_service_key",
        "gcloud-service-key",
        "service_principal_secret",
        "sp-password",
    ];
    let mut entries: Vec<&Entry<'_>> = Vec::new();
    root.each_entry(&mut |entry| entries.push(entry));
    for entry in entries {
        match &*entry.key {
            "context" => {
                for context in entry.value.one_or_many() {
                    if let Some(name) = context.text().filter(|n| !n.is_empty()) {
                        ctx.report(
                            id::CC_01,
                            "circleci",
                            name,
                            context.span,
                            Confidence::Probable,
                            "context of a job",
                        );
                    }
                }
            }
            "add_ssh_keys" => {
                let prints = entry
                    .value
                    .get("fingerprints")
                    .map_or(&[][..], |f| f.one_or_many());
                for print in prints {
                    let name = print.text().unwrap_or_default();
                    ctx.report(
                        id::CC_02,
                        "ssh",
                        name,
                        print.span,
                        Confidence::Definite,
                        "SSH key of the project",
                    );
                }
            }
            "run" => {
                let variables = Variables::of_settings();
                let script = entry.value.get("command").unwrap_or(&entry.value);
                if script.text().is_some() {
                    script::scan(ctx, script.span, &variables, CIRCLE, "in a step");
                }
            }
            "environment" if entry.value.is_map() => {
                read_variables(
                    ctx,
                    &entry.value,
                    CIRCLE,
                    "of a job",
                    &mut Variables::of_settings(),
                );
            }
            key if STATIC.contains(&key) => {
                let half = key.ends_with("id");
                let name = entry
                    .value
                    .text()
                    .unwrap_or_default()
                    .trim_matches(['$', '{', '}']);
                if !half && !name.is_empty() && !name.contains("parameters") {
                    let provider = if key.starts_with("aws") {
                        "aws"
                    } else if key.starts_with("gcl") {
                        "gcp"
                    } else {
                        "azure"
                    };
                    let usage = format!("parameter `{key}` of an orb");
                    ctx.report(
                        id::CC_01,
                        provider,
                        name,
                        entry.value.span,
                        Confidence::Definite,
                        usage,
                    );
                } else if half {
                    let usage = format!("parameter `{key}` of an orb");
                    ctx.report(
                        id::CC_01,
                        "aws",
                        name,
                        entry.value.span,
                        Confidence::Definite,
                        usage,
                    );
                }
            }
            _ => {}
        }
    }
}

const AZURE: Platform = platform(|named| match named.class {
    Class::Aws | Class::Azure | Class::Gcp | Class::Kubernetes => id::AZ_01,
    _ => id::CI_01,
});

/// Reads `azure-pipelines.yml`.
pub(crate) fn azure(ctx: &mut Ctx<'_>, root: &Node<'_>) {
    let mut maps: Vec<&Node<'_>> = Vec::new();
    root.each(&mut |node| {
        if node.is_map() {
            maps.push(node);
        }
    });
    for step in maps {
        let title = step
            .text_at(&["displayName"])
            .or(step.text_at(&["task"]))
            .unwrap_or("step")
            .to_owned();
        let place = format!("of `{title}`");
        let mut variables = Variables::of_settings();
        let is_step = ["task", "script", "bash", "pwsh", "powershell"]
            .iter()
            .any(|k| step.get(k).is_some());
        if !is_step {
            continue;
        }
        if let Some(env) = step.get("env") {
            read_variables(ctx, env, AZURE, &place, &mut variables);
        }
        for key in ["script", "bash", "pwsh", "powershell"] {
            if let Some(script) = step.get(key) {
                script::scan(
                    ctx,
                    script.span,
                    &variables,
                    AZURE,
                    &format!("in `{title}`"),
                );
            }
        }
        let Some(inputs) = step.get("inputs") else {
            continue;
        };
        for key in ["script", "inlineScript", "Inline"] {
            if let Some(script) = inputs.get(key) {
                script::scan(
                    ctx,
                    script.span,
                    &variables,
                    AZURE,
                    &format!("in `{title}`"),
                );
            }
        }
        let task = step.text_at(&["task"]).unwrap_or_default();
        let inline = inputs.text_at(&["inlineScript"]).unwrap_or_default();
        if let Some(flag) = inputs
            .entry("addSpnToEnvironment")
            .filter(|e| e.value.text() == Some("true"))
            && inline.contains("servicePrincipalKey")
        {
            ctx.report(
                id::AZ_01,
                "azure",
                "servicePrincipalKey",
                flag.key_span,
                Confidence::Definite,
                format!("the key of the service connection {place}"),
            );
        }
        let connections = [
            "azureSubscription",
            "connectedServiceName",
            "awsCredentials",
            "containerRegistry",
        ];
        for entry in inputs
            .entries()
            .iter()
            .filter(|e| connections.contains(&&*e.key))
        {
            let aws = entry.key == "awsCredentials" && task.starts_with("AWS");
            let sure = if aws {
                Confidence::Probable
            } else {
                Confidence::Hint
            };
            let provider = if aws { "aws" } else { "azure-devops" };
            let usage = format!("service connection {place}");
            ctx.report(
                id::AZ_01,
                provider,
                entry.value.text().unwrap_or_default(),
                entry.value.span,
                sure,
                usage,
            );
        }
    }
}

const BITBUCKET: Platform = platform(|named| match named.class {
    Class::Aws | Class::Azure | Class::Gcp | Class::Kubernetes => id::BB_01,
    _ => id::CI_01,
});

/// Reads `bitbucket-pipelines.yml`.
pub(crate) fn bitbucket(ctx: &mut Ctx<'_>, root: &Node<'_>) {
    let mut maps: Vec<&Node<'_>> = Vec::new();
    root.each(&mut |node| {
        if node.is_map() {
            maps.push(node);
        }
    });
    for map in maps {
        if let (Some(pipe), Some(variables)) = (map.text_at(&["pipe"]), map.get("variables")) {
            let place = format!("of the pipe `{pipe}`");
            read_variables(
                ctx,
                variables,
                BITBUCKET,
                &place,
                &mut Variables::of_settings(),
            );
        }
        for item in map.get("script").map_or(&[][..], Node::items) {
            if item.text().is_some() {
                script::scan(
                    ctx,
                    item.span,
                    &Variables::of_settings(),
                    BITBUCKET,
                    "in a step",
                );
            }
        }
    }
}

/// Reads `.travis.yml`.
pub(crate) fn travis(ctx: &mut Ctx<'_>, root: &Node<'_>) {
    fn walk(ctx: &mut Ctx<'_>, node: &Node<'_>, path: &str) {
        for item in node.items() {
            walk(ctx, item, path);
        }
        for entry in node.entries() {
            if entry.key == "secure" && entry.value.text().is_some() {
                let usage = "encrypted in the file, readable by every build";
                ctx.report_beside_value(
                    id::TR_01,
                    "stored",
                    path,
                    entry.key_span,
                    Confidence::Definite,
                    usage,
                );
                continue;
            }
            let below = if path.is_empty() {
                entry.key.to_string()
            } else {
                format!("{path}.{}", entry.key)
            };
            walk(ctx, &entry.value, &below);
        }
    }
    walk(ctx, root, "");
}

/// Reads the pipelines of Drone, Woodpecker and Buildkite.
pub(crate) fn drone(ctx: &mut Ctx<'_>, root: &Node<'_>) {
    let mut entries: Vec<&Entry<'_>> = Vec::new();
    root.each_entry(&mut |entry| entries.push(entry));
    for entry in entries {
        if let Some(secret) = entry.value.get("from_secret") {
            let stored = secret.text().unwrap_or_default();
            let (of_key, of_name) = (name::classify(&entry.key), name::classify(stored));
            let Some(named) = of_key
                .known()
                .or(of_name.known())
                .or(of_key.secret())
                .or(of_name.secret())
            else {
                continue;
            };
            if of_key != Name::Plain {
                let usage = format!("`{}` of a step", entry.key);
                ctx.report(
                    id::BK_01,
                    named.provider,
                    stored,
                    secret.span,
                    confidence(named),
                    usage,
                );
            }
        }
        if entry.key == "secrets" {
            for item in entry.value.items() {
                let stored = item
                    .text()
                    .or(item.text_at(&["source"]))
                    .unwrap_or_default();
                if let Some(named) = name::classify(stored).secret() {
                    ctx.report(
                        id::BK_01,
                        named.provider,
                        stored,
                        item.span,
                        confidence(named),
                        "secret of a step",
                    );
                }
            }
        }
        if ["command", "commands"].contains(&&*entry.key) {
            for item in entry
                .value
                .one_or_many()
                .iter()
                .filter(|i| i.text().is_some())
            {
                let raw = ctx.raw(item.span);
                let calls = raw.match_indices("buildkite-agent secret get ");
                for (at, call) in calls.collect::<Vec<_>>() {
                    let rest = &raw[at + call.len()..];
                    let is_name = |b: &u8| b.is_ascii_alphanumeric() || b"_-".contains(b);
                    let length = rest.as_bytes().iter().take_while(|b| is_name(b)).count();
                    let start = item.span.start + at + call.len();
                    let name = &rest[..length];
                    let provider = name::classify(name)
                        .secret()
                        .map_or("stored", |n| n.provider);
                    let span = Span::new(start, start + length);
                    ctx.report(
                        id::BK_01,
                        provider,
                        name,
                        span,
                        Confidence::Probable,
                        "fetched in a command",
                    );
                }
            }
        }
    }
}

/// Reads `buildspec.yml`.
pub(crate) fn codebuild(ctx: &mut Ctx<'_>, root: &Node<'_>) {
    for store in ["secrets-manager", "parameter-store"] {
        for entry in root.at(&["env", store]).map_or(&[][..], Node::entries) {
            if let Name::Secret(named) = name::classify(&entry.key) {
                let usage = format!("`{}` from `{store}`", entry.key);
                let name = entry.value.text().unwrap_or_default();
                ctx.report(
                    id::CB_01,
                    named.provider,
                    name,
                    entry.value.span,
                    confidence(named),
                    usage,
                );
            }
        }
    }
}
