//! GitLab CI.

use super::{platform, read_variables, scripts};
use crate::found::Ctx;
use crate::name::Class;
use crate::node::{Entry, Node};
use crate::part::{Part, shown};
use crate::pattern::id;
use crate::script::{Platform, Variables};
use crate::shell;
use sluicegate_core::{Confidence, Job, Span, Tier};

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

/// Says what is known of the job. A variable may have another value in each environment.
fn part(ctx: &mut Ctx<'_>, entry: &Entry<'_>, environment: Option<&Node<'_>>) {
    let name = environment.and_then(|e| e.text().or(e.text_at(&["name"])));
    let environment = name.map(shown).filter(|name| !name.is_empty());
    ctx.parts.push(Part {
        span: Span::new(
            entry.key_span.start,
            entry.value.span.end.max(entry.key_span.end),
        ),
        job: Job {
            tier: Tier::named(&entry.key).filter(|_| environment.is_none()),
            environment,
            ..Job::default()
        },
        unpinned: Vec::new(),
    });
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
    part(ctx, entry, find("environment"));
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
