//! JSON to a tree. Comments, commas at the end, bare keys and single quotes are let pass, as
//! editors and JSON5 do.

use std::borrow::Cow;

use sluicegate_core::Span;

use crate::node::{Entry, Malformed, Node};

/// A tree deeper than this is refused: what walks it is recursive.
const MAX_DEPTH: usize = 64;

/// The value in `text`.
pub(crate) fn parse(text: &str) -> Result<Node<'_>, Malformed> {
    let mut reader = Reader {
        text,
        bytes: text.as_bytes(),
        at: usize::from(text.starts_with('\u{feff}')) * 3,
    };
    let node = reader.value(0)?;
    reader.blank()?;
    if reader.at < text.len() {
        return Err(reader.wrong("something follows the value"));
    }
    Ok(node)
}

struct Reader<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
}

impl<'t> Reader<'t> {
    fn wrong(&self, what: &str) -> Malformed {
        let line =
            memchr::memchr_iter(b'\n', &self.bytes[..self.at.min(self.bytes.len())]).count() + 1;
        Malformed::new(format!("line {line}: {what}"))
    }

    fn peek(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    /// Skips blanks and comments.
    fn blank(&mut self) -> Result<(), Malformed> {
        loop {
            match self.peek() {
                b' ' | b'\t' | b'\n' | b'\r' => self.at += 1,
                b'/' if self.bytes[self.at..].starts_with(b"//") => {
                    let rest = &self.bytes[self.at..];
                    self.at += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
                }
                b'/' if self.bytes[self.at..].starts_with(b"/*") => {
                    let end = memchr::memmem::find(&self.bytes[self.at..], b"*/");
                    self.at += end.ok_or_else(|| self.wrong("a comment is not closed"))? + 2;
                }
                _ => return Ok(()),
            }
        }
    }

    fn value(&mut self, depth: usize) -> Result<Node<'t>, Malformed> {
        if depth > MAX_DEPTH {
            return Err(self.wrong("nested too deep"));
        }
        self.blank()?;
        let start = self.at;
        match self.peek() {
            b'{' => self.object(depth),
            b'[' => self.array(depth),
            b'"' | b'\'' => {
                let text = self.string()?;
                Ok(Node::scalar(text, Span::new(start, self.at)))
            }
            b if b.is_ascii_alphanumeric() || b == b'-' => {
                let word = |b: &u8| b.is_ascii_alphanumeric() || b"+-._".contains(b);
                let length = self.bytes[start..].iter().take_while(|b| word(b)).count();
                self.at += length;
                Ok(Node::scalar(
                    &self.text[start..self.at],
                    Span::new(start, self.at),
                ))
            }
            _ => Err(self.wrong("a value is missing")),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Node<'t>, Malformed> {
        let start = self.at;
        self.at += 1;
        let mut entries = Vec::new();
        loop {
            self.blank()?;
            match self.peek() {
                b'}' => {
                    self.at += 1;
                    return Ok(Node::map(entries, Span::new(start, self.at)));
                }
                b',' => self.at += 1,
                b'"' | b'\'' | b'$' | b'_' | b'A'..=b'Z' | b'a'..=b'z' => {
                    let key_start = self.at;
                    let key = match self.peek() {
                        b'"' | b'\'' => self.string()?,
                        _ => self.bare_key(),
                    };
                    let key_span = Span::new(key_start, self.at);
                    self.blank()?;
                    if self.peek() != b':' {
                        return Err(self.wrong("a colon is missing"));
                    }
                    self.at += 1;
                    let value = self.value(depth + 1)?;
                    entries.push(Entry {
                        key,
                        key_span,
                        value,
                    });
                }
                _ => return Err(self.wrong("a key is missing")),
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<Node<'t>, Malformed> {
        let start = self.at;
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.blank()?;
            match self.peek() {
                b']' => {
                    self.at += 1;
                    return Ok(Node::list(items, Span::new(start, self.at)));
                }
                b',' => self.at += 1,
                _ => items.push(self.value(depth + 1)?),
            }
        }
    }

    /// A key without quotes, as JSON5 allows it.
    fn bare_key(&mut self) -> Cow<'t, str> {
        let is_name = |b: &&u8| b.is_ascii_alphanumeric() || b"_$".contains(b);
        let rest = &self.bytes[self.at..];
        let length = rest.iter().take_while(is_name).count();
        let key = &self.text[self.at..self.at + length];
        self.at += length;
        Cow::Borrowed(key)
    }

    fn string(&mut self) -> Result<Cow<'t, str>, Malformed> {
        let quote = self.peek();
        let start = self.at + 1;
        let mut at = start;
        let mut escaped = false;
        loop {
            match self.bytes.get(at) {
                None | Some(b'\n') => return Err(self.wrong("a string is not closed")),
                Some(b) if *b == quote => break,
                Some(b'\\') => {
                    escaped = true;
                    at += 2;
                }
                Some(_) => at += 1,
            }
        }
        self.at = at + 1;
        let raw = self.text.get(start..at).unwrap_or_default();
        if !escaped {
            return Ok(Cow::Borrowed(raw));
        }
        let mut out = String::with_capacity(raw.len());
        let mut chars = raw.chars();
        while let Some(c) = chars.next() {
            if c != '\\' {
                out.push(c);
                continue;
            }
            match chars.next() {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some('r') => out.push('\r'),
                Some('u') => {
                    let digits: String = chars.by_ref().take(4).collect();
                    let code = u32::from_str_radix(&digits, 16)
                        .ok()
                        .and_then(char::from_u32);
                    out.push(code.unwrap_or('?'));
                }
                Some(other) => out.push(other),
                None => {}
            }
        }
        Ok(Cow::Owned(out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_with_comments_is_read_with_places() {
        let text = "{ // c\n \"a\": [1, \"b\\n\", true,], /* x */ \"k\": {\"v\": null},\n}";
        let root = parse(text).expect("valid");
        assert_eq!(root.get("a").map(|a| a.items().len()), Some(3));
        assert_eq!(root.text_at(&["k", "v"]), Some("null"));
        let item = &root.get("a").expect("there").items()[1];
        assert_eq!(&text[item.span.start..item.span.end], "\"b\\n\"");
        assert_eq!(item.text(), Some("b\n"));
        for wrong in [
            "",
            "{",
            "[1",
            "{\"a\" 1}",
            "\"",
            "{} x",
            "\"\\",
            &"[".repeat(900),
        ] {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
