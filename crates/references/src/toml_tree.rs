//! TOML to a tree.

use sluicegate_core::Span;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::node::{Entry, Malformed, Node};

/// The document in `text`.
pub(crate) fn parse(text: &str) -> Result<Node<'static>, Malformed> {
    let table = DeTable::parse(text).map_err(|why| {
        let at = why.span().map_or(0, |span| span.start.min(text.len()));
        let line = text.as_bytes()[..at]
            .iter()
            .filter(|b| **b == b'\n')
            .count()
            + 1;
        // The message itself may quote a value.
        Malformed::new(format!("line {line}: no valid TOML"))
    })?;
    let span = Span::new(0, text.len());
    Ok(of_table(table.get_ref(), span, 0))
}

fn of_table(table: &DeTable<'_>, span: Span, depth: usize) -> Node<'static> {
    let entries = table.iter().map(|(key, value)| {
        let key_span = key.span();
        Entry {
            key: key.get_ref().to_string().into(),
            key_span: Span::new(key_span.start, key_span.end),
            value: of_value(value, depth + 1),
        }
    });
    let mut entries: Vec<_> = entries.collect();
    // Tables have no order of their own.
    entries.sort_by_key(|entry| entry.key_span);
    Node::map(entries, span)
}

fn of_value(value: &Spanned<DeValue<'_>>, depth: usize) -> Node<'static> {
    let range = value.span();
    let span = Span::new(range.start, range.end);
    if depth > 64 {
        return Node::scalar("", span);
    }
    match value.get_ref() {
        DeValue::String(text) => Node::scalar(text.to_string(), span),
        DeValue::Array(items) => {
            let items = items.iter().map(|item| of_value(item, depth + 1));
            Node::list(items.collect(), span)
        }
        DeValue::Table(table) => of_table(table, span, depth),
        DeValue::Boolean(yes) => Node::scalar(yes.to_string(), span),
        DeValue::Integer(number) => Node::scalar(number.to_string(), span),
        other => Node::scalar(format!("{other:?}"), span),
    }
}
