//! Text to tokens.

use std::ops::Range;

use super::ConditionError;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Name(String),
    Text(String),
    Int(i64),
    /// One of [`SIGNS`].
    Sign(&'static str),
}

pub(super) type Placed = (Token, Range<usize>);

/// Longer ones first.
const SIGNS: &[&str] = &[
    "&&", "||", "==", "!=", "<=", ">=", "<", ">", "!", "?", ":", "(", ")", "[", "]", ",", ".", "-",
];

pub(super) fn tokens(text: &str) -> Result<Vec<Placed>, ConditionError> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        if first.is_whitespace() {
            at += first.len_utf8();
        } else if rest.starts_with("//") {
            at += rest.find('\n').unwrap_or(rest.len());
        } else if first == '"' || first == '\'' {
            let (value, length) = string(rest, first, at)?;
            out.push((Token::Text(value), at..at + length));
            at += length;
        } else if first.is_ascii_digit() {
            let length = run(rest, |c| c.is_ascii_alphanumeric() || c == '.');
            let value = rest[..length].parse().map_err(|_| {
                let message = "only whole numbers are known here";
                ConditionError::new(at..at + length, message)
            })?;
            out.push((Token::Int(value), at..at + length));
            at += length;
        } else if first.is_ascii_alphabetic() || first == '_' {
            let length = run(rest, |c| c.is_ascii_alphanumeric() || c == '_');
            out.push((Token::Name(rest[..length].to_owned()), at..at + length));
            at += length;
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            out.push((Token::Sign(sign), at..at + sign.len()));
            at += sign.len();
        } else {
            let message = format!("`{first}` has no meaning in a condition");
            return Err(ConditionError::new(at..at + first.len_utf8(), message));
        }
    }
    Ok(out)
}

fn run(text: &str, is_part: impl Fn(char) -> bool) -> usize {
    text.find(|c| !is_part(c)).unwrap_or(text.len())
}

/// The value of a string at the start of `text`, and its length with the quotes.
fn string(text: &str, quote: char, start: usize) -> Result<(String, usize), ConditionError> {
    let mut value = String::new();
    let mut letters = text.char_indices().skip(1);
    while let Some((at, letter)) = letters.next() {
        match letter {
            _ if letter == quote => return Ok((value, at + 1)),
            '\n' => break,
            '\\' => match letters.next().map(|(_, escaped)| escaped) {
                Some('n') => value.push('\n'),
                Some('t') => value.push('\t'),
                Some('r') => value.push('\r'),
                Some(sign @ ('\\' | '"' | '\'' | '`' | '?')) => value.push(sign),
                _ => {
                    let message = "this escape is not known: there are \\n \\t \\r \\\\ \\\" \\'";
                    return Err(ConditionError::new(start + at..start + at + 1, message));
                }
            },
            _ => value.push(letter),
        }
    }
    let length = text.lines().next().map_or(1, str::len);
    Err(ConditionError::new(
        start..start + length,
        "this text has no end",
    ))
}
