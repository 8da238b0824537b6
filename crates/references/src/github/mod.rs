//! GitHub Actions: workflows, composite actions and what they are handed.

mod action;
mod job;
mod parts;
mod sinks;
mod trust;

use sluicegate_core::{Confidence, Span};

use crate::expr::{self, Context, Read};
use crate::found::Ctx;
use crate::name::{self, Class, Name, Named};
use crate::node::{Entry, Node};
use crate::part;
use crate::pattern::{PatternId, id};
use crate::script::{Bound, Platform, Variables};

pub(crate) use action::composite;

/// The general patterns for credentials in workflows.
pub(crate) const PLATFORM: Platform = Platform {
    pattern: pattern_of,
    report_plain: false,
};

/// Reads a workflow.
pub(crate) fn workflow(ctx: &mut Ctx<'_>, root: &Node<'_>) {
    let Some(jobs) = root.get("jobs") else {
        return;
    };
    let mut variables = Variables::of_file();
    if let Some(env) = root.get("env") {
        let scope = Scope {
            place: "of the workflow".to_owned(),
            publishes: job::publishes_npm(ctx, jobs),
            disabled: false,
            variables: &mut variables,
        };
        read_env(ctx, env, scope);
        for entry in env.entries() {
            for read in expr::reads(ctx.raw(entry.value.span), entry.value.span.start) {
                if read.context == Context::Secrets && stored_name(read.name) {
                    let usage = format!("env `{}` of every job", entry.key);
                    ctx.report(
                        id::GHA_19,
                        "github",
                        read.name,
                        read.span,
                        Confidence::Hint,
                        usage,
                    );
                }
            }
        }
    }
    trust::workflow(ctx, root, jobs);
    parts::workflow(ctx, root, jobs);
    for entry in jobs.entries() {
        job::read(ctx, root, entry, &variables);
    }
    whole_context(ctx, root);
    // What a called workflow declares is a parameter: its caller names the secret.
    let declared = root.at(&["on", "workflow_call", "secrets"]);
    let declared = declared.map_or(&[][..], Node::entries);
    for found in &mut ctx.found {
        if declared
            .iter()
            .any(|entry| entry.key.eq_ignore_ascii_case(&found.name))
        {
            found.confidence = Confidence::Hint;
        }
    }
}

/// Where an `env` stands.
struct Scope<'v> {
    place: String,
    publishes: bool,
    disabled: bool,
    variables: &'v mut Variables,
}

/// Reads an `env` map: reports what comes from stored secrets, and remembers it for the
/// scripts and inputs below.
fn read_env(ctx: &mut Ctx<'_>, env: &Node<'_>, scope: Scope<'_>) {
    let has_session = env.entry_of(&["AWS_SESSION_TOKEN"]).is_some();
    let has_secret_key = env.entry_of(&["AWS_SECRET_ACCESS_KEY"]).is_some();
    for entry in env.entries() {
        let reads = expr::reads(ctx.raw(entry.value.span), entry.value.span.start);
        if reads.is_empty() {
            scope.variables.set_locally(&entry.key);
        }
        for read in &reads {
            let Some(bound) = bound(&entry.key, read, scope.variables) else {
                continue;
            };
            let class = bound.named.map(|n| n.class);
            let is_aws_env = class == Some(Class::Aws) && entry.key.starts_with("AWS_");
            let half = entry.key == "AWS_ACCESS_KEY_ID" && has_secret_key;
            scope.variables.bind(&entry.key, bound.clone());
            // A session token beside the keys means that they expire with it.
            if is_aws_env && has_session || half || read.context == Context::Env {
                continue;
            }
            let usage = format!("env `{}` {}", entry.key, scope.place);
            report_bound(ctx, &bound, read, scope.publishes, scope.disabled, usage);
        }
    }
}

/// What `key: ${{ … }}` binds the key to; `None` if that is no stored credential.
fn bound(key: &str, read: &Read<'_>, variables: &Variables) -> Option<Bound> {
    if read.context == Context::Env {
        return variables.resolve(read.name);
    }
    let of_key = name::classify(key);
    let of_name = name::classify(read.name);
    match read.context {
        Context::Secrets => {}
        // A variable of the repository is readable by everybody, and still static.
        Context::Vars
            if of_key.known().is_some_and(|n| n.class.is_cloud()) && of_name.secret().is_some() => {
        }
        _ => return None,
    }
    if of_name == Name::ShortLived {
        return None;
    }
    // What the action or program reads tells more than how somebody named the secret.
    let known = of_key.known().or(of_name.known());
    let is_token = key.eq_ignore_ascii_case("GITHUB_TOKEN") || key.eq_ignore_ascii_case("GH_TOKEN");
    let named = if is_token {
        Some(Named {
            provider: "github",
            class: Class::Scm,
        })
    } else if known.is_some() {
        known
    } else {
        of_key.secret().or(of_name.secret())
    };
    let plain = |name: Name| name == Name::Plain;
    if plain(of_key) || plain(of_name) && of_key.known().is_none() {
        return None;
    }
    Some(Bound {
        name: read.name.to_owned(),
        named,
    })
}

fn report_bound(
    ctx: &mut Ctx<'_>,
    bound: &Bound,
    read: &Read<'_>,
    publishes: bool,
    disabled: bool,
    usage: String,
) {
    let generic = Named {
        provider: "stored",
        class: Class::Generic,
    };
    let named = bound.named.unwrap_or(generic);
    let mut pattern = pattern_of(named);
    if pattern == id::GHA_08 && !publishes {
        pattern = id::PKG_01;
    }
    let confidence = match bound.named {
        _ if disabled => Confidence::Hint,
        Some(named) if named.class != Class::Generic => Confidence::Definite,
        Some(_) => Confidence::Probable,
        None => Confidence::Hint,
    };
    ctx.report(
        pattern,
        named.provider,
        &bound.name,
        read.span,
        confidence,
        usage,
    );
}

/// The pattern that speaks for a kind of credential in a workflow.
fn pattern_of(named: Named) -> PatternId {
    match named.class {
        Class::Aws => id::GHA_02,
        Class::Azure => id::GHA_03,
        Class::Gcp => id::GHA_04,
        Class::Scm => id::GHA_05,
        Class::AppKey => id::GHA_06,
        Class::Ssh => id::GHA_07,
        Class::Npm => id::GHA_08,
        Class::Pypi => id::GHA_09,
        Class::Cargo if named.provider == "cargo" => id::PKG_04,
        Class::Cargo => id::GHA_10,
        Class::Publish => id::GHA_11,
        Class::Registry => id::GHA_12,
        Class::Kubernetes => id::GHA_14,
        Class::Iac => id::GHA_15,
        Class::Deploy | Class::Saas => id::GHA_16,
        Class::Ai => id::GHA_17,
        Class::Sign => id::GHA_18,
        Class::Quality => id::GHA_23,
        Class::Chat | Class::Database | Class::AppSecret | Class::Generic => id::CI_01,
    }
}

fn stored_name(name: &str) -> bool {
    !matches!(name::classify(name), Name::ShortLived | Name::Plain)
}

/// `toJSON(secrets)` and `secrets[…]`, wherever they stand.
fn whole_context(ctx: &mut Ctx<'_>, root: &Node<'_>) {
    let mut scalars: Vec<Span> = Vec::new();
    root.each(&mut |node| {
        if node.text().is_some_and(|text| text.contains("secrets")) {
            scalars.push(node.span);
        }
    });
    for span in scalars {
        for read in expr::reads(ctx.raw(span), span.start) {
            let (name, usage) = match read.context {
                Context::AllSecrets => ("all secrets", "all secrets at once"),
                Context::ChosenSecret => ("any secret", "a secret that is chosen at run time"),
                _ => continue,
            };
            ctx.report(
                id::GHA_19,
                "github",
                name,
                read.whole,
                Confidence::Definite,
                usage,
            );
        }
    }
}

/// A title for a step: its name, its id, or what it uses.
fn step_title(step: &Node<'_>, number: usize) -> String {
    let uses = step.text_at(&["uses"]).map(|uses| {
        let (action, version) = uses.rsplit_once('@').unwrap_or((uses, ""));
        if part::is_digest(version) {
            action
        } else {
            uses
        }
    });
    let named = step.text_at(&["name"]).or(step.text_at(&["id"])).or(uses);
    match named {
        Some(name) => format!("step `{}`", name.trim()),
        None => format!("step {}", number + 1),
    }
}

/// Whether an `if` says that this never runs.
fn is_disabled(node: &Node<'_>) -> bool {
    let condition = node.text_at(&["if"]).unwrap_or_default();
    let condition = condition
        .trim()
        .trim_start_matches("${{")
        .trim_end_matches("}}")
        .trim();
    condition == "false"
}

/// The keys of a job or a workflow that say what it may do with an identity.
fn has_id_token(node: &Node<'_>) -> bool {
    let Some(permissions) = node.get("permissions") else {
        return false;
    };
    permissions.text() == Some("write-all") || permissions.text_at(&["id-token"]) == Some("write")
}

/// The entry of a job, for its name and its place.
type Job<'n, 't> = &'n Entry<'t>;
