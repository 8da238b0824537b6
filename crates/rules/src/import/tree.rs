//! TOML and YAML as one tree of values that know their lines.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::diagnostic::{Diagnostic, locate, toml_error};

/// Deeper trees are refused.
const MAX_DEPTH: usize = 64;

/// Larger trees are refused: an alias stands for all that its anchor holds, and a few lines
/// of them can stand for more than any memory holds.
const MAX_NODES: usize = 2_000_000;

/// A value and where it starts.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub(super) value: Value,
    /// Counted from 1.
    pub(super) line: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// Text, number or word, as written; `true` if it may only be text.
    Scalar(String, bool),
    List(Vec<Node>),
    /// In the order of the file.
    Map(Vec<(String, Node)>),
}

/// A value that is not what its key needs.
pub(super) struct Wrong {
    pub(super) line: usize,
    pub(super) message: String,
}

impl Node {
    /// The value of a key. Case counts for nothing, as it does for gitleaks.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        let Value::Map(entries) = &self.value else {
            return None;
        };
        let found = entries
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(key));
        found.map(|(_, node)| node).filter(|node| !node.is_null())
    }

    /// The keys of a map.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        let entries = match &self.value {
            Value::Map(entries) => entries.as_slice(),
            _ => &[],
        };
        entries.iter().map(|(key, _)| key.as_str())
    }

    /// The items of a list; none of anything else.
    pub(super) fn items(&self) -> &[Self] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    fn is_null(&self) -> bool {
        matches!(&self.value, Value::Scalar(text, false) if matches!(text.as_str(), "" | "~" | "null"))
    }

    pub(super) fn scalar(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar(text, _) => Some(text),
            _ => None,
        }
    }

    fn wrong(&self, key: &str, what: &str) -> Wrong {
        Wrong {
            line: self.line,
            message: format!("`{key}` is not {what}"),
        }
    }

    pub(super) fn text(&self, key: &str) -> Result<Option<String>, Wrong> {
        let read = |node: &Self| {
            let text = node.scalar().map(str::to_owned);
            text.ok_or_else(|| node.wrong(key, "a text"))
        };
        self.get(key).map(read).transpose()
    }

    pub(super) fn texts(&self, key: &str) -> Result<Vec<String>, Wrong> {
        let Some(list) = self.get(key) else {
            return Ok(Vec::new());
        };
        if let Some(one) = list.scalar() {
            return Ok(vec![one.to_owned()]);
        }
        if !matches!(list.value, Value::List(_)) {
            return Err(list.wrong(key, "a list of texts"));
        }
        let text = |node: &Self| {
            let text = node.scalar().map(str::to_owned);
            text.ok_or_else(|| node.wrong(key, "a list of texts"))
        };
        list.items().iter().map(text).collect()
    }

    pub(super) fn number(&self, key: &str) -> Result<Option<f64>, Wrong> {
        let read = |node: &Self| {
            let number = node.scalar().and_then(|text| text.trim().parse().ok());
            number
                .filter(|number: &f64| number.is_finite())
                .ok_or_else(|| node.wrong(key, "a number"))
        };
        self.get(key).map(read).transpose()
    }

    pub(super) fn count(&self, key: &str) -> Result<Option<usize>, Wrong> {
        let number = self.number(key)?;
        let count = |number: f64| {
            // Nothing that is counted here is near the bound of exact numbers.
            let whole = number.fract() == 0.0 && (0.0..1e9).contains(&number);
            whole.then_some(number as usize).ok_or_else(|| Wrong {
                line: self.get(key).map_or(self.line, |node| node.line),
                message: format!("`{key}` is not a whole number from 0 on"),
            })
        };
        number.map(count).transpose()
    }

    pub(super) fn flag(&self, key: &str) -> Result<Option<bool>, Wrong> {
        let read = |node: &Self| match node.scalar() {
            Some("true" | "True" | "TRUE") => Ok(true),
            Some("false" | "False" | "FALSE") => Ok(false),
            _ => Err(node.wrong(key, "`true` or `false`")),
        };
        self.get(key).map(read).transpose()
    }
}

/// The tree of a TOML text; `name` is what errors call it.
pub(super) fn toml(name: &str, text: &str) -> Result<Node, Diagnostic> {
    let table = DeTable::parse(text).map_err(|error| toml_error(name, text, &error))?;
    let lines = Lines::new(text);
    let entries = table.into_inner();
    Ok(Node {
        value: map(entries, &lines),
        line: 1,
    })
}

fn map(table: DeTable<'_>, lines: &Lines<'_>) -> Value {
    let entries = table.into_iter().map(|(key, value)| {
        let key = key.into_inner().into_owned();
        (key, node(value, lines))
    });
    Value::Map(entries.collect())
}

fn node(value: Spanned<DeValue<'_>>, lines: &Lines<'_>) -> Node {
    let line = lines.of(value.span().start);
    let value = match value.into_inner() {
        DeValue::String(text) => Value::Scalar(text.into_owned(), true),
        DeValue::Integer(number) => Value::Scalar(number.to_string(), false),
        DeValue::Float(number) => Value::Scalar(number.to_string(), false),
        DeValue::Boolean(yes) => Value::Scalar(yes.to_string(), false),
        DeValue::Datetime(time) => Value::Scalar(time.to_string(), true),
        DeValue::Array(items) => {
            Value::List(items.into_iter().map(|item| node(item, lines)).collect())
        }
        DeValue::Table(table) => map(table, lines),
    };
    Node { value, line }
}

/// Where lines start: a file of rules has thousands of values.
struct Lines<'t> {
    starts: Vec<usize>,
    text: &'t str,
}

impl<'t> Lines<'t> {
    fn new(text: &'t str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, b)| *b == b'\n');
        Self {
            starts: breaks.map(|(at, _)| at).collect(),
            text,
        }
    }

    fn of(&self, offset: usize) -> usize {
        debug_assert!(offset <= self.text.len());
        self.starts.partition_point(|at| *at < offset) + 1
    }
}

/// The tree of a YAML text, of its first document; `name` is what errors call it.
pub(super) fn yaml(name: &str, text: &str) -> Result<Node, Diagnostic> {
    let fail = |line: usize, why: String| Diagnostic::new(name, Some(line), why);
    let mut build = Build::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| {
            let line = error.marker().line().clamp(1, locate(text, text.len()));
            fail(line, format!("not valid YAML: {}", error.info()))
        })?;
        let line = span
            .start
            .line()
            .clamp(1, locate(text, span.start.index()).max(1));
        let done = build.event(event, line).map_err(|why| fail(line, why))?;
        if let Some(node) = done {
            return Ok(node);
        }
    }
    Err(fail(1, "the file is empty".to_owned()))
}

#[derive(Default)]
struct Build {
    open: Vec<Open>,
    anchors: HashMap<usize, (Node, usize)>,
    count: usize,
}

/// A list or a map that is not closed yet.
struct Open {
    node: Node,
    anchor: usize,
    /// The key that waits for its value.
    key: Option<String>,
    before: usize,
}

impl Build {
    /// Takes one event in; gives the tree once it is whole.
    fn event(&mut self, event: Event<'_>, line: usize) -> Result<Option<Node>, String> {
        let node = |value| Node { value, line };
        match event {
            Event::Scalar(text, style, anchor, _) => {
                let is_text = style != ScalarStyle::Plain;
                let scalar = node(Value::Scalar(text.into_owned(), is_text));
                self.close(scalar, anchor, self.count)
            }
            Event::SequenceStart(anchor, _) => self.open(node(Value::List(Vec::new())), anchor),
            Event::MappingStart(anchor, _) => self.open(node(Value::Map(Vec::new())), anchor),
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(open) => self.close(open.node, open.anchor, open.before),
                None => Err("a list or map ends that never began".to_owned()),
            },
            Event::Alias(id) => {
                let Some((known, size)) = self.anchors.get(&id).cloned() else {
                    return Err("an alias names an anchor that is not there".to_owned());
                };
                self.grow(size)?;
                self.close(known, 0, self.count)
            }
            _ => Ok(None),
        }
    }

    fn grow(&mut self, nodes: usize) -> Result<(), String> {
        self.count = self.count.saturating_add(nodes);
        if self.count > MAX_NODES {
            return Err(format!("the file has more than {MAX_NODES} values"));
        }
        Ok(())
    }

    fn open(&mut self, node: Node, anchor: usize) -> Result<Option<Node>, String> {
        if self.open.len() >= MAX_DEPTH {
            return Err(format!("nested deeper than {MAX_DEPTH} levels"));
        }
        self.open.push(Open {
            node,
            anchor,
            key: None,
            before: self.count,
        });
        Ok(None)
    }

    fn close(&mut self, node: Node, anchor: usize, before: usize) -> Result<Option<Node>, String> {
        self.grow(1)?;
        if anchor > 0 {
            self.anchors
                .insert(anchor, (node.clone(), self.count - before));
        }
        let Some(parent) = self.open.last_mut() else {
            return Ok(Some(node));
        };
        match &mut parent.node.value {
            Value::List(items) => items.push(node),
            Value::Map(entries) => match parent.key.take() {
                Some(key) => entries.push((key, node)),
                None => match node.value {
                    Value::Scalar(key, _) => parent.key = Some(key),
                    _ => return Err("a key that is a list or a map".to_owned()),
                },
            },
            Value::Scalar(..) => {}
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_formats_give_the_same_tree() {
        let toml = toml(
            "a.toml",
            "Flag = true\nlist = ['x', '1']\n[[rules]]\nn = 3.5\ntext = '3'\n",
        );
        let yaml = yaml(
            "a.yml",
            "Flag: true\nlist: [x, '1']\nrules:\n  - n: 3.5\n    text: '3'\n    none: ~\n",
        );
        for tree in [toml, yaml] {
            let tree = tree.expect("valid");
            assert!(matches!(tree.flag("flag"), Ok(Some(true))));
            assert_eq!(tree.texts("list").ok(), Some(vec!["x".into(), "1".into()]));
            let rule = &tree.get("rules").expect("there").items()[0];
            assert!(matches!(rule.number("n"), Ok(Some(n)) if n == 3.5));
            assert!(matches!(rule.text("text"), Ok(Some(text)) if text == "3"));
            assert!(rule.get("none").is_none() && rule.count("n").is_err());
        }
    }

    #[test]
    fn lines_are_counted_from_one() {
        let tree = yaml("a.yml", "# comment\nrules:\n- id: a\n- id: b\n").expect("valid");
        let lines = tree.get("rules").expect("there").items();
        assert_eq!(lines.iter().map(|n| n.line).collect::<Vec<_>>(), [3, 4]);
        let tree = toml("a.toml", "\n[[rules]]\nid = 1\n\n[[rules]]\nid = 2\n").expect("valid");
        let lines = tree.get("rules").expect("there").items();
        assert_eq!(lines.iter().map(|n| n.line).collect::<Vec<_>>(), [2, 5]);
    }

    #[test]
    fn a_few_lines_do_not_fill_the_memory() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for n in 1..12 {
            let below = format!("*a{}, ", n - 1).repeat(10);
            text.push_str(&format!("a{n}: &a{n} [{below}]\n"));
        }
        let why = yaml("a.yml", &text).expect_err("too many").to_string();
        assert!(why.contains("values"), "{why}");
        let deep = format!("{}x", "[".repeat(100));
        assert!(yaml("a.yml", &deep).is_err());
    }
}
