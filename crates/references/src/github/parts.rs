//! What a workflow says about its jobs: events, environments, actions.

use std::collections::BTreeSet;

use sluicegate_core::{Job, Span, Tier};

use super::trust;
use crate::found::Ctx;
use crate::node::{Entry, Node};
use crate::part::{Part, is_digest, shown, shown_action};

/// Whose actions come with the platform.
const PLATFORM: [&str; 2] = ["actions", "github"];

/// Says of every job and step of the workflow what is known of it.
pub(super) fn workflow(ctx: &mut Ctx<'_>, root: &Node<'_>, jobs: &Node<'_>) {
    let events = events(root);
    let file = ctx.path.rsplit('/').next().unwrap_or_default();
    let tier = Tier::named(file).or(root.text_at(&["name"]).and_then(Tier::named));
    let all = jobs.entries();
    let steps = |job: &Entry<'_>| {
        job.value
            .get("steps")
            .map_or(0, |steps| steps.items().len())
    };
    let mut parts = Vec::with_capacity(all.iter().map(steps).sum());
    let outer = Job {
        triggers: events.clone(),
        tier,
        ..Job::default()
    };
    // What the whole workflow is handed goes to every step of every job.
    let everywhere = all.iter().flat_map(|job| actions(&job.value)).collect();
    parts.push(Part {
        span: root.span,
        job: outer.clone(),
        unpinned: everywhere,
    });
    for entry in all {
        job(entry, &outer, &mut parts);
    }
    ctx.parts = parts;
}

fn job(entry: &Entry<'_>, outer: &Job, parts: &mut Vec<Part>) {
    let job = &entry.value;
    let environment = environment(job);
    let name = job.text_at(&["name"]).unwrap_or_default();
    let named = Tier::named(&entry.key).or(Tier::named(name)).or(outer.tier);
    let own = Job {
        triggers: allowed(&outer.triggers, job.text_at(&["if"])),
        tier: named.filter(|_| environment.is_none()),
        environment,
        action: uses(job).map(shown_action),
        unpinned_action: None,
    };
    let part = |span: Span, job: Job, unpinned: Vec<String>| Part {
        span,
        job,
        unpinned,
    };
    let whole = Span::new(entry.key_span.start, job.span.end.max(entry.key_span.end));
    // Of the job itself only a called workflow is handed something.
    let called = unpinned(job).into_iter().collect();
    parts.push(part(whole, own.clone(), called));
    if let Some(env) = job.get("env") {
        parts.push(part(env.span, own.clone(), actions(job)));
    }
    for step in job.get("steps").map_or(&[][..], Node::items) {
        let mut of_step = own.clone();
        of_step.triggers = allowed(&own.triggers, step.text_at(&["if"]));
        of_step.action = uses(step).map(shown_action);
        parts.push(part(
            step.span,
            of_step,
            unpinned(step).into_iter().collect(),
        ));
    }
}

/// The events that start the workflow, sorted. What is no name of an event is left out.
fn events(root: &Node<'_>) -> Vec<String> {
    let is_event = |text: &&str| {
        (1..=40).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
    };
    let all: BTreeSet<String> = trust::triggers(root)
        .filter(is_event)
        .map(ToOwned::to_owned)
        .collect();
    all.into_iter().collect()
}

/// The name of the environment, which may be written short or with an address.
fn environment(job: &Node<'_>) -> Option<String> {
    let environment = job.get("environment")?;
    let name = environment.text().or(environment.text_at(&["name"]))?;
    Some(shown(name)).filter(|name| !name.is_empty())
}

/// The unpinned actions of all steps.
fn actions(job: &Node<'_>) -> Vec<String> {
    let steps = job.get("steps").map_or(&[][..], Node::items);
    steps.iter().filter_map(unpinned).collect()
}

/// The action or workflow that a step or a job uses, if it does not come with the repository.
fn uses<'n>(node: &'n Node<'_>) -> Option<&'n str> {
    let uses = node.text_at(&["uses"])?.trim();
    (!uses.starts_with("./") && !uses.starts_with("../")).then_some(uses)
}

/// What a step or a job uses, if it comes from others and can change under its name.
fn unpinned(node: &Node<'_>) -> Option<String> {
    let uses = uses(node)?;
    let (action, version) = uses.rsplit_once('@').unwrap_or((uses, ""));
    let owner = action.split('/').next().unwrap_or_default();
    let is_platform = PLATFORM
        .iter()
        .any(|known| owner.eq_ignore_ascii_case(known));
    (!is_digest(version) && !is_platform).then(|| shown_action(uses))
}

/// The events for which a condition lets a job run. Only what is plain to see is believed:
/// comparisons of `github.event_name` joined by `&&` and `||`, without brackets.
fn allowed(events: &[String], condition: Option<&str>) -> Vec<String> {
    let Some(condition) = condition else {
        return events.to_vec();
    };
    let bare = condition.trim().trim_start_matches("${{");
    let bare = bare.trim_end_matches("}}");
    if bare.contains(['(', ')']) {
        return events.to_vec();
    }
    let lets = |event: &str| {
        bare.split("||").any(|way| {
            way.split("&&")
                .all(|term| compared(term).is_none_or(|(is, name)| (name == event) == is))
        })
    };
    let events = events.iter().filter(|event| lets(event));
    events.cloned().collect()
}

/// The event that a term compares with, and whether it must be that one.
fn compared(term: &str) -> Option<(bool, &str)> {
    let (is, name) = match (term.split_once("=="), term.split_once("!=")) {
        (Some((left, right)), _) if left.trim() == "github.event_name" => (true, right),
        (_, Some((left, right))) if left.trim() == "github.event_name" => (false, right),
        _ => return None,
    };
    let name = name.trim().strip_prefix('\'')?.strip_suffix('\'')?;
    Some((is, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_that_are_plain_narrow_the_events() {
        let all = ["pull_request_target", "push"];
        let events = all.map(ToOwned::to_owned);
        for (condition, want) in [
            ("github.event_name == 'push'", &["push"][..]),
            (
                "${{ github.event_name != 'pull_request_target' }}",
                &["push"],
            ),
            (
                "github.ref == 'x' && github.event_name == 'push'",
                &["push"],
            ),
            ("github.event_name == 'push' || github.actor == 'me'", &all),
            (
                "github.event_name == 'push' || github.event_name == 'issues'",
                &["push"],
            ),
            ("!(github.event_name == 'push')", &all),
            ("contains(github.event_name, 'push')", &all),
            ("always()", &all),
            ("github.event_name == inputs.event", &all),
            ("github.event_name == 'schedule'", &[]),
        ] {
            assert_eq!(allowed(&events, Some(condition)), want, "{condition}");
        }
        assert_eq!(allowed(&events, None), all);
    }
}
