//! String literals that a program joins: `"ab" + "cd"`, `"ab" "cd"`, `'ab' . 'cd'`, and the
//! lines of a notebook's cell.

use super::{Codec, Layer, Trigger, escape, is_token};
use crate::looked::Looked;
use crate::map::SpanMap;

/// How far before a joint its first literal starts at most.
const LITERAL: usize = 512;

/// How much of the line before the first literal is taken along, and of that behind the
/// last one.
const AROUND: usize = 256;

/// The longest chain.
const CHAIN: usize = 16 * 1024;

/// How many blanks and line ends may stand between a literal and the operator.
const BLANKS: usize = 80;

/// How far around the end of a literal is looked for a joint.
pub(super) const JOINT: usize = 2 * BLANKS + 16;

const OPERATORS: [&[u8]; 7] = [b"++", b"<>", b"..", b"+", b".", b"&", b"~"];

/// Decodes the chain of literals whose first joint is at `at`, where a literal ends.
pub(super) fn decode_joint(hay: &[u8], at: usize) -> Option<Layer> {
    let quote = hay[at];
    let mut second = joint(hay, at)?;
    let open = open_quote(hay, at, quote)?;
    if ends_in_joint(hay, open) {
        return None;
    }
    let limit = hay.len().min(at + CHAIN);
    let before = hay[open.saturating_sub(AROUND)..open]
        .iter()
        .rposition(|&b| b == b'\n')
        .map_or(open.saturating_sub(AROUND), |place| {
            open.saturating_sub(AROUND) + place + 1
        });
    let mut text = hay[before..at].to_vec();
    let mut map = SpanMap::new();
    map.push_same(at - before);
    let mut end = at;
    let mut inside_word = false;
    loop {
        let close = close_quote(hay, second, limit)?;
        let left = hay[..end].last().copied().unwrap_or(0);
        inside_word |= is_token(left) && hay.get(second + 1).copied().is_some_and(is_token);
        map.push(0, second + 1 - end);
        text.extend_from_slice(&hay[second + 1..close]);
        map.push_same(close - second - 1);
        end = close;
        match joint(hay, close) {
            Some(next) if next < limit => second = next,
            _ => break,
        }
    }
    // Sentences in pieces are joined at blanks; values are not.
    if !inside_word {
        return None;
    }
    let rest = &hay[end..hay.len().min(end + AROUND)];
    let tail = rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len());
    text.extend_from_slice(&rest[..tail]);
    map.push_same(tail);
    let mut layer = Layer::new(before, Codec::Literals, text, map);
    layer.cut = (before > 0 && hay[before - 1] != b'\n', tail == AROUND);
    Some(layer)
}

/// Whether what stands behind the start of a joint may be the rest of one: what comes after
/// blanks is a quote. Looks at few bytes: most lines that end in a quote end here.
pub(super) fn may_be_joint(rest: &[u8]) -> bool {
    let is_blank = |b: &&u8| matches!(b, b' ' | b'\t' | b'\r' | b'\n' | b'\\');
    let near = &rest[..rest.len().min(32)];
    let blank = near.iter().take_while(is_blank).count();
    // Right behind the opening quote of the next literal anything may stand.
    blank == 0 || near.get(blank).is_none_or(|b| matches!(b, b'"' | b'\''))
}

/// Where the next literal opens, if the quote at `close` ends one and is followed by
/// nothing but an operator that joins.
fn joint(hay: &[u8], close: usize) -> Option<usize> {
    let mut at = blanks(hay, close + 1)?;
    if let Some(operator) = OPERATORS.iter().find(|o| hay[at..].starts_with(o)) {
        at = blanks(hay, at + operator.len())?;
    } else if hay[at..].starts_with(b"\\\n") {
        at = blanks(hay, at + 2)?;
    }
    let is_quote = matches!(hay.get(at), Some(b'"' | b'\''));
    // `-H 'Token: x' 'https://…'`: what an address starts is a text of its own.
    let is_address = hay
        .get(at + 1..)
        .is_some_and(|rest| rest.starts_with(b"http"));
    (is_quote && !is_address && at > close + 1).then_some(at)
}

/// The first byte from `at` on that is neither blank nor line end.
fn blanks(hay: &[u8], at: usize) -> Option<usize> {
    let rest = hay.get(at..)?;
    let is_blank = |b: &&u8| matches!(b, b' ' | b'\t' | b'\r' | b'\n');
    let count = rest.iter().take(BLANKS).take_while(is_blank).count();
    (count < BLANKS).then_some(at + count)
}

/// Where the literal that ends at `close` opens.
fn open_quote(hay: &[u8], close: usize, quote: u8) -> Option<usize> {
    let least = close.saturating_sub(LITERAL);
    let row = &hay[least..close];
    let open = row.iter().rposition(|&b| b == quote || b == b'\n')?;
    let is_escaped = open > 0 && row[open - 1] == b'\\';
    (row[open] == quote && !is_escaped).then_some(least + open)
}

/// Where the literal that opens at `open` ends, before a line end.
fn close_quote(hay: &[u8], open: usize, limit: usize) -> Option<usize> {
    let quote = hay[open];
    let mut at = open + 1;
    while at < limit {
        match hay[at] {
            b'\\' => at += 1,
            b'\n' => return None,
            byte if byte == quote => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}

/// What tells, if the quote or the line end at `at` is not the first joint of a chain; most
/// are not. `None` if more must be looked at to know.
pub(super) fn is_no_start(trigger: Trigger, hay: &[u8], at: usize) -> Option<Looked> {
    let before = LITERAL + JOINT;
    match trigger {
        Trigger::Joint if joint(hay, at).is_none() => Some(Looked::new(0, JOINT)),
        Trigger::Joint => {
            let open = open_quote(hay, at, hay[at]);
            let first = open.is_some_and(|open| !ends_in_joint(hay, open));
            (!first).then(|| Looked::new(before, JOINT))
        }
        _ => {
            let open = open_string(hay, at + 2);
            let first = open.is_some_and(|open| !ends_in_line(hay, open));
            (!first).then(|| Looked::new(before, JOINT))
        }
    }
}

/// Whether another literal is joined before the one that opens at `open`.
fn ends_in_joint(hay: &[u8], open: usize) -> bool {
    let trim = |end: usize| {
        let row = &hay[end.saturating_sub(BLANKS)..end];
        let is_blank = |b: &&u8| matches!(b, b' ' | b'\t' | b'\r' | b'\n' | b'\\');
        end - row.iter().rev().take_while(is_blank).count()
    };
    let end = trim(open);
    let operator = OPERATORS.iter().find(|o| hay[..end].ends_with(o));
    let end = operator.map_or(end, |o| trim(end - o.len()));
    end < open && end > 0 && matches!(hay[end - 1], b'"' | b'\'')
}

/// Decodes the lines of a list of which the first one ends at `at`, as notebooks have
/// them: JSON strings, each of which ends in `\n`.
pub(super) fn decode_lines(hay: &[u8], at: usize) -> Option<Layer> {
    let close = at + 2;
    let open = open_string(hay, close)?;
    if ends_in_line(hay, open) {
        return None;
    }
    let limit = hay.len().min(at + CHAIN);
    let mut text = Vec::new();
    let mut map = SpanMap::new();
    let mut from = open + 1;
    let mut close = close;
    let mut count = 0;
    loop {
        while from < close {
            let unit = escape::escape(&hay[from..close]);
            let mut buffer = [0; 4];
            let (bytes, length) = match unit {
                Some((character, length)) => (&*character.encode_utf8(&mut buffer), length),
                None => ("", 1),
            };
            if bytes.is_empty() {
                text.push(hay[from]);
                map.push(1, 1);
            } else {
                text.extend_from_slice(bytes.as_bytes());
                map.push(bytes.len(), length);
            }
            from += length;
        }
        count += 1;
        if !hay[..close].ends_with(b"\\n") || hay.get(close + 1) != Some(&b',') {
            break;
        }
        let Some(next) = blanks(hay, close + 2).filter(|&next| hay.get(next) == Some(&b'"')) else {
            break;
        };
        let Some(end) = close_quote(hay, next, limit) else {
            break;
        };
        map.push(0, next + 1 - from);
        (from, close) = (next + 1, end);
    }
    let mut layer = Layer::new(open + 1, Codec::Literals, text, map);
    layer.cut.1 = true;
    Some(layer).filter(|_| count > 1)
}

/// Where the JSON string that ends at `close` opens: at the start of its line.
fn open_string(hay: &[u8], close: usize) -> Option<usize> {
    let least = close.saturating_sub(LITERAL);
    let row = &hay[least..close];
    let line = row.iter().rposition(|&b| b == b'\n')? + 1;
    let blank = row[line..]
        .iter()
        .take_while(|b| b.is_ascii_whitespace())
        .count();
    (row.get(line + blank) == Some(&b'"')).then_some(least + line + blank)
}

fn ends_in_line(hay: &[u8], open: usize) -> bool {
    let row = &hay[open.saturating_sub(BLANKS)..open];
    row.trim_ascii_end().ends_with(b"\\n\",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(hay: &str, mark: &str) -> Option<String> {
        let at = hay.find(mark).expect("the mark");
        let layer = decode_joint(hay.as_bytes(), at)?;
        Some(String::from_utf8(layer.text).expect("text"))
    }

    #[test]
    fn literals_are_joined_with_what_stands_around() {
        for (hay, mark, expected) in [
            ("x\nk = \"ab\" + \"cd\";\ny", "\" +", Some("k = \"abcd\";")),
            ("k = 'ab' . 'c\\'d' . 'e'", "' .", Some("k = 'abc\\'de'")),
            ("k = \"ab\"\n    'cd'", "\"\n", Some("k = \"abcd'")),
            (
                "k = \"a\" \\\n  \"b\" \\\n  \"c\"",
                "\" \\",
                Some("k = \"abc\""),
            ),
            ("k = \"some words \" + \"and more\"", "\" +", None),
            ("k = \"ab\" + x", "\" +", None),
            ("k = \"ab\", \"cd\"", "\",", None),
            ("k = \"a\" + \"b\" + \"c\"", "\" + \"c", None),
        ] {
            assert_eq!(joined(hay, mark).as_deref(), expected, "{hay}");
        }
    }

    #[test]
    fn lines_of_a_cell_are_joined() {
        let hay = "[\n  \"a = \\\"b\\\"\\n\",\n  \"c\\n\",\n  \"d\"\n]";
        let layer = decode_lines(hay.as_bytes(), hay.find("\\n\"").expect("it is there"));
        assert_eq!(
            layer.map(|l| l.text).as_deref(),
            Some(b"a = \"b\"\nc\nd".as_slice())
        );
        let second = hay.rfind("\\n\"").expect("it is there");
        assert_eq!(decode_lines(hay.as_bytes(), second), None);
    }
}
