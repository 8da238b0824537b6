//! YAML to a tree: anchors and merge keys resolved, templates masked.

use std::borrow::Cow;
use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};
use sluicegate_core::Span;

use crate::node::{Entry, Malformed, Node, Value};

/// A tree deeper than this is refused: what walks it is recursive.
const MAX_DEPTH: usize = 64;
/// So many values may come out of aliases in one file.
const MAX_COPIES: usize = 100_000;

/// The documents in `text`.
pub(crate) fn parse(text: &str) -> Result<Vec<Node<'_>>, Malformed> {
    let mut reader = Reader::new(text);
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|why| {
            Malformed::new(format!("line {}: {}", why.marker().line(), why.info()))
        })?;
        let span = reader.span(span);
        reader.event(event, span)?;
    }
    Ok(reader.documents)
}

/// The same text, of the same length, in which quoted values stand on one line whose lines
/// are not indented as the parser wants it; `None` if that is not what is wrong. Most parsers,
/// and the platforms that read such files, take them.
pub(crate) fn relaxed(text: &str) -> Option<String> {
    const MOST: usize = 64;
    let mut own = text.to_owned();
    for _ in 0..MOST {
        let wrong = Parser::new_from_str(&own).find_map(Result::err);
        let Some(why) = wrong else {
            return (own != text).then_some(own);
        };
        if why.info() != "invalid indentation in quoted scalar" {
            return None;
        }
        let (start, _) = own.char_indices().nth(why.marker().index())?;
        let quote = *own.as_bytes().get(start)?;
        let end = end_of_quoted(own.as_bytes(), start, quote)?;
        let line = own.get(start..end)?.replace(['\n', '\r'], " ");
        if line == own[start..end] {
            return None;
        }
        own.replace_range(start..end, &line);
    }
    None
}

/// Behind the quote that ends the value that starts with one at `start`.
fn end_of_quoted(bytes: &[u8], start: usize, quote: u8) -> Option<usize> {
    if !matches!(quote, b'"' | b'\'') {
        return None;
    }
    let mut at = start + 1;
    loop {
        match *bytes.get(at)? {
            b'\\' if quote == b'"' => at += 1,
            b'\'' if quote == b'\'' && bytes.get(at + 1) == Some(&b'\'') => at += 1,
            b if b == quote => return Some(at + 1),
            _ => {}
        }
        at += 1;
    }
}

/// The documents in a text with `{{ }}` in it, as Helm and others have them: what
/// stands between braces becomes a word of the same length, lines that hold nothing else
/// become blank. Places stay where they are.
pub(crate) fn mask(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut at = 0;
    while let Some(found) = memchr::memmem::find(&bytes[at..], b"{{") {
        let start = at + found;
        // An expression of GitHub is no template: `${{ … }}` stays.
        let is_expression = start > 0 && bytes[start - 1] == b'$';
        let end =
            memchr::memmem::find(&bytes[start..], b"}}").map_or(bytes.len(), |e| start + e + 2);
        if !is_expression {
            let line_start = memchr::memrchr(b'\n', &bytes[..start]).map_or(0, |n| n + 1);
            let line_end = memchr::memchr(b'\n', &bytes[end..]).map_or(bytes.len(), |n| end + n);
            let blank = |part: &[u8]| part.iter().all(|b| b.is_ascii_whitespace());
            let alone = blank(&out[line_start..start]) && blank(&bytes[end..line_end]);
            for byte in &mut out[start..end] {
                if *byte != b'\n' {
                    *byte = if alone { b' ' } else { b'x' };
                }
            }
            // `- {{ toYaml . }}` is a map, of which the lines below may be a part.
            let is_item =
                out[line_start..start].trim_ascii() == b"-" && blank(&bytes[end..line_end]);
            let is_map = memchr::memmem::find(&bytes[start..end], b"toYaml").is_some();
            if is_item && is_map {
                out[start + 1..start + 3].copy_from_slice(b": ");
            }
        }
        at = end;
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}

struct Reader<'t> {
    text: &'t str,
    /// Where the last place in characters was, and in bytes: the parser counts
    /// characters.
    known: (usize, usize),
    ascii: bool,
    stack: Vec<Open<'t>>,
    documents: Vec<Node<'t>>,
    anchors: HashMap<usize, Node<'t>>,
    copies: usize,
}

/// A collection that is not closed yet.
struct Open<'t> {
    node: Node<'t>,
    anchor: usize,
    key: Option<(Cow<'t, str>, Span)>,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            text,
            known: (0, 0),
            ascii: text.is_ascii(),
            stack: Vec::new(),
            documents: Vec::new(),
            anchors: HashMap::new(),
            copies: 0,
        }
    }

    fn span(&mut self, span: saphyr_parser::Span) -> Span {
        let start = self.byte(span.start.index());
        Span::new(start, self.byte(span.end.index()))
    }

    /// The byte at which the character with that number starts.
    fn byte(&mut self, index: usize) -> usize {
        if self.ascii {
            return index.min(self.text.len());
        }
        let (mut chars, mut bytes) = self.known;
        while chars > index {
            bytes = self.text.floor_char_boundary(bytes - 1);
            chars -= 1;
        }
        let mut rest = self.text[bytes..].chars();
        while chars < index {
            let Some(c) = rest.next() else { break };
            bytes += c.len_utf8();
            chars += 1;
        }
        self.known = (chars, bytes);
        bytes
    }

    fn event(&mut self, event: Event<'t>, span: Span) -> Result<(), Malformed> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let span = match style {
                    ScalarStyle::SingleQuoted => self.quoted(span, b'\''),
                    ScalarStyle::DoubleQuoted => self.quoted(span, b'"'),
                    _ => span,
                };
                let mut node = Node::scalar(text, span);
                node.tag = local(tag);
                self.add(node, anchor)
            }
            Event::SequenceStart(anchor, tag) => {
                self.open(Value::List(Vec::new()), span, anchor, local(tag))
            }
            Event::MappingStart(anchor, tag) => {
                self.open(Value::Map(Vec::new()), span, anchor, local(tag))
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(mut open) = self.stack.pop() else {
                    return Ok(());
                };
                open.node.span.end = span.end.max(open.node.span.start);
                if let Value::Map(entries) = &mut open.node.value {
                    merge(entries);
                }
                self.add(open.node, open.anchor)
            }
            Event::Alias(anchor) => {
                let mut node = match self.anchors.get(&anchor) {
                    Some(node) => node.clone(),
                    None => Node::scalar("", span),
                };
                node.each(&mut |_| self.copies += 1);
                if self.copies > MAX_COPIES {
                    return Err(Malformed::new("too many aliases"));
                }
                if node.text().is_none_or(str::is_empty) && node.entries().is_empty() {
                    node.span = span;
                }
                self.add(node, 0)
            }
            _ => Ok(()),
        }
    }

    /// From the opening quote to the closing one: the parser goes on to what follows.
    fn quoted(&self, span: Span, quote: u8) -> Span {
        let bytes = &self.text.as_bytes()[..span.end];
        end_of_quoted(bytes, span.start, quote).map_or(span, |end| Span::new(span.start, end))
    }

    fn open(
        &mut self,
        value: Value<'t>,
        span: Span,
        anchor: usize,
        tag: Option<Cow<'t, str>>,
    ) -> Result<(), Malformed> {
        if self.stack.len() >= MAX_DEPTH {
            return Err(Malformed::new("nested too deep"));
        }
        let node = Node { span, value, tag };
        self.stack.push(Open {
            node,
            anchor,
            key: None,
        });
        Ok(())
    }

    fn add(&mut self, node: Node<'t>, anchor: usize) -> Result<(), Malformed> {
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
            node.each(&mut |_| self.copies += 1);
            if self.copies > MAX_COPIES {
                return Err(Malformed::new("too many anchors"));
            }
        }
        let Some(open) = self.stack.last_mut() else {
            self.documents.push(node);
            return Ok(());
        };
        match (&mut open.node.value, open.key.take()) {
            (Value::List(items), _) => items.push(node),
            (Value::Map(entries), Some((key, key_span))) => entries.push(Entry {
                key,
                key_span,
                value: node,
            }),
            (_, _) => {
                let span = node.span;
                let key = match node.value {
                    Value::Scalar(text) => text,
                    // A collection as a key: nothing that is looked for has one.
                    _ => Cow::Borrowed(""),
                };
                open.key = Some((key, span));
            }
        }
        Ok(())
    }
}

fn local(tag: Option<Cow<'_, Tag>>) -> Option<Cow<'static, str>> {
    let tag = tag?;
    (tag.handle == "!").then(|| Cow::Owned(tag.suffix.clone()))
}

/// Puts in what `<<` names; own keys win.
fn merge(entries: &mut Vec<Entry<'_>>) {
    let Some(at) = entries.iter().position(|e| e.key == "<<") else {
        return;
    };
    let merged = entries.remove(at);
    for source in merged.value.one_or_many() {
        for entry in source.entries() {
            if !entries.iter().any(|own| own.key == entry.key) {
                entries.push(entry.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_those_of_the_text() {
        let text = "é: 1\na: &x\n  b: |\n    two words\n  c: \"q\\\"uo\" # c\nz: *x\nm:\n  <<: *x\n  c: own\n";
        let documents = parse(text).expect("valid");
        let root = &documents[0];
        let raw = |node: &Node<'_>| text[node.span.start..node.span.end].to_owned();
        let a = root.get("a").expect("there");
        assert_eq!(raw(a.get("c").expect("there")), "\"q\\\"uo\"");
        assert_eq!(root.text_at(&["z", "b"]), Some("two words\n"));
        assert_eq!(root.text_at(&["m", "c"]), Some("own"));
        assert_eq!(root.text_at(&["m", "b"]), Some("two words\n"));
        assert!(raw(a.get("b").expect("there")).starts_with("two words\n"));
    }

    #[test]
    fn templates_are_masked_in_place() {
        let text =
            "{{- if .Values.on }}\nname: {{ .Values.name }}\nkey: ${{ secrets.X }}\n{{- end }}\n";
        let masked = mask(text);
        assert_eq!(masked.len(), text.len());
        let documents = parse(&masked).expect("valid");
        assert!(
            documents[0]
                .text_at(&["name"])
                .is_some_and(|t| t.starts_with("xx"))
        );
        assert_eq!(documents[0].text_at(&["key"]), Some("${{ secrets.X }}"));
    }

    #[test]
    fn quoted_values_may_go_on_without_indentation() {
        let text = "a:\n  b: 'é: [x](${{ env.Y }}\n\n  it''s here'\n  c: d\n";
        assert!(parse(text).is_err());
        let relaxed = relaxed(text).expect("only that is wrong");
        assert_eq!(relaxed.len(), text.len());
        let documents = parse(&relaxed).expect("valid");
        let there = documents[0].text_at(&["a", "b"]);
        assert!(there.is_some_and(|t| t.ends_with("it's here")));
        assert_eq!(documents[0].text_at(&["a", "c"]), Some("d"));
        assert_eq!(super::relaxed("a: b\n"), None);
        assert_eq!(super::relaxed("a: [b\n"), None);
    }

    #[test]
    fn bombs_are_refused() {
        let mut text = "a: &a [x,x,x,x,x,x,x,x]\n".to_owned();
        for (next, last) in "bcdefgh".chars().zip("abcdefg".chars()) {
            let many = vec![format!("*{last}"); 9].join(",");
            text += &format!("{next}: &{next} [{many}]\n");
        }
        assert!(parse(&text).is_err());
        assert!(parse(&"[".repeat(5000)).is_err());
    }
}
