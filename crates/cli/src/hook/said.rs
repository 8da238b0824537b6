//! What a hook says: where a secret is, and what to do now.

use std::fmt::Write as _;

use sluicegate::{Finding, Occurrence, Report};

use crate::args::HookName;
use crate::printer::harmless;
use crate::table::plural;

/// So many places are named.
const NAMED: usize = 10;

/// The places that count, with what was found there.
fn places(report: &Report) -> Vec<(&Finding, &Occurrence)> {
    let of = |finding| {
        let finding: &Finding = finding;
        let open = |place: &&Occurrence| place.suppression.is_none();
        finding
            .occurrences
            .iter()
            .filter(open)
            .map(move |place| (finding, place))
    };
    report.active().flat_map(of).collect()
}

/// What is wrong, where, and the ways out. It holds no secret.
pub(crate) fn findings(report: &Report, hook: HookName) -> String {
    let places = places(report);
    let (thing, found) = (thing(hook), report.active().count());
    let mut out = format!(
        "sluice: this {thing} introduces {}\n\n",
        plural(found, "secret")
    );
    for (finding, place) in places.iter().take(NAMED) {
        let value = finding.secret.redacted(finding.public_prefix);
        let line = format!(
            "  {}:{}:{}  {} ({}, {})  {}\n",
            place.path,
            place.start.line,
            place.start.column,
            finding.rule.title,
            finding.confidence,
            finding.rule.id,
            short(&value),
        );
        out.push_str(&harmless(&line));
        let commit = place.provenance.as_ref().and_then(|p| p.commit.as_ref());
        if let Some(commit) = commit {
            let id = commit.id.get(..12).unwrap_or(&commit.id);
            let line = format!("      in commit {id} {}\n", short(&commit.summary));
            out.push_str(&harmless(&line));
        }
        if let Some(origin) = &place.copied_from {
            out.push_str(&harmless(&format!("      copied from {origin}\n")));
        }
    }
    if places.len() > NAMED {
        let rest = plural(places.len() - NAMED, "more place");
        writeln!(out, "  and {rest}").expect("a string takes all that is written");
    }
    out.push('\n');
    out.push_str(match hook {
        HookName::Commit => {
            "  Take it out and `git add` again. If anybody else has seen it, revoke it.\n  \
             It may stay?      put a comment on its line:  `sluice:allow WHY`\n  \
             Commit anyway:    git commit --no-verify\n"
        }
        HookName::Push => {
            "  Rewrite the commits that hold it (`git rebase -i`): to remove it in another one\n  \
             leaves it in the history. If it was pushed before, revoke it.\n  \
             It may stay?      put a comment on its line:  `sluice:allow WHY`\n  \
             Push anyway:      git push --no-verify\n"
        }
        HookName::Receive => {
            "  The push is refused. Rewrite the commits that hold it (`git rebase -i`) and push\n  \
             again: to remove it in another one leaves it in the history.\n  \
             It may stay?      put a comment on its line:  `sluice:allow WHY`\n"
        }
    });
    out
}

/// The same on one line, for those who show one.
pub(crate) fn one_line(report: &Report) -> String {
    let places = places(report);
    let named = places.iter().take(3).map(|(finding, place)| {
        format!("{}:{} {}", place.path, place.start.line, finding.rule.title)
    });
    let named: Vec<_> = named.collect();
    let found = plural(report.active().count(), "secret");
    harmless(&format!("{found} in this push: {}", named.join("; "))).replace('\n', " ")
}

/// What the hook stands in front of.
pub(crate) fn thing(hook: HookName) -> &'static str {
    match hook {
        HookName::Commit => "commit",
        HookName::Push | HookName::Receive => "push",
    }
}

/// The start of a text, short enough for a line.
fn short(text: &str) -> String {
    const MOST: usize = 60;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}
