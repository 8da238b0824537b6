//! What kind of bytes a blob holds, and UTF-16 as bytes that rules can read.

use crate::map::SpanMap;

/// What a blob is, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Text in UTF-8, ASCII or any encoding that contains it.
    Text,
    /// UTF-16, least significant byte first.
    Utf16Le,
    /// UTF-16, most significant byte first.
    Utf16Be,
    /// Anything else: it is read as it is, and only printable matches count.
    Binary,
}

/// How many bytes are looked at.
const SAMPLE: usize = 8 * 1024;

/// The encoding of a blob that starts with `bytes`.
///
/// A byte-order mark decides; without one, text has no NUL bytes, and UTF-16 has
/// them in nearly every second place and hardly anywhere else.
pub fn encoding(bytes: &[u8]) -> Encoding {
    let sample = &bytes[..bytes.len().min(SAMPLE)];
    if sample.starts_with(&[0xFF, 0xFE, 0, 0]) {
        return Encoding::Binary;
    }
    if sample.starts_with(&[0xFF, 0xFE]) {
        return Encoding::Utf16Le;
    }
    if sample.starts_with(&[0xFE, 0xFF]) {
        return Encoding::Utf16Be;
    }
    if memchr::memchr(0, sample).is_none() {
        return Encoding::Text;
    }
    let zeros = |odd: usize| {
        sample
            .iter()
            .skip(odd)
            .step_by(2)
            .filter(|&&b| b == 0)
            .count()
    };
    let (even, odd) = (zeros(0), zeros(1));
    let pairs = sample.len() / 2;
    if pairs >= 4 && odd * 10 >= pairs * 8 && even * 10 <= pairs {
        Encoding::Utf16Le
    } else if pairs >= 4 && even * 10 >= pairs * 8 && odd * 10 <= pairs {
        Encoding::Utf16Be
    } else {
        Encoding::Binary
    }
}

/// Decodes UTF-16 to UTF-8, with a map back to the original bytes. What is no valid
/// UTF-16 becomes the replacement character. `bytes` starts at a character; a mark at
/// the very start is left out, and so is half a character at the end.
pub fn decode_utf16(bytes: &[u8], big_endian: bool) -> (Vec<u8>, SpanMap) {
    let mut out = Vec::with_capacity(bytes.len() / 2);
    let mut map = SpanMap::new();
    let (pairs, _) = bytes.as_chunks::<2>();
    let units = pairs.iter().map(|&pair| {
        if big_endian {
            u16::from_be_bytes(pair)
        } else {
            u16::from_le_bytes(pair)
        }
    });
    let mut first = true;
    for decoded in char::decode_utf16(units) {
        let character = decoded.unwrap_or(char::REPLACEMENT_CHARACTER);
        let from = character.len_utf16() * 2;
        if std::mem::take(&mut first) && character == '\u{FEFF}' {
            map.push(0, from);
            continue;
        }
        let mut buffer = [0; 4];
        let text = character.encode_utf8(&mut buffer);
        out.extend_from_slice(text.as_bytes());
        map.push(text.len(), from);
    }
    (out, map)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::span::Span;

    fn utf16(text: &str, mark: bool, big: bool) -> Vec<u8> {
        let marked = if mark {
            format!("\u{FEFF}{text}")
        } else {
            text.to_owned()
        };
        marked
            .encode_utf16()
            .flat_map(|unit| {
                if big {
                    unit.to_be_bytes()
                } else {
                    unit.to_le_bytes()
                }
            })
            .collect()
    }

    #[test]
    fn encodings_are_told_apart() {
        let text = "password = 'x' # grüße 😀 and some more words";
        assert_eq!(encoding(text.as_bytes()), Encoding::Text);
        assert_eq!(encoding(b""), Encoding::Text);
        assert_eq!(encoding(b"\x7fELF\0\0\x01\x02\x03"), Encoding::Binary);
        for mark in [true, false] {
            assert_eq!(
                encoding(&utf16(text, mark, false)),
                Encoding::Utf16Le,
                "mark {mark}"
            );
            assert_eq!(
                encoding(&utf16(text, mark, true)),
                Encoding::Utf16Be,
                "mark {mark}"
            );
        }
    }

    #[test]
    fn utf16_maps_back_to_where_it_was() {
        for (mark, big) in [(true, false), (false, false), (true, true), (false, true)] {
            let text = "a ü😀 key=z";
            let original = utf16(text, mark, big);
            let (decoded, map) = decode_utf16(&original, big);
            assert_eq!(decoded, text.as_bytes());
            let at = text.find("key").expect("it is there");
            let span = map.original(Span::new(at, at + 3));
            assert_eq!(span.of(&original), utf16("key", false, big));
        }
        assert_eq!(decode_utf16(b"a\0b", false).0, b"a");
        assert_eq!(decode_utf16(b"\0\xd8", false).0, "\u{FFFD}".as_bytes());
    }
}
