//! HCL to a tree. A block is an entry named as the block, whose value is a map tagged with
//! its labels; what is no literal is its own source text, tagged `expression`.

mod relax;

use std::borrow::Cow;

use hcl_edit::Span as _;
use hcl_edit::expr::{Expression, FuncCall, ObjectKey};
use hcl_edit::structure::{Body, Structure};
use sluicegate_core::Span;

use crate::node::{Entry, Malformed, Node};

/// The tag of values that are no literals.
pub(crate) const EXPRESSION: &str = "expression";

/// The file in `text`.
pub(crate) fn parse(text: &str) -> Result<Node<'static>, Malformed> {
    let body = body(text)?;
    let reader = Reader { text };
    Ok(reader.body(&body, Span::new(0, text.len())))
}

/// The file as the parser sees it. What Terraform allows and the parser does not gives way
/// to something of the same length.
fn body(text: &str) -> Result<Body, Malformed> {
    const MOST_KEYS: usize = 32;
    let mut own = Cow::Borrowed(text);
    let mut first = None;
    let mut relaxed = false;
    for number in 0..MOST_KEYS {
        let why = match hcl_edit::parser::parse_body(&own) {
            Ok(body) => return Ok(body),
            Err(why) => why,
        };
        let again = if why.message().contains("redefined object key") {
            relax::renamed(&own, why.location().offset(), number)
        } else if relaxed {
            None
        } else {
            relaxed = true;
            relax::relaxed(&own)
        };
        first.get_or_insert_with(|| {
            let line = why.location().line();
            let reason = why.message().lines().next().unwrap_or_default();
            Malformed::new(format!("line {line}: no valid HCL: {reason}"))
        });
        let Some(again) = again else { break };
        own = Cow::Owned(again);
    }
    Err(first.unwrap_or_else(|| Malformed::new("no valid HCL")))
}

/// The labels of a block.
pub(crate) fn labels<'n>(block: &'n Node<'_>) -> Vec<&'n str> {
    block
        .tag
        .as_deref()
        .map_or(Vec::new(), |tag| tag.split('\0').collect())
}

struct Reader<'t> {
    text: &'t str,
}

impl Reader<'_> {
    fn span(&self, range: Option<std::ops::Range<usize>>, outer: Span) -> Span {
        range.map_or(outer, |range| {
            Span::new(range.start, range.end.min(self.text.len()))
        })
    }

    fn raw(&self, span: Span) -> String {
        self.text
            .get(span.start..span.end)
            .unwrap_or_default()
            .trim()
            .to_owned()
    }

    fn body(&self, body: &Body, span: Span) -> Node<'static> {
        let entries = body.iter().map(|structure| match structure {
            Structure::Attribute(attribute) => {
                let at = self.span(attribute.span(), span);
                let key_span = self.span(attribute.key.span(), at);
                Entry {
                    key: attribute.key.as_str().to_owned().into(),
                    key_span,
                    value: self.expression(&attribute.value, at),
                }
            }
            Structure::Block(block) => {
                let at = self.span(block.span(), span);
                let mut value = self.body(&block.body, at);
                let labels: Vec<&str> = block.labels.iter().map(|l| l.as_str()).collect();
                value.tag = Some(labels.join("\0").into());
                let key_span = match block.labels.first() {
                    Some(label) => self.span(label.span(), at),
                    None => self.span(block.ident.span(), at),
                };
                Entry {
                    key: block.ident.as_str().to_owned().into(),
                    key_span,
                    value,
                }
            }
        });
        Node::map(entries.collect(), span)
    }

    fn expression(&self, expression: &Expression, outer: Span) -> Node<'static> {
        let span = self.span(expression.span(), outer);
        match expression {
            Expression::String(text) => Node::scalar(text.as_str().to_owned(), span),
            Expression::Bool(yes) => Node::scalar(yes.to_string(), span),
            Expression::Number(_) => Node::scalar(self.raw(span), span),
            Expression::Null(_) => Node::scalar("null", span),
            Expression::Array(items) => {
                let items = items.iter().map(|item| self.expression(item, span));
                Node::list(items.collect(), span)
            }
            Expression::Object(object) => {
                let entries = object.iter().map(|(key, value)| {
                    let (name, key_span) = self.key(key, span);
                    Entry {
                        key: name.into(),
                        key_span,
                        value: self.expression(value.expr(), span),
                    }
                });
                Node::map(entries.collect(), span)
            }
            Expression::Parenthesis(inner) => self.expression(inner.inner(), span),
            Expression::FuncCall(call) => self.call(call, span),
            _ => {
                let mut node = Node::scalar(self.raw(span), span);
                node.tag = Some(EXPRESSION.into());
                node
            }
        }
    }

    fn key(&self, key: &ObjectKey, outer: Span) -> (String, Span) {
        match key {
            ObjectKey::Ident(name) => (name.as_str().to_owned(), self.span(name.span(), outer)),
            ObjectKey::Expression(expression) => {
                let span = self.span(expression.span(), outer);
                let node = self.expression(expression, span);
                (node.text().unwrap_or_default().to_owned(), span)
            }
        }
    }

    /// `jsonencode({…})` is what it encodes.
    fn call(&self, call: &FuncCall, span: Span) -> Node<'static> {
        let name = call.name.name.as_str();
        if (name == "jsonencode" || name == "yamlencode")
            && let Some(argument) = call.args.iter().next()
        {
            return self.expression(argument, span);
        }
        let mut node = Node::scalar(self.raw(span), span);
        node.tag = Some(EXPRESSION.into());
        node
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_and_values_have_their_places() {
        let text = "resource \"a\" \"b\" {\n  x = \"é${y}\"\n  z = jsonencode({ k = [1] })\n  p = var.q\n}\n";
        let root = parse(text).expect("valid");
        let block = root.get("resource").expect("there");
        assert_eq!(labels(block), ["a", "b"]);
        let raw = |node: &Node<'_>| &text[node.span.start..node.span.end];
        assert_eq!(raw(block.get("x").expect("there")), "\"é${y}\"");
        assert_eq!(block.get("p").and_then(Node::text), Some("var.q"));
        assert_eq!(block.at(&["z", "k"]).map(|k| k.items().len()), Some(1));
        let entry = &root.entries()[0];
        assert_eq!(&text[entry.key_span.start..entry.key_span.end], "\"a\"");
        assert!(parse("a = {").is_err());
        // Of two entries with one key the second counts in Terraform, and both are read.
        let twice = "a = {\n  key = 1\n  \"key\" = 2\n  key = 3\n  for = 4\n}\nb = [\n  for x in y :\n  x\n]\n";
        let root = parse(twice).expect("valid");
        let values = root.get("a").map_or(&[][..], Node::entries);
        let texts: Vec<_> = values.iter().filter_map(|e| e.value.text()).collect();
        assert_eq!(texts, ["1", "2", "3", "4"]);
    }
}
