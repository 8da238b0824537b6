//! Reads what follows a name: the operator and the value, in the forms of code,
//! configuration, markup, headers and command lines.

use super::forms::{
    AHEAD, Cursor, block, chooses, ends_bare, is_entry, is_in_hole, next_of_list, pair, told,
    wrapper,
};
use super::role::FileKind;
use crate::span::Span;

/// The longest stretch between a name and its value, in bytes.
pub(super) const MAX_GLUE: usize = 96;

/// The longest value, in bytes.
pub(super) const MAX_VALUE: usize = 512;

/// A value that something is set to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Assignment {
    pub(super) value: Span,
    /// The end of everything that was read.
    pub(super) end: usize,
    /// Whether quotes stand around the value.
    pub(super) quoted: bool,
    pub(super) operator: Operator,
    pub(super) kind: FileKind,
    /// Whether the quote before the value is that of a template string.
    pub(super) template: bool,
}

impl Assignment {
    /// Whether it is the same but for the kind of the file.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let parts = |a: &Self| (a.value, a.end, a.quoted, a.operator, a.template);
        parts(self) == parts(other)
    }
}

/// How the value is bound to its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    /// `=`, `:=`, `=>`, `:`, the `value` of an XML attribute, and a flag's blank.
    Set,
    /// `==`, `!=`.
    Compare,
    /// An argument: `f("password", "x")`, `password("x")`.
    Argument,
    /// `<password>x</password>`.
    Element,
    /// `the password is "x"`, as people write it.
    Told,
    /// An argument of what makes the value: `password = new Secret("x")`.
    Wrapped,
}

/// What stands behind a name, up to where its value may start: the same in files of all
/// kinds.
#[derive(Clone, Copy)]
pub(super) struct Head {
    operator: Operator,
    /// How many blanks follow the name.
    blanks: usize,
    before_operator: usize,
    /// `<password>x</password>`.
    is_element: bool,
}

/// The assignment to `name`, or `None` if nothing is assigned to it.
pub(super) fn read(hay: &[u8], name: Span, kind: FileKind) -> Option<Assignment> {
    let mut cursor = Cursor::new(hay, name.end, MAX_GLUE);
    let head = head(&mut cursor, name)?;
    value(&mut cursor, head, kind)
}

/// What stands behind `name`, where the cursor is, if it can be an assignment.
pub(super) fn head(cursor: &mut Cursor<'_>, name: Span) -> Option<Head> {
    let hay = cursor.hay;
    let before = name.start.checked_sub(1).map(|at| hay[at]);
    let opened = before.filter(|b| matches!(b, b'"' | b'\'' | b'`'));
    let flag = hay[..name.start].ends_with(b"-") || hay.get(name.start) == Some(&b'-');
    // `(?<secret>…)` is a group of a pattern and no element.
    let group = hay[..name.start].ends_with(b"?<") || hay[..name.start].ends_with(b"P<");
    let element = before == Some(b'<') && cursor.peek() == Some(b'>') && !group;
    if element {
        cursor.at += 1;
        // The value may stand on a line of its own.
        cursor.eat_while(|b| b.is_ascii_whitespace());
        return Some(Head {
            operator: Operator::Element,
            blanks: 0,
            before_operator: name.end,
            is_element: true,
        });
    }
    close(cursor);
    let inside = opened.filter(|_| cursor.at == name.end);
    let blanks = cursor.blanks();
    let before_operator = cursor.at;
    // No language has a type behind `$name`: `$TOKEN owner=…` are two arguments.
    let is_read = name.of(hay).starts_with(b"$");
    let operator = operator(cursor, opened.is_some(), is_read)
        .or_else(|| pair(cursor, opened.is_some()))
        .or_else(|| {
            let password = name.of(hay).to_ascii_lowercase().ends_with(b"password");
            (flag && blanks > 0 || sql_blank(cursor, blanks, password)).then_some(Operator::Set)
        })
        .or_else(|| told(cursor, blanks).then_some(Operator::Told))?;
    if opened.is_some() && hay[before_operator] == b':' && chooses(hay, name) {
        return None;
    }
    // `split('token=')`: the string that the name stands in ends behind the sign.
    if operator == Operator::Set && cursor.peek() == inside && inside.is_some() {
        return None;
    }
    Some(Head {
        operator,
        blanks,
        before_operator,
        is_element: false,
    })
}

/// The value behind a head that ends where the cursor is, in files of this kind.
pub(super) fn value(cursor: &mut Cursor<'_>, head: Head, kind: FileKind) -> Option<Assignment> {
    let hay = cursor.hay;
    let Head {
        operator,
        blanks,
        before_operator,
        is_element,
    } = head;
    if is_element {
        return bare(hay, cursor.at, operator, kind, |b| b == b'<' || b == b'\n');
    }
    gap(cursor, kind);
    if operator == Operator::Set {
        labelled(cursor);
    }
    let operator = if wrapper(cursor, operator) {
        Operator::Wrapped
    } else {
        operator
    };
    let template = prefix(cursor);
    let escaped = cursor.eat(b"\\");
    let fallback = hay[..cursor.at].ends_with(b":-")
        || hay.get(before_operator) == Some(&b':') && is_in_hole(hay, before_operator);
    match cursor.peek()? {
        quote @ (b'"' | b'\'' | b'`') => {
            let found = quoted(hay, cursor.at, quote, escaped, operator, kind, template)?;
            // Two entries of a list or a map, of which the first ends with such a word:
            // `'mode' => 'by-password', 'port' => …`.
            let is_name =
                operator == Operator::Argument && is_name_of_another(&hay[found.value.end..]);
            (!is_name).then_some(found)
        }
        _ if escaped => None,
        _ => {
            let bare_is_a_value = match kind {
                FileKind::Config | FileKind::Shell | FileKind::Unknown | FileKind::Prose => true,
                FileKind::Code => false,
            };
            // In code a bare word is an expression, unless it stands in a string.
            let in_string = !bare_is_a_value && blanks == 0 && hay[cursor.at - 1] == b'=';
            if !bare_is_a_value && !in_string
                || matches!(
                    operator,
                    Operator::Compare | Operator::Argument | Operator::Wrapped
                )
            {
                return None;
            }
            let sign = &hay[before_operator..cursor.at];
            // `x || 'y'` falls back to a literal; `class X : Y` is no assignment in a script.
            let falls_back = [b"||".as_slice(), b"or ", b"??"]
                .iter()
                .any(|mark| sign.starts_with(mark));
            let colon = kind == FileKind::Shell && sign.starts_with(b":") && !fallback;
            if falls_back || colon && !is_entry(hay, before_operator, cursor.at) {
                return None;
            }
            let found = bare(hay, cursor.at, operator, kind, |b| {
                ends_bare(b, kind) || fallback && b == b'}'
            })?;
            let next = hay.get(found.end).copied().unwrap_or(b' ');
            let ends_string = matches!(next, b'"' | b'\'' | b'`' | b'&' | b'\\');
            (!in_string || ends_string).then_some(found)
        }
    }
}

/// Behind the last byte that a value depends on which starts at `at`: it ends with its line,
/// unless a backslash stands before the line end.
pub(super) fn seen_of_value(hay: &[u8], at: usize) -> usize {
    let most = at + MAX_VALUE + AHEAD;
    let rest = hay.get(at..hay.len().min(most)).unwrap_or_default();
    let mut ends = memchr::memchr_iter(b'\n', rest);
    let line = ends.find(|&end| end == 0 || rest[end - 1] != b'\\');
    line.map_or(most, |line| at + line + AHEAD)
}

/// Whether what follows a text, its closing quote first, makes it the name of something.
fn is_name_of_another(rest: &[u8]) -> bool {
    let window = &rest[..rest.len().min(8)];
    let behind = window.get(1..).unwrap_or_default().trim_ascii_start();
    behind.starts_with(b"=>") || behind.starts_with(b":") && !behind.starts_with(b"::")
}

/// The quotes and brackets that end a name, and a type that may follow.
fn close(cursor: &mut Cursor<'_>) {
    cursor.eat(b"\\");
    cursor.eat_while(|b| matches!(b, b'"' | b'\'' | b'`'));
    // `password[64] = …`, `config["password"] = …`, `"password") = …`
    if cursor.peek() == Some(b'[') {
        let from = cursor.at;
        cursor.at += 1;
        cursor.eat_while(|b| b.is_ascii_alphanumeric());
        if !cursor.eat(b"]") {
            cursor.at = from;
        }
    }
    cursor.eat_while(|b| b == b']');
    // `ENV["PASSWORD"] || "x"`, `environ.get("PASSWORD") or "x"`
    let from = cursor.at;
    cursor.eat(b")");
    cursor.blanks();
    let falls_back = matches!(cursor.peek(), Some(b'|' | b'o' | b'?'))
        && [b"||".as_slice(), b"or ", b"??"]
            .iter()
            .any(|mark| cursor.hay[cursor.at..cursor.end].starts_with(mark));
    if !falls_back {
        cursor.at = from;
    }
}

/// `is_read` is whether the name is one that is read: `$TOKEN owner=…`.
fn operator(cursor: &mut Cursor<'_>, name_is_quoted: bool, is_read: bool) -> Option<Operator> {
    // What most names are followed by is none of the signs, and need not be held against each.
    let may_be_sign = matches!(
        cursor.peek(),
        Some(b'=' | b'!' | b':' | b'|' | b'?' | b'o' | b'<' | b'+' | b'-' | b'.')
    );
    if may_be_sign {
        for compare in [b"===".as_slice(), b"!==", b"==", b"!="] {
            if cursor.eat(compare) {
                return Some(Operator::Compare);
            }
        }
        for set in [
            b"=>".as_slice(),
            b"::=",
            b":=",
            b"||=",
            b"||",
            b"??",
            b"or ",
            b":-",
            b"<-",
            b"?=",
            b"+=",
            b".=",
            b"->",
            b"=",
        ] {
            if cursor.eat(set) {
                return Some(Operator::Set);
            }
        }
    }
    // `${NAME:?message}` ends a script.
    if cursor.eat(b"::") || cursor.eat(b":?") {
        return None;
    }
    if cursor.eat(b":") {
        let from = cursor.at;
        if !type_and_equals(cursor) {
            cursor.at = from;
        }
        return Some(Operator::Set);
    }
    if name_is_quoted {
        if let Some(operator) = pair(cursor, true) {
            return Some(operator);
        }
        if cursor.eat(b",") || cursor.eat(b"),") {
            return Some(Operator::Argument);
        }
    }
    if name_is_quoted {
        // `<add key="Password" value="…"/>`, `name="password">…<`
        let from = cursor.at;
        cursor.eat(b"/");
        if cursor.eat(b">") {
            return Some(Operator::Element);
        }
        cursor.at = from;
        for attribute in [
            b"value=".as_slice(),
            b"Value=",
            b"content=",
            b"connectionString=",
        ] {
            if cursor.eat(attribute) {
                return Some(Operator::Set);
            }
        }
    }
    if cursor.eat(b"(") {
        return Some(Operator::Argument);
    }
    // `var password string = "…"`, `char password[] = "…"`
    let from = cursor.at;
    // Behind a quote the next attribute of an element starts: `name="secrets" id="…"`.
    let ended = cursor.hay[..from].trim_ascii_end();
    if !matches!(ended.last(), Some(b'"' | b'\''))
        && !is_read
        && cursor.eat_while(|b| b.is_ascii_alphanumeric() || b"_*[]<>.".contains(&b)) > 0
    {
        cursor.blanks();
        if cursor.eat(b"=") && cursor.peek() != Some(b'=') {
            return Some(Operator::Set);
        }
    }
    cursor.at = from;
    None
}

/// A type between the colon and the sign: `: &str =`.
fn type_and_equals(cursor: &mut Cursor<'_>) -> bool {
    cursor.blanks();
    let length = cursor.eat_while(|b| b.is_ascii_alphanumeric() || b"_&<>[]?.,:'* |".contains(&b));
    length > 0 && cursor.eat(b"=") && !matches!(cursor.peek(), Some(b'=' | b'>'))
}

/// `PASSWORD 'x'`, as SQL has it, and `token - 'x'`, as notes have it.
fn sql_blank(cursor: &mut Cursor<'_>, blanks: usize, password: bool) -> bool {
    let from = cursor.at;
    let dash = cursor.eat(b"- ");
    let quoted =
        (password || dash) && cursor.peek() == Some(b'\'') || dash && cursor.peek() == Some(b'"');
    if !quoted {
        cursor.at = from;
    }
    blanks > 0 && quoted
}

/// Blanks, and one line break with the indentation after it. In a configuration the
/// value may be the first of a list.
fn gap(cursor: &mut Cursor<'_>, kind: FileKind) {
    cursor.blanks();
    if kind == FileKind::Config {
        block(cursor);
    }
    let from = cursor.at;
    cursor.eat(b"\\");
    cursor.eat(b"\r");
    if cursor.eat(b"\n") {
        cursor.blanks();
        let item = kind == FileKind::Config && cursor.eat(b"- ");
        if !item && !matches!(cursor.peek(), Some(b'"' | b'\'' | b'`')) {
            cursor.at = from;
        }
    } else {
        cursor.at = from;
        if cursor.eat(b"[") && !matches!(cursor.peek(), Some(b'"' | b'\'')) {
            cursor.at = from;
        }
    }
}

/// The label of the value, where it is a member of an object: `"password": {"value": "x"}`,
/// as parameters and outputs of deployments have it.
fn labelled(cursor: &mut Cursor<'_>) {
    let from = cursor.at;
    let space = |b: u8| matches!(b, b' ' | b'\t' | b'\r' | b'\n');
    if cursor.eat(b"{") {
        cursor.eat_while(space);
        if cursor.eat(b"\"value\"") {
            cursor.eat_while(space);
            if cursor.eat(b":") {
                cursor.eat_while(space);
                if cursor.peek() == Some(b'"') {
                    return;
                }
            }
        }
    }
    cursor.at = from;
}

/// Letters that may stand before a quote. Whether the string is a template.
fn prefix(cursor: &mut Cursor<'_>) -> bool {
    let from = cursor.at;
    let letters = cursor.eat_while(|b| {
        matches!(
            b,
            b'b' | b'r'
                | b'u'
                | b'f'
                | b'B'
                | b'R'
                | b'U'
                | b'F'
                | b'L'
                | b'N'
                | b'@'
                | b'$'
                | b'#'
        )
    });
    let quote = matches!(cursor.peek(), Some(b'"' | b'\''));
    if letters == 0 || letters > 3 || !quote {
        cursor.at = from;
        return false;
    }
    cursor.hay[from..cursor.at]
        .iter()
        .any(|b| matches!(b, b'f' | b'F' | b'$'))
}

fn quoted(
    hay: &[u8],
    at: usize,
    quote: u8,
    escaped: bool,
    operator: Operator,
    kind: FileKind,
    template: bool,
) -> Option<Assignment> {
    let triple = hay[at..].starts_with(&[quote; 3]);
    let start = at + if triple { 3 } else { 1 };
    let limit = hay.len().min(start + MAX_VALUE);
    let mut end = start;
    loop {
        let byte = *hay[..limit].get(end)?;
        if byte == b'\n' || byte == b'\r' {
            return None;
        }
        if escaped && hay[end..limit].starts_with(&[b'\\', quote]) || !escaped && byte == quote {
            break;
        }
        end += if byte == b'\\' && !escaped { 2 } else { 1 };
    }
    let end = end.min(limit);
    (end > start).then_some(Assignment {
        value: Span::new(start, end),
        end,
        quoted: true,
        operator,
        kind,
        template: template || quote == b'`',
    })
}

fn bare(
    hay: &[u8],
    start: usize,
    operator: Operator,
    kind: FileKind,
    ends: impl Fn(u8) -> bool,
) -> Option<Assignment> {
    let limit = hay.len().min(start + MAX_VALUE);
    let mut end = start + hay[start..limit].iter().take_while(|&&b| !ends(b)).count();
    // Inside a string of code the line ends at an escape.
    let escape = |w: &[u8]| w[0] == b'\\' && matches!(w[1], b'n' | b'r' | b't' | b'"' | b'\'');
    if let Some(at) = hay[start..end].windows(2).position(escape) {
        end = start + at;
    }
    if let Some(at) = next_of_list(&hay[start..end]) {
        end = start + at;
    }
    // So does a string within it: `\"…?secret=x\"`.
    if end > start && hay[end - 1] == b'\\' && matches!(hay.get(end), Some(b'"' | b'\'')) {
        end -= 1;
    }
    // A value that is cut off by the limit is not one.
    if end == limit && limit < hay.len() {
        return None;
    }
    let value = hay[start..end].trim_ascii_end();
    // `<![CDATA[pass=x]]>`
    let value = value.strip_suffix(b"]]>").unwrap_or(value);
    let end = start + value.len();
    (end > start).then_some(Assignment {
        value: Span::new(start, end),
        end,
        quoted: false,
        operator,
        kind,
        template: false,
    })
}

#[cfg(test)]
mod tests;
