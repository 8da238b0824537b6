//! A tree to something that can be evaluated and cannot fail.

use std::ops::Range;

use regex_automata::meta::Regex;

use super::ConditionError;
use super::attribute::{ATTRIBUTES, Attribute, Type, find, nearest};
use super::parse::{Tree, What};

/// A checked expression.
#[derive(Clone, Debug)]
pub(super) enum Node {
    Bool(bool),
    Int(i64),
    Text(String),
    Texts(Vec<String>),
    Ints(Vec<i64>),
    Attribute(&'static Attribute),
    /// The variable of a macro, counted from the outside.
    Variable(usize),
    Not(Box<Node>),
    And(Vec<Node>),
    Or(Vec<Node>),
    /// Whether an attribute of few words is one of those whose bits are set.
    Word(&'static Attribute, u32),
    Compare(Comparison, Box<Node>, Box<Node>),
    In(Box<Node>, Box<Node>),
    Choice(Box<Node>, Box<Node>, Box<Node>),
    Test(TextTest, Box<Node>, Box<Node>),
    Matches(Box<Node>, Box<Regex>),
    Size(Box<Node>),
    /// Whether the body holds for one of the list, or for all.
    Some(Box<Node>, Box<Node>),
    All(Box<Node>, Box<Node>),
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Comparison {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum TextTest {
    StartsWith,
    EndsWith,
    Contains,
}

type Checked = Result<(Node, Kind), ConditionError>;

/// A type, and the words that a text can be.
#[derive(Clone, Debug)]
struct Kind {
    of: Of,
    words: Vec<&'static str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    Bool,
    Int,
    Text,
    Texts,
    Ints,
}

impl Of {
    fn as_str(self) -> &'static str {
        match self {
            Self::Bool => "a bool",
            Self::Int => "a number",
            Self::Text => "a text",
            Self::Texts => "a list of texts",
            Self::Ints => "a list of numbers",
        }
    }
}

fn plain(of: Of) -> Kind {
    Kind {
        of,
        words: Vec::new(),
    }
}

/// Checks a whole condition.
pub(super) fn condition(tree: &Tree) -> Result<Node, ConditionError> {
    let mut checker = Checker {
        variables: Vec::new(),
    };
    checker.expect(tree, Of::Bool)
}

struct Checker<'t> {
    variables: Vec<&'t str>,
}

fn wrong(span: &Range<usize>, message: impl Into<String>) -> ConditionError {
    ConditionError::new(span.clone(), message)
}

impl<'t> Checker<'t> {
    fn expect(&mut self, tree: &'t Tree, of: Of) -> Result<Node, ConditionError> {
        let (node, kind) = self.check(tree)?;
        if kind.of == of {
            return Ok(node);
        }
        let message = format!(
            "this is {}, and {} is needed",
            kind.of.as_str(),
            of.as_str()
        );
        Err(wrong(&tree.span, message))
    }

    fn check(&mut self, tree: &'t Tree) -> Checked {
        Ok(match &tree.what {
            What::Bool(value) => (Node::Bool(*value), plain(Of::Bool)),
            What::Int(value) => (Node::Int(*value), plain(Of::Int)),
            What::Text(value) => (Node::Text(value.clone()), plain(Of::Text)),
            What::List(items) => list(items, &tree.span)?,
            What::Path(path) => self.path(path, &tree.span)?,
            What::Not(inner) => (
                Node::Not(self.expect(inner, Of::Bool)?.into()),
                plain(Of::Bool),
            ),
            What::Join(operator, items) => {
                let items = items.iter().map(|item| self.expect(item, Of::Bool));
                let items = items.collect::<Result<Vec<_>, _>>()?;
                let node = if *operator == "&&" {
                    Node::And(items)
                } else {
                    Node::Or(items)
                };
                (node, plain(Of::Bool))
            }
            What::Infix(operator, left, right) => self.infix(operator, left, right)?,
            What::Choice(condition, yes, no) => {
                let condition = self.expect(condition, Of::Bool)?;
                let (yes, kind) = self.check(yes)?;
                let no = self.expect(no, kind.of)?;
                (Node::Choice(condition.into(), yes.into(), no.into()), kind)
            }
            What::Call(receiver, name, arguments) => {
                self.call(receiver.as_deref(), name, arguments, &tree.span)?
            }
        })
    }

    fn path(&mut self, path: &str, span: &Range<usize>) -> Checked {
        if let Some(number) = self.variables.iter().rposition(|v| *v == path) {
            return Ok((Node::Variable(number), plain(Of::Text)));
        }
        if let Some(attribute) = find(path) {
            let of = match attribute.kind {
                Type::Bool => Of::Bool,
                Type::Int => Of::Int,
                Type::Text => Of::Text,
                Type::List => Of::Texts,
            };
            let words = (attribute.words)();
            return Ok((Node::Attribute(attribute), Kind { of, words }));
        }
        if path == "stage" || path == "context.stage" {
            let message = "a condition cannot ask for the stage, or a later stage could be \
                milder than an earlier one: say what holds where in `verdict`, as in \"A/R/B\"";
            return Err(wrong(span, message));
        }
        let message = match nearest(path, ATTRIBUTES.iter().map(|a| a.name)) {
            Some(known) => format!("there is no `{path}`; did you mean `{known}`?"),
            None => format!("there is no `{path}`; `sluice policy explain` lists what there is"),
        };
        Err(wrong(span, message))
    }

    fn infix(&mut self, operator: &str, left: &'t Tree, right: &'t Tree) -> Checked {
        let comparison = match operator {
            "in" => return self.membership(left, right),
            "==" => Comparison::Equal,
            "!=" => Comparison::Unequal,
            "<" => Comparison::Less,
            "<=" => Comparison::LessOrEqual,
            ">" => Comparison::Greater,
            _ => Comparison::GreaterOrEqual,
        };
        let (a, kind_a) = self.check(left)?;
        let (b, kind_b) = self.check(right)?;
        let span = left.span.start..right.span.end;
        if kind_a.of != kind_b.of {
            let (a, b) = (kind_a.of.as_str(), kind_b.of.as_str());
            return Err(wrong(&span, format!("{a} is compared with {b}")));
        }
        let is_equality = matches!(comparison, Comparison::Equal | Comparison::Unequal);
        let has_order = kind_a.of == Of::Int;
        if !is_equality && !has_order {
            let message = format!("{} has no order here; use == or in", kind_a.of.as_str());
            return Err(wrong(&span, message));
        }
        if matches!(kind_a.of, Of::Texts | Of::Ints) {
            return Err(wrong(
                &span,
                "lists cannot be compared; use in, exists or all",
            ));
        }
        known_word(&kind_a, right)?;
        known_word(&kind_b, left)?;
        Ok((compared(comparison, a, b), plain(Of::Bool)))
    }

    fn membership(&mut self, left: &'t Tree, right: &'t Tree) -> Checked {
        let (item, kind) = self.check(left)?;
        let of = match kind.of {
            Of::Text => Of::Texts,
            Of::Int => Of::Ints,
            other => {
                let message = format!("{} cannot be in a list here", other.as_str());
                return Err(wrong(&left.span, message));
            }
        };
        // An empty list has no type of its own.
        let list = match &right.what {
            What::List(items) if items.is_empty() && of == Of::Ints => Node::Ints(Vec::new()),
            _ => self.expect(right, of)?,
        };
        if let What::List(items) = &right.what {
            for word in items {
                known_word(&kind, word)?;
            }
        }
        let node = match (&item, &list) {
            (Node::Attribute(attribute), Node::Texts(words)) => {
                bits(attribute, words).map(|bits| Node::Word(attribute, bits))
            }
            _ => None,
        };
        let node = node.unwrap_or_else(|| Node::In(item.into(), list.into()));
        Ok((node, plain(Of::Bool)))
    }

    fn call(
        &mut self,
        receiver: Option<&'t Tree>,
        name: &str,
        arguments: &'t [Tree],
        span: &Range<usize>,
    ) -> Checked {
        match (receiver, name, arguments) {
            (Some(text), "startsWith" | "endsWith" | "contains", [part]) => {
                let test = match name {
                    "startsWith" => TextTest::StartsWith,
                    "endsWith" => TextTest::EndsWith,
                    _ => TextTest::Contains,
                };
                let text = self.expect(text, Of::Text)?;
                let part = self.expect(part, Of::Text)?;
                Ok((Node::Test(test, text.into(), part.into()), plain(Of::Bool)))
            }
            (Some(text), "matches", [pattern]) | (None, "matches", [text, pattern]) => {
                let text = self.expect(text, Of::Text)?;
                Ok((
                    Node::Matches(text.into(), regex(pattern)?.into()),
                    plain(Of::Bool),
                ))
            }
            (Some(list), "size", []) | (None, "size", [list]) => {
                let (node, kind) = self.check(list)?;
                if !matches!(kind.of, Of::Text | Of::Texts | Of::Ints) {
                    let message = format!("{} has no size", kind.of.as_str());
                    return Err(wrong(&list.span, message));
                }
                Ok((Node::Size(node.into()), plain(Of::Int)))
            }
            (Some(list), "exists" | "all", [variable, body]) => {
                let list = self.expect(list, Of::Texts)?;
                let What::Path(variable_name) = &variable.what else {
                    return Err(wrong(
                        &variable.span,
                        "a name for the element has to stand here",
                    ));
                };
                self.variables.push(variable_name);
                let body = self.expect(body, Of::Bool);
                self.variables.pop();
                let (list, body) = (list.into(), body?.into());
                let node = if name == "all" {
                    Node::All(list, body)
                } else {
                    Node::Some(list, body)
                };
                Ok((node, plain(Of::Bool)))
            }
            _ => {
                let message = format!(
                    "there is no `{name}` with {} here; there are startsWith, endsWith, contains, \
                     matches, size, exists and all",
                    if arguments.len() == 1 {
                        "this argument"
                    } else {
                        "these arguments"
                    }
                );
                Err(wrong(span, message))
            }
        }
    }
}

/// A pattern is read once, when the policy is loaded, so it has to stand there as it is.
fn regex(pattern: &Tree) -> Result<Regex, ConditionError> {
    let What::Text(text) = &pattern.what else {
        return Err(wrong(
            &pattern.span,
            "the pattern has to be a text in quotes",
        ));
    };
    Regex::builder()
        .configure(Regex::config().nfa_size_limit(Some(1 << 20)))
        .build(text)
        .map_err(|error| {
            wrong(
                &pattern.span,
                format!("this is no regular expression: {error}"),
            )
        })
}

/// A list holds texts or numbers as they are.
fn list(items: &[Tree], span: &Range<usize>) -> Checked {
    let text = |item: &Tree| match &item.what {
        What::Text(text) => Some(text.clone()),
        _ => None,
    };
    let number = |item: &Tree| match item.what {
        What::Int(number) => Some(number),
        _ => None,
    };
    if let Some(texts) = items.iter().map(text).collect() {
        return Ok((Node::Texts(texts), plain(Of::Texts)));
    }
    if let Some(numbers) = items.iter().map(number).collect() {
        return Ok((Node::Ints(numbers), plain(Of::Ints)));
    }
    Err(wrong(
        span,
        "a list holds texts in quotes, or numbers, and nothing else",
    ))
}

/// A comparison, by numbers if it is of words.
fn compared(comparison: Comparison, a: Node, b: Node) -> Node {
    let bits = match (&a, &b) {
        (Node::Attribute(attribute), Node::Text(word))
        | (Node::Text(word), Node::Attribute(attribute)) => {
            bits(attribute, std::slice::from_ref(word)).map(|bits| (*attribute, bits))
        }
        _ => None,
    };
    match (bits, comparison) {
        (Some((attribute, bits)), Comparison::Equal) => Node::Word(attribute, bits),
        (Some((attribute, bits)), Comparison::Unequal) => Node::Word(attribute, !bits),
        _ => Node::Compare(comparison, a.into(), b.into()),
    }
}

/// The bits of the words, if the attribute has few.
fn bits(attribute: &Attribute, wanted: &[String]) -> Option<u32> {
    attribute.number?;
    let all = (attribute.words)();
    let mut places = wanted.iter().map(|word| all.iter().position(|w| w == word));
    places.try_fold(0, |bits, place| Some(bits | 1 << place?))
}

/// Compared with something of few words, a text has to be one of them.
fn known_word(kind: &Kind, other: &Tree) -> Result<(), ConditionError> {
    let What::Text(text) = &other.what else {
        return Ok(());
    };
    if kind.words.is_empty() || kind.words.contains(&text.as_str()) {
        return Ok(());
    }
    let known = kind.words.join(", ");
    let message = match nearest(text, kind.words.iter().copied()) {
        Some(near) => format!("it is never `{text}`; did you mean `{near}`? It is one of {known}"),
        None => format!("it is never `{text}`: it is one of {known}"),
    };
    Err(wrong(&other.span, message))
}
