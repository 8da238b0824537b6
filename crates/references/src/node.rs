//! A tree of values with their places in the file, whatever the file is written in.

use std::borrow::Cow;

use sluicegate_core::Span;

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Node<'t> {
    /// The bytes of the value as it is written, quotes included.
    pub(crate) span: Span,
    pub(crate) value: Value<'t>,
    /// The local tag in YAML, such as `GetAtt` of `!GetAtt`; the block type in HCL.
    pub(crate) tag: Option<Cow<'t, str>>,
}

#[derive(Clone, Debug)]
pub(crate) enum Value<'t> {
    Scalar(Cow<'t, str>),
    List(Vec<Node<'t>>),
    Map(Vec<Entry<'t>>),
}

/// A key and its value.
#[derive(Clone, Debug)]
pub(crate) struct Entry<'t> {
    pub(crate) key: Cow<'t, str>,
    pub(crate) key_span: Span,
    pub(crate) value: Node<'t>,
}

/// Why a file could not be read as what it is, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Malformed {
    pub(crate) what: String,
}

impl Malformed {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into() }
    }
}

impl<'t> Node<'t> {
    pub(crate) fn scalar(text: impl Into<Cow<'t, str>>, span: Span) -> Self {
        Self {
            span,
            value: Value::Scalar(text.into()),
            tag: None,
        }
    }

    pub(crate) fn map(entries: Vec<Entry<'t>>, span: Span) -> Self {
        Self {
            span,
            value: Value::Map(entries),
            tag: None,
        }
    }

    pub(crate) fn list(items: Vec<Node<'t>>, span: Span) -> Self {
        Self {
            span,
            value: Value::List(items),
            tag: None,
        }
    }

    /// The text of a scalar.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar(text) => Some(text),
            _ => None,
        }
    }

    /// The entries of a map; none for anything else.
    pub(crate) fn entries(&self) -> &[Entry<'t>] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list; none for anything else.
    pub(crate) fn items(&self) -> &[Node<'t>] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// The value itself if it is no list, or what is in the list.
    pub(crate) fn one_or_many(&self) -> &[Node<'t>] {
        match &self.value {
            Value::List(items) => items,
            _ => std::slice::from_ref(self),
        }
    }

    pub(crate) fn is_map(&self) -> bool {
        matches!(self.value, Value::Map(_))
    }

    pub(crate) fn entry(&self, key: &str) -> Option<&Entry<'t>> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    /// The entry whose key is one of `keys`, whatever the case.
    pub(crate) fn entry_of(&self, keys: &[&str]) -> Option<&Entry<'t>> {
        self.entries()
            .iter()
            .find(|entry| keys.iter().any(|key| entry.key.eq_ignore_ascii_case(key)))
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Node<'t>> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The value at a path of keys.
    pub(crate) fn at(&self, path: &[&str]) -> Option<&Node<'t>> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The text at a path of keys.
    pub(crate) fn text_at(&self, path: &[&str]) -> Option<&str> {
        self.at(path).and_then(Node::text)
    }

    /// Calls `visit` with every entry below, outer ones first.
    pub(crate) fn each_entry<'n>(&'n self, visit: &mut dyn FnMut(&'n Entry<'t>)) {
        match &self.value {
            Value::Scalar(_) => {}
            Value::List(items) => items.iter().for_each(|item| item.each_entry(visit)),
            Value::Map(entries) => {
                for entry in entries {
                    visit(entry);
                    entry.value.each_entry(visit);
                }
            }
        }
    }

    /// Calls `visit` with this value and every one below, outer ones first.
    pub(crate) fn each<'n>(&'n self, visit: &mut dyn FnMut(&'n Node<'t>)) {
        visit(self);
        match &self.value {
            Value::Scalar(_) => {}
            Value::List(items) => items.iter().for_each(|item| item.each(visit)),
            Value::Map(entries) => entries.iter().for_each(|e| e.value.each(visit)),
        }
    }
}
