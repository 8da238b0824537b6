//! The rarer ways in which a value is bound to a name, and the cursor they are read with.

use super::role::FileKind;
use super::syntax::{MAX_VALUE, Operator};
use crate::span::Span;

/// A cursor that cannot leave the stretch it was given.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'h> {
    pub(super) hay: &'h [u8],
    pub(super) at: usize,
    pub(super) end: usize,
    /// The farthest place where it has been.
    far: usize,
}

/// How many bytes from where a cursor stands tell how it goes on: `connectionString=`.
pub(super) const AHEAD: usize = 32;

impl<'h> Cursor<'h> {
    /// One that stands at `at` and does not leave the `most` bytes from there on.
    pub(super) fn new(hay: &'h [u8], at: usize, most: usize) -> Self {
        Self {
            hay,
            at,
            end: hay.len().min(at + most),
            far: at,
        }
    }

    /// What lies from here on it did not look at.
    pub(super) fn seen(&self) -> usize {
        self.far.max(self.at) + AHEAD
    }

    /// Notes that it was looked as far as there.
    pub(super) fn has_seen(&mut self, at: usize) {
        self.far = self.far.max(at);
    }

    pub(super) fn peek(&self) -> Option<u8> {
        (self.at < self.end).then(|| self.hay[self.at])
    }

    pub(super) fn eat(&mut self, bytes: &[u8]) -> bool {
        // Most forms are ruled out by their first byte.
        let found =
            self.peek() == bytes.first().copied() && self.hay[self.at..self.end].starts_with(bytes);
        if found {
            self.at += bytes.len();
            self.far = self.far.max(self.at);
        }
        found
    }

    pub(super) fn eat_while(&mut self, wanted: impl Fn(u8) -> bool) -> usize {
        let from = self.at;
        while self.peek().is_some_and(&wanted) {
            self.at += 1;
        }
        self.far = self.far.max(self.at);
        self.at - from
    }

    pub(super) fn blanks(&mut self) -> usize {
        self.eat_while(|b| matches!(b, b' ' | b'\t'))
    }
}

/// What makes a value of a literal: `new Secret("x")`, `SecretString::from("x")`,
/// `String("x")`. A function that looks a value up by its name starts with a small letter.
pub(super) fn wrapper(cursor: &mut Cursor<'_>, operator: Operator) -> bool {
    let from = cursor.at;
    if operator == Operator::Set {
        let new = cursor.eat(b"new ");
        let part =
            |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b':' | b'<' | b'>');
        let start = cursor.at;
        let length = cursor.eat_while(part);
        let path = &cursor.hay[start..start + length];
        let last = path
            .rsplit(|b| matches!(b, b'.' | b':'))
            .next()
            .unwrap_or(path);
        const MAKERS: &[&[u8]] = &[
            b"from",
            b"of",
            b"new",
            b"b64decode",
            b"fromString",
            b"to_owned",
            b"bytes",
        ];
        // What is made an identifier is none of a secret: `UUID.fromString("…")`.
        let identifies = |word: &[u8]| crate::filter::contains_ignore_case(path, word);
        if identifies(b"uuid") || identifies(b"guid") {
            cursor.at = from;
            return false;
        }
        let makes =
            new || last.first().is_some_and(u8::is_ascii_uppercase) || MAKERS.contains(&last);
        if length > 0 && length <= 48 && makes && cursor.eat(b"(") {
            cursor.blanks();
            if matches!(cursor.peek(), Some(b'"' | b'\'')) {
                return true;
            }
        }
    }
    cursor.at = from;
    false
}

/// A pair of a name and a value, each with its label: `"key": "password", "value": "x"`,
/// or `- name: PASSWORD` and `value: x` on the next line.
pub(super) fn pair(cursor: &mut Cursor<'_>, name_is_quoted: bool) -> Option<Operator> {
    let from = cursor.at;
    let comma = cursor.eat(b",");
    let blanks = cursor.eat_while(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n'));
    let breaks = cursor.hay[from..cursor.at].contains(&b'\n');
    if (comma && name_is_quoted || breaks) && (comma || blanks > 0) {
        cursor.eat_while(|b| matches!(b, b'"' | b'\'' | b'\\'));
        if cursor.eat(b"value") || cursor.eat(b"Value") {
            cursor.eat_while(|b| matches!(b, b'"' | b'\'' | b'\\'));
            cursor.blanks();
            if cursor.eat(b":") || cursor.eat(b"=>") || cursor.eat(b"=") {
                return Some(Operator::Set);
            }
        }
    }
    cursor.at = from;
    None
}

/// `the password is "x"`, as people write it.
pub(super) fn told(cursor: &mut Cursor<'_>, blanks: usize) -> bool {
    let from = cursor.at;
    if blanks > 0 && (cursor.eat(b"is ") || cursor.eat(b"is: ")) {
        if matches!(cursor.peek(), Some(b'"' | b'\'' | b'`')) {
            return true;
        }
        cursor.at = from;
    }
    false
}

/// The longest indentation of a block, in bytes: that of the line behind it is looked at too.
const INDENTATION: usize = AHEAD - 8;

/// In YAML the value may be a block of one line: `password: |`, `>-`. Moves to that line; a
/// block of several lines is a text.
pub(super) fn block(cursor: &mut Cursor<'_>) {
    let from = cursor.at;
    if !enter_block(cursor) {
        cursor.at = from;
    }
}

fn enter_block(cursor: &mut Cursor<'_>) -> bool {
    if !cursor.eat(b"|") && !cursor.eat(b">") {
        return false;
    }
    cursor.eat_while(|b| matches!(b, b'+' | b'-' | b'1'..=b'9'));
    cursor.blanks();
    cursor.eat(b"\r");
    if !cursor.eat(b"\n") {
        return false;
    }
    let indentation = cursor.eat_while(|b| b == b' ');
    if !(1..=INDENTATION).contains(&indentation) {
        return false;
    }
    let rest = &cursor.hay[cursor.at..cursor.hay.len().min(cursor.at + MAX_VALUE)];
    let line = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    cursor.has_seen(cursor.at + line + indentation);
    let value = rest[..line].trim_ascii_end();
    let behind = cursor.hay.get(cursor.at + line + 1..).unwrap_or_default();
    let goes_on = behind.len() >= indentation && behind[..indentation].iter().all(|&b| b == b' ');
    !value.is_empty() && !value.contains(&b' ') && !goes_on
}

/// Whether a script holds an entry of a configuration here, `name: value` alone on its line,
/// indented, with a value that is no word: what a script with such a line writes to a file.
pub(super) fn is_entry(hay: &[u8], sign: usize, value: usize) -> bool {
    const NAME: usize = 40;
    const INDENTATION: usize = 12;
    let is_name = |b: &&u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    let before = hay[..sign].trim_ascii_end();
    let name = before
        .iter()
        .rev()
        .take(NAME + 1)
        .take_while(is_name)
        .count();
    let before = &before[..before.len() - name];
    let blanks = before.iter().rev().take(INDENTATION + 1);
    let blanks = blanks.take_while(|b| **b == b' ').count();
    let starts = matches!(before[..before.len() - blanks].last(), None | Some(b'\n'));
    let rest = &hay[value..hay.len().min(value + MAX_VALUE)];
    let line = &rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())];
    let text = line.trim_ascii_end();
    (1..=NAME).contains(&name)
        && (1..=INDENTATION).contains(&blanks)
        && starts
        && hay[value - 1] == b' '
        && text.iter().all(u8::is_ascii_graphic)
        && text.iter().any(u8::is_ascii_digit)
}

/// Where the next name of a connection string follows: `x1;database=shop`.
pub(super) fn next_of_list(value: &[u8]) -> Option<usize> {
    let at = memchr::memchr(b';', value)?;
    let rest = &value[at + 1..];
    let is_name = |b: &u8| b.is_ascii_alphabetic() || b"_ ".contains(b);
    let name = rest.iter().take_while(|b| is_name(b)).count();
    (name >= 2 && matches!(rest.get(name), None | Some(b'='))).then_some(at)
}

/// Whether a value without quotes ends at the byte in files of this kind.
pub(super) fn ends_bare(byte: u8, kind: FileKind) -> bool {
    match byte {
        b'\n' | b'\r' | b' ' | b'\t' | b'"' | b'\'' | b'`' | b'<' => true,
        b',' | b';' | b')' | b'}' | b']' | b'&' | b'|' => kind != FileKind::Config || byte == b',',
        _ => false,
    }
}

/// Whether the name that ends here stands in `${NAME:value}`.
pub(super) fn is_in_hole(hay: &[u8], name_end: usize) -> bool {
    let is_name = |b: &&u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    let name = hay[..name_end].iter().rev().take(48).take_while(is_name);
    let length = name.count();
    hay[..name_end - length].ends_with(b"${")
}

/// Whether the quoted name before a colon is one of two texts, `x ? 'password' : 'text'`, or
/// chooses elements of a page, `input[type="password"]:focus`.
pub(super) fn chooses(hay: &[u8], name: Span) -> bool {
    let ahead = &hay[name.start.saturating_sub(8)..name.start.saturating_sub(1)];
    ahead.trim_ascii_end().ends_with(b"?")
        || ahead.ends_with(b"=") && hay[name.end..].get(1) == Some(&b']')
}
