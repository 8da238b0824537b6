//! Escapes of string literals, entities of HTML and XML, percent signs of URLs.
//!
//! The stretch that is decoded is a line or, of a longer line, what lies around the
//! escapes: the name before a value is needed as much as the value.

use super::{BACK, Codec, Layer};
use crate::map::SpanMap;

/// How far before the first escape of a stretch and between two of them it goes on.
pub(super) const NEAR: usize = 256;

/// How far it goes on behind the last one: a value may follow, and may be long.
const TAIL: usize = 4096;

/// The longest stretch.
const MAX: usize = 16 * 1024;

/// Decodes the stretch of escapes whose first one is at `at`.
pub(super) fn decode_escapes(hay: &[u8], at: usize) -> Option<Layer> {
    stretch(hay, at, (Codec::Escapes, b'\\'), is_escape, escape)
}

/// Decodes the stretch of entities whose first one is at `at`.
pub(super) fn decode_entities(hay: &[u8], at: usize) -> Option<Layer> {
    stretch(
        hay,
        at,
        (Codec::Entities, b'&'),
        |rest| entity(rest).is_some(),
        entity,
    )
}

/// A decoded character and how many bytes it took.
type Unit = (char, usize);

fn stretch(
    hay: &[u8],
    at: usize,
    (codec, lead): (Codec, u8),
    is_trigger: impl Fn(&[u8]) -> bool,
    unit: impl Fn(&[u8]) -> Option<Unit>,
) -> Option<Layer> {
    if !is_trigger(&hay[at..]) {
        return None;
    }
    let least = at.saturating_sub(NEAR);
    let mut start = at;
    while start > least && hay[start - 1] != b'\n' {
        start -= 1;
        if hay[start] == lead && is_trigger(&hay[start..]) {
            return None;
        }
    }
    let limit = hay.len().min(at + MAX);
    let (mut end, mut last) = (at, at);
    while end < limit && hay[end] != b'\n' && end - last < TAIL {
        if hay[end] == lead && end > last && end - last < NEAR && is_trigger(&hay[end..]) {
            last = end;
        }
        end += 1;
    }
    let mut layer = undo(hay, start..end, (codec, lead), unit);
    layer.cut = (
        start > 0 && hay[start - 1] != b'\n',
        end < hay.len() && hay[end] != b'\n',
    );
    Some(layer)
}

/// Decodes a stretch in which whatever is encoded starts with `lead`.
fn undo(
    hay: &[u8],
    range: std::ops::Range<usize>,
    (codec, lead): (Codec, u8),
    unit: impl Fn(&[u8]) -> Option<Unit>,
) -> Layer {
    let mut text = Vec::with_capacity(range.len());
    let mut map = SpanMap::new();
    let mut from = range.start;
    while from < range.end {
        let plain = memchr::memchr(lead, &hay[from..range.end]).unwrap_or(range.end - from);
        text.extend_from_slice(&hay[from..from + plain]);
        map.push_same(plain);
        from += plain;
        if from == range.end {
            break;
        }
        let (decoded, length) = match unit(&hay[from..range.end]) {
            Some(unit) => unit,
            None => {
                text.push(lead);
                map.push_same(1);
                from += 1;
                continue;
            }
        };
        let mut buffer = [0; 4];
        let bytes = decoded.encode_utf8(&mut buffer).as_bytes();
        text.extend_from_slice(bytes);
        map.push(bytes.len(), length);
        from += length;
    }
    Layer::new(range.start, codec, text, map)
}

/// Whether an escape that hides something stands here; the same as the literals that are
/// triggers.
fn is_escape(rest: &[u8]) -> bool {
    match rest {
        [b'\\', b'u', b'0', b'0', a, b, ..] => matches!(a, b'2'..=b'7') && b.is_ascii_hexdigit(),
        [b'\\', b'x', a, b, ..] => matches!(a, b'2'..=b'7') && b.is_ascii_hexdigit(),
        [b'\\', b'"', b':', next, ..] => {
            matches!(
                next,
                b' ' | b'"' | b'\\' | b'\'' | b'[' | b'{' | b'0'..=b'9'
            )
        }
        _ => false,
    }
}

/// The escape that stands here, as JSON, JavaScript, Python, Java and C have them.
pub(super) fn escape(rest: &[u8]) -> Option<Unit> {
    let [b'\\', kind, tail @ ..] = rest else {
        return None;
    };
    let plain = |character| Some((character, 2));
    match kind {
        b'"' | b'\'' | b'\\' | b'/' => plain(char::from(*kind)),
        b'n' => plain('\n'),
        b'r' => plain('\r'),
        b't' => plain('\t'),
        b'x' => Some((char::from(u8::try_from(number(tail, 2)?).ok()?), 4)),
        b'u' => {
            let high = number(tail, 4)?;
            if let Some(character) = char::from_u32(high) {
                return Some((character, 6));
            }
            let rest = tail.get(4..)?.strip_prefix(b"\\u")?;
            let low = number(rest, 4)?;
            let pair = [u16::try_from(high).ok()?, u16::try_from(low).ok()?];
            let decoded = char::decode_utf16(pair).next()?.ok()?;
            Some((decoded, 12))
        }
        _ => None,
    }
}

fn number(digits: &[u8], count: usize) -> Option<u32> {
    digits.get(..count)?.iter().try_fold(0, |number, &digit| {
        Some(number << 4 | char::from(digit).to_digit(16)?)
    })
}

/// Names of the characters that are written as entities in configuration and in markup
/// that was made from data.
const ENTITIES: &[(&str, char)] = &[
    ("quot", '"'),
    ("apos", '\''),
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("nbsp", ' '),
    ("num", '#'),
    ("dollar", '$'),
    ("percnt", '%'),
    ("plus", '+'),
    ("sol", '/'),
    ("colon", ':'),
    ("semi", ';'),
    ("equals", '='),
    ("commat", '@'),
    ("excl", '!'),
    ("lowbar", '_'),
    ("period", '.'),
];

/// The entity that stands here.
fn entity(rest: &[u8]) -> Option<Unit> {
    let body = rest.strip_prefix(b"&")?;
    let length = body.iter().take(9).position(|&b| b == b';')?;
    let name = &body[..length];
    let character = match name {
        [b'#', b'x' | b'X', digits @ ..] if !digits.is_empty() => {
            char::from_u32(number(digits, digits.len())?)?
        }
        [b'#', digits @ ..] => {
            let digits = str::from_utf8(digits).ok()?;
            char::from_u32(digits.parse().ok()?)?
        }
        _ => {
            ENTITIES
                .iter()
                .find(|(known, _)| known.as_bytes() == name)?
                .1
        }
    };
    Some((character, length + 2))
}

/// Decodes the word of a URL in which the first sign that hides something is at `at`.
pub(super) fn decode_percent(hay: &[u8], at: usize) -> Option<Layer> {
    let ends = |b: u8| b <= b' ' || matches!(b, b'"' | b'\'' | b'<' | b'>' | b'`' | b'\\');
    let least = at.saturating_sub(BACK);
    let mut start = at;
    while start > least && !ends(hay[start - 1]) {
        start -= 1;
        if hay[start] == b'%' && hides(&hay[start..]) {
            return None;
        }
    }
    let limit = hay.len().min(at + MAX);
    let mut end = at;
    while end < limit && !ends(hay[end]) {
        end += 1;
    }
    let unit = |rest: &[u8]| {
        let byte = number(rest.strip_prefix(b"%")?, 2)?;
        // Beyond ASCII it would take several to make one character.
        char::from_u32(byte).filter(char::is_ascii).map(|c| (c, 3))
    };
    let mut layer = undo(hay, start..end, (Codec::Percent, b'%'), unit);
    layer.cut = (
        start == least && start > 0 && !ends(hay[start - 1]),
        end == limit && end < hay.len(),
    );
    Some(layer)
}

/// Whether a percent sign that is a trigger stands here.
fn hides(rest: &[u8]) -> bool {
    let is_next = |b: &u8| super::is_token(*b) || *b == b'%';
    matches!(rest, [b'%', b'3', b'a' | b'A' | b'd' | b'D', next, ..] if is_next(next))
        || matches!(rest, [b'%', b'2', b'2', next, ..] if is_next(next))
        || matches!(rest, [b'%', b'7', b'b' | b'B', next, ..] if is_next(next))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::span::Span;

    fn text(layer: Option<Layer>) -> Option<String> {
        layer.map(|layer| String::from_utf8(layer.text).expect("text"))
    }

    #[test]
    fn escapes_are_undone_on_their_line() {
        for (hay, mark, expected) in [
            (r#"k = "a\u003db\x21""#, r"\u003d", Some(r#"k = "a=b!""#)),
            (r#"k = "a\u003db\x21""#, r"\x21", None),
            (
                r#""{\"pass\": \"a\\nb\"}""#,
                r#"\":"#,
                Some(r#""{"pass": "a\nb"}""#),
            ),
            ("x\nb\\x41c\ny", r"\x41", Some("bAc")),
            (r"\ud83d\ude00 \u0041", r"\u0041", Some("\u{1F600} A")),
        ] {
            let at = hay.find(mark).expect("the mark");
            assert_eq!(
                text(decode_escapes(hay.as_bytes(), at)).as_deref(),
                expected,
                "{hay}"
            );
        }
    }

    #[test]
    fn entities_and_percent_signs_are_undone() {
        let hay = "<a v='{&quot;k&quot;:&quot;a&#61;&#x62;&unknown;'>";
        assert_eq!(
            text(decode_entities(hay.as_bytes(), 7)).as_deref(),
            Some("<a v='{\"k\":\"a=b&unknown;'>")
        );
        let hay = "see x%3Dy%26z%3dw%C3%A4 now";
        let layer = decode_percent(hay.as_bytes(), 5).expect("a run");
        assert_eq!(layer.maps[0].original(Span::new(2, 3)), Span::new(4, 5));
        assert_eq!(layer.start, 4);
        assert_eq!(text(Some(layer)).as_deref(), Some("x=y&z=w%C3%A4"));
        assert_eq!(text(decode_percent(hay.as_bytes(), 13)), None);
    }
}
