//! What can be said about a condition before there is a finding: most of them ask for one
//! kind first, and some ask for nothing but the change.

use super::check::Node;
use super::eval::{Scene, holds};
use crate::context::Context;
use crate::finding::Finding;
use crate::words::FindingKind;

/// All kinds.
const ANY: u16 = u16::MAX;

/// The bit of a kind.
pub(super) fn bit(kind: FindingKind) -> u16 {
    1 << kind as u16
}

/// The kinds that the condition can hold for; never one too few.
pub(super) fn kinds(node: &Node) -> u16 {
    match node {
        Node::And(items) => items.iter().fold(ANY, |all, item| all & kinds(item)),
        Node::Or(items) => items.iter().fold(0, |all, item| all | kinds(item)),
        Node::Word(attribute, bits) if attribute.name == "finding.kind" => *bits as u16,
        _ => ANY,
    }
}

/// Whether what it asks of the change alone is so; what it asks of findings is left open.
pub(super) fn can_hold(node: &Node, context: &Context) -> bool {
    match node {
        Node::And(items) => items.iter().all(|item| can_hold(item, context)),
        Node::Or(items) => items.iter().any(|item| can_hold(item, context)),
        _ if asks_for_findings(node) => true,
        _ => {
            // It does not look at the finding, so any will do.
            let nothing = Finding::new("", "", FindingKind::SecretValue);
            holds(node, &Scene::new(&nothing, context))
        }
    }
}

fn asks_for_findings(node: &Node) -> bool {
    match node {
        Node::Attribute(attribute) | Node::Word(attribute, _) => {
            attribute.name.starts_with("finding.")
        }
        Node::Bool(_)
        | Node::Int(_)
        | Node::Text(_)
        | Node::Texts(_)
        | Node::Ints(_)
        | Node::Variable(_) => false,
        Node::Not(inner) | Node::Size(inner) | Node::Matches(inner, _) => asks_for_findings(inner),
        Node::And(items) | Node::Or(items) => items.iter().any(asks_for_findings),
        Node::Compare(_, a, b)
        | Node::In(a, b)
        | Node::Test(_, a, b)
        | Node::Some(a, b)
        | Node::All(a, b) => asks_for_findings(a) || asks_for_findings(b),
        Node::Choice(a, b, c) => [a, b, c].into_iter().any(|node| asks_for_findings(node)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Condition;
    use super::*;
    use crate::time::Time;
    use crate::words::{ActorKind, Stage};

    #[test]
    fn a_condition_is_asked_where_it_can_hold_and_nowhere_else() {
        use FindingKind::{BakePath, EvidenceGap, SecretValue};
        for (text, of_humans, of_agents) in [
            (
                "finding.kind == 'secret_value'",
                &[SecretValue][..],
                &[SecretValue][..],
            ),
            (
                "'bake_path' == finding.kind && finding.autofix",
                &[BakePath],
                &[BakePath],
            ),
            (
                "finding.kind in ['bake_path', 'evidence_gap'] && actor.kind != 'human'",
                &[],
                &[BakePath, EvidenceGap],
            ),
            (
                "actor.kind == 'agent' || finding.autofix",
                FindingKind::ALL,
                FindingKind::ALL,
            ),
            (
                "!(finding.kind == 'bake_path')",
                FindingKind::ALL,
                FindingKind::ALL,
            ),
            (
                "finding.paths.exists(p, p == actor.id)",
                FindingKind::ALL,
                FindingKind::ALL,
            ),
            ("size(actor.id) > 0", &[], &[]),
        ] {
            let condition = Condition::parse(text).unwrap_or_else(|e| panic!("{text}: {e}"));
            for (actor, want) in [(ActorKind::Human, of_humans), (ActorKind::Agent, of_agents)] {
                let mut context = crate::Context::new(Stage::Merge, Time::from_seconds(0));
                context.actor.kind = actor;
                let asked: Vec<_> = FindingKind::ALL
                    .iter()
                    .filter(|kind| condition.kinds & bit(**kind) != 0)
                    .filter(|_| condition.can_hold(&context))
                    .copied()
                    .collect();
                assert_eq!(asked, want, "{text}");
            }
        }
    }
}
