//! Who made a change: what commits say about it.

use std::collections::BTreeSet;

use crate::context::{Actor, Change, address};
use crate::words::{ActorKind, Autonomy};

/// What a commit says about people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommitFacts {
    /// `Name <address>`
    pub author: String,
    /// `Name <address>`
    pub committer: String,
    /// All of it, with its trailers.
    pub message: String,
}

/// Trailers that name somebody who had a part.
const TRAILERS: &[&str] = &["co-authored-by", "signed-off-by", "co-developed-by"];

/// Trailers that say that a program wrote it.
const MADE_BY: &[&str] = &["generated-by", "assisted-by", "ai-assisted-by", "agent"];

/// Addresses of programs that write code, or parts of them, in lower case.
const AGENT_ADDRESSES: &[&str] = &[
    "@anthropic.com",
    "copilot@",
    "+copilot@",
    "copilot-swe-agent",
    "@cursor.com",
    "@cursor.sh",
    "codex@openai.com",
    "@devin.ai",
    "devin-ai-integration",
    "@aider.chat",
    "aider@",
    "jules@",
    "google-labs-jules",
    "@openhands.dev",
    "openhands@",
    "gemini-code-assist",
    "amazon-q",
    "@windsurf.com",
    "sweep-ai",
    "agent@",
    "-agent@",
];

/// Their names, in lower case.
const AGENT_NAMES: &[&str] = &[
    "copilot",
    "github copilot",
    "claude",
    "claude code",
    "cursor",
    "cursor agent",
    "codex",
    "openai codex",
    "devin",
    "devin ai",
    "aider",
    "jules",
    "openhands",
    "gemini cli",
    "amazon q",
];

/// The same of programs that do one thing.
const BOT_ADDRESSES: &[&str] = &[
    "[bot]@",
    "dependabot",
    "renovate",
    "-bot@",
    "+bot@",
    "github-actions",
    "mergify",
    "snyk-bot",
    "pre-commit-ci",
    "greenkeeper",
];

/// Who made the change that these commits are, and who had a part in it. Of several kinds
/// the one that is judged hardest counts: an agent before a bot before a person.
///
/// ```
/// use sluicegate_gate::{ActorKind, CommitFacts, who_made};
///
/// let commit = CommitFacts {
///     author: "Ann <ann@example.com>".to_owned(),
///     committer: "Ann <ann@example.com>".to_owned(),
///     message: "Add retries\n\nCo-authored-by: Copilot <1+copilot@example.com>\n".to_owned(),
/// };
/// let (actor, change) = who_made(&[commit]);
/// assert_eq!(actor.kind, ActorKind::Agent);
/// assert_eq!(actor.operator, "ann@example.com");
/// assert!(change.everybody().contains("1+copilot@example.com"));
/// ```
pub fn who_made(commits: &[CommitFacts]) -> (Actor, Change) {
    let mut change = Change::default();
    let mut kinds: BTreeSet<(u8, String)> = BTreeSet::new();
    let mut people: BTreeSet<String> = BTreeSet::new();
    for commit in commits {
        for (who, into) in [
            (&commit.author, &mut change.authors),
            (&commit.committer, &mut change.committers),
        ] {
            if !who.is_empty() {
                into.insert(who.clone());
                note(who, &mut kinds, &mut people);
            }
        }
        for (name, value) in trailers(&commit.message) {
            if TRAILERS.contains(&name.as_str()) {
                change.coauthors.insert(value.clone());
                note(&value, &mut kinds, &mut people);
            } else if MADE_BY.contains(&name.as_str()) {
                kinds.insert((2, value));
            }
        }
    }
    let (kind, id) = match kinds.last() {
        Some((2, who)) => (ActorKind::Agent, who.clone()),
        Some((1, who)) => (ActorKind::Bot, who.clone()),
        _ => (
            ActorKind::Human,
            people.first().cloned().unwrap_or_default(),
        ),
    };
    let operator = match kind {
        ActorKind::Human => String::new(),
        _ => people.first().cloned().unwrap_or_default(),
    };
    (
        Actor {
            kind,
            id,
            autonomy: Autonomy::Unknown,
            operator,
        },
        change,
    )
}

fn note(who: &str, kinds: &mut BTreeSet<(u8, String)>, people: &mut BTreeSet<String>) {
    let kind = match kind_of(who) {
        ActorKind::Human => {
            people.insert(address(who));
            return;
        }
        ActorKind::Bot => 1,
        ActorKind::Agent => 2,
    };
    kinds.insert((kind, address(who)));
}

/// What kind of actor goes by `Name <address>`.
pub fn kind_of(who: &str) -> ActorKind {
    let name = who
        .split('<')
        .next()
        .unwrap_or_default()
        .trim()
        .to_lowercase();
    let address = address(who);
    let has = |known: &[&str]| known.iter().any(|part| address.contains(part));
    if AGENT_NAMES.contains(&name.as_str()) || has(AGENT_ADDRESSES) {
        ActorKind::Agent
    } else if name.ends_with("[bot]") || has(BOT_ADDRESSES) {
        ActorKind::Bot
    } else {
        ActorKind::Human
    }
}

/// `Name: value` lines of a message, names in lower case. They are looked for in all of
/// it: one that stands in the wrong place must not hide who had a part.
fn trailers(message: &str) -> impl Iterator<Item = (String, String)> {
    message.lines().skip(1).filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-';
        let name = name.trim();
        let fits = !name.is_empty() && name.chars().all(is_name) && !value.trim().is_empty();
        fits.then(|| (name.to_lowercase(), value.trim().to_owned()))
    })
}

/// Who is who: a file `.mailmap`, as `gitmailmap(5)` describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mailmap {
    proper: Vec<(String, String)>,
    known: BTreeSet<String>,
}

impl Mailmap {
    /// Reads the file.
    pub fn parse(text: &str) -> Self {
        let mut out = Self::default();
        for line in text.lines() {
            let line = line.split('#').next().unwrap_or_default();
            let addresses = line.split('<').skip(1).filter_map(|p| p.split_once('>'));
            let mut addresses = addresses.map(|(address, _)| address.trim().to_lowercase());
            let Some(proper) = addresses.next() else {
                continue;
            };
            out.known.insert(proper.clone());
            if let Some(other) = addresses.next() {
                out.known.insert(other.clone());
                out.proper.push((other, proper));
            }
        }
        out
    }

    /// Whether the file has that address.
    pub(crate) fn knows(&self, who: &str) -> bool {
        self.known.contains(&address(who))
    }

    /// The proper address of somebody, as an address in lower case.
    pub fn proper(&self, who: &str) -> String {
        let who = address(who);
        let known = self.proper.iter().rev().find(|(other, _)| *other == who);
        known.map_or(who.clone(), |(_, proper)| proper.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_by_name_and_address() {
        for (who, want) in [
            ("Ann <ann@example.com>", ActorKind::Human),
            ("Claude Dupont <c.dupont@example.fr>", ActorKind::Human),
            ("Abbot <abbot@example.com>", ActorKind::Human),
            (
                "dependabot[bot] <49699333+dependabot[bot]@users.noreply.github.com>",
                ActorKind::Bot,
            ),
            (
                "Renovate <renovate@whitesourcesoftware.com>",
                ActorKind::Bot,
            ),
            ("Cursor Agent <cursoragent@cursor.com>", ActorKind::Agent),
            (
                "copilot-swe-agent[bot] <198982749+Copilot@users.noreply.github.com>",
                ActorKind::Agent,
            ),
        ] {
            assert_eq!(kind_of(who), want, "{who}");
        }
    }

    #[test]
    fn one_agent_among_people_is_enough() {
        let commit = |author: &str, message: &str| CommitFacts {
            author: author.to_owned(),
            committer: author.to_owned(),
            message: message.to_owned(),
        };
        let ann = "Ann <ann@example.com>";
        let (actor, _) = who_made(&[
            commit(ann, "a"),
            commit(ann, "b\n\nGenerated-by: x\n\nmore"),
        ]);
        assert_eq!(
            (actor.kind, actor.operator.as_str()),
            (ActorKind::Agent, "ann@example.com")
        );
        let (actor, change) = who_made(&[commit(ann, "a\n\nSigned-off-by: Bob <BOB@example.com>")]);
        assert_eq!(actor.kind, ActorKind::Human);
        assert!(change.everybody().contains("bob@example.com"));
        let map = Mailmap::parse("Bob <bob@work.example> <bob@home.example> # x\n");
        assert_eq!(map.proper("B <Bob@home.example>"), "bob@work.example");
    }
}
