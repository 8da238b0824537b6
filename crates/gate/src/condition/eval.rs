//! Asks a checked condition about a finding.

use super::check::{Comparison, Node, TextTest};
use crate::context::Context;
use crate::finding::{Finding, Location};
use crate::uses::is_own;
use crate::words::Origin;

/// What a condition is asked about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scene<'s> {
    pub(crate) finding: &'s Finding,
    pub(crate) context: &'s Context,
}

impl<'s> Scene<'s> {
    pub(crate) fn new(finding: &'s Finding, context: &'s Context) -> Self {
        Self { finding, context }
    }

    /// Whether people agree before anything runs that uses it: in each of its environments,
    /// and nowhere else.
    pub(crate) fn is_reviewed(&self) -> bool {
        let finding = self.finding;
        let known = |name: &String| {
            let mut reviewed = self.context.reviewed.iter();
            reviewed.any(|own| own.eq_ignore_ascii_case(name))
        };
        let environments = &finding.environments;
        finding.reviewed_environment
            || !finding.outside_environments
                && !environments.is_empty()
                && environments.iter().all(known)
    }

    /// Whether it is given to somebody else's action that can change under its name.
    pub(crate) fn is_unpinned(&self) -> bool {
        let repo = &self.context.subject.repo;
        let is_other = |action: &String| !is_own(action, repo);
        self.finding.unpinned_action || self.finding.unpinned_actions.iter().any(is_other)
    }

    /// What the baseline has is old, whatever the scan thought.
    pub(crate) fn origin(&self) -> Origin {
        let finding = self.finding;
        let is_known =
            finding.origin == Origin::New && self.context.baseline.contains(&finding.fingerprint);
        if is_known {
            Origin::Baseline
        } else {
            finding.origin
        }
    }
}

/// A value, borrowed from what it is about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value<'v> {
    Bool(bool),
    Int(i64),
    Text(&'v str),
    List(Texts<'v>),
    Ints(&'v [i64]),
}

impl Value<'_> {
    pub(super) fn to_json(self) -> serde_json::Value {
        match self {
            Self::Bool(value) => value.into(),
            Self::Int(number) => number.into(),
            Self::Text(text) => text.into(),
            Self::Ints(numbers) => numbers.into(),
            Self::List(texts) => {
                let mut out: Vec<serde_json::Value> = Vec::new();
                texts.any(|text| {
                    if out.last().and_then(serde_json::Value::as_str) != Some(text) {
                        out.push(text.into());
                    }
                    false
                });
                out.into()
            }
        }
    }
}

/// A list of texts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Texts<'v> {
    Words(&'v [String]),
    /// The paths of places, each once; the places are sorted.
    Paths(&'v [Location]),
}

impl<'v> Texts<'v> {
    fn any(self, mut test: impl FnMut(&'v str) -> bool) -> bool {
        match self {
            Self::Words(words) => words.iter().any(|word| test(word)),
            Self::Paths(places) => places.iter().any(|place| test(&place.path)),
        }
    }

    fn len(self) -> usize {
        match self {
            Self::Words(words) => words.len(),
            Self::Paths(places) => places.chunk_by(|a, b| a.path == b.path).count(),
        }
    }
}

/// The variables of macros around an expression, the innermost first.
struct Frame<'f, 'v> {
    value: &'v str,
    number: usize,
    outer: Option<&'f Frame<'f, 'v>>,
}

pub(super) fn holds(node: &Node, scene: &Scene<'_>) -> bool {
    truth(node, scene, None)
}

fn truth<'v>(node: &'v Node, scene: &'v Scene<'v>, frame: Option<&Frame<'_, 'v>>) -> bool {
    match node {
        Node::And(items) => items.iter().all(|item| truth(item, scene, frame)),
        Node::Or(items) => items.iter().any(|item| truth(item, scene, frame)),
        Node::Not(inner) => !truth(inner, scene, frame),
        Node::Word(attribute, bits) => attribute.number.is_some_and(|n| bits >> n(scene) & 1 == 1),
        Node::Compare(comparison, a, b) => {
            compare(*comparison, value(a, scene, frame), value(b, scene, frame))
        }
        Node::In(item, list) => contains(value(list, scene, frame), value(item, scene, frame)),
        Node::Test(test, text, part) => {
            let (text, part) = (text_of(text, scene, frame), text_of(part, scene, frame));
            match test {
                TextTest::StartsWith => text.starts_with(part),
                TextTest::EndsWith => text.ends_with(part),
                TextTest::Contains => text.contains(part),
            }
        }
        Node::Matches(text, regex) => regex.is_match(text_of(text, scene, frame)),
        Node::Some(list, body) => any(list, scene, frame, |f| truth(body, scene, Some(f))),
        Node::All(list, body) => !any(list, scene, frame, |f| !truth(body, scene, Some(f))),
        _ => value(node, scene, frame) == Value::Bool(true),
    }
}

fn value<'v>(node: &'v Node, scene: &'v Scene<'v>, frame: Option<&Frame<'_, 'v>>) -> Value<'v> {
    match node {
        Node::Attribute(attribute) => (attribute.read)(scene),
        Node::Text(text) => Value::Text(text),
        Node::Int(number) => Value::Int(*number),
        Node::Bool(value) => Value::Bool(*value),
        Node::Texts(texts) => Value::List(Texts::Words(texts)),
        Node::Ints(numbers) => Value::Ints(numbers),
        Node::Variable(number) => {
            let mut frame = frame;
            while let Some(inner) = frame.filter(|f| f.number != *number) {
                frame = inner.outer;
            }
            Value::Text(frame.map_or("", |f| f.value))
        }
        Node::Choice(condition, yes, no) => {
            let taken = if truth(condition, scene, frame) {
                yes
            } else {
                no
            };
            value(taken, scene, frame)
        }
        Node::Size(inner) => Value::Int(size(value(inner, scene, frame))),
        _ => Value::Bool(truth(node, scene, frame)),
    }
}

fn text_of<'v>(node: &'v Node, scene: &'v Scene<'v>, frame: Option<&Frame<'_, 'v>>) -> &'v str {
    match value(node, scene, frame) {
        Value::Text(text) => text,
        _ => "",
    }
}

fn size(value: Value<'_>) -> i64 {
    let size = match value {
        // CEL counts characters.
        Value::Text(text) => text.chars().count(),
        Value::List(texts) => texts.len(),
        Value::Ints(numbers) => numbers.len(),
        Value::Bool(_) | Value::Int(_) => 0,
    };
    i64::try_from(size).unwrap_or(i64::MAX)
}

fn compare(comparison: Comparison, a: Value<'_>, b: Value<'_>) -> bool {
    let order = || match (a, b) {
        (Value::Int(a), Value::Int(b)) => a.cmp(&b),
        // Nothing else has an order: the condition was checked.
        _ => std::cmp::Ordering::Equal,
    };
    match comparison {
        Comparison::Equal => a == b,
        Comparison::Unequal => a != b,
        Comparison::Less => order().is_lt(),
        Comparison::LessOrEqual => order().is_le(),
        Comparison::Greater => order().is_gt(),
        Comparison::GreaterOrEqual => order().is_ge(),
    }
}

fn contains(list: Value<'_>, item: Value<'_>) -> bool {
    match (list, item) {
        (Value::List(texts), Value::Text(item)) => texts.any(|text| text == item),
        (Value::Ints(numbers), Value::Int(item)) => numbers.contains(&item),
        _ => false,
    }
}

/// Whether the test is passed by one element of the list.
fn any<'v>(
    list: &'v Node,
    scene: &'v Scene<'v>,
    outer: Option<&Frame<'_, 'v>>,
    mut test: impl FnMut(&Frame<'_, 'v>) -> bool,
) -> bool {
    let number = outer.map_or(0, |frame| frame.number + 1);
    match value(list, scene, outer) {
        Value::List(texts) => texts.any(|value| {
            test(&Frame {
                value,
                number,
                outer,
            })
        }),
        _ => false,
    }
}
