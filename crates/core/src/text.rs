//! What kind of bytes a blob holds, and UTF-16 and UTF-32 as bytes that rules can read.

use crate::map::SpanMap;

/// What a blob is, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Text in UTF-8, ASCII or any encoding that contains it.
    Text,
    /// Text whose characters are of two or four bytes; see [`decode`].
    Wide(Wide),
    /// Anything else: it is read as it is, and only printable matches count.
    Binary,
}

/// How wide characters are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wide {
    /// UTF-16, least significant byte first.
    Utf16Le,
    /// UTF-16, most significant byte first.
    Utf16Be,
    /// UTF-32, least significant byte first.
    Utf32Le,
    /// UTF-32, most significant byte first.
    Utf32Be,
}

impl Wide {
    /// How many bytes a unit has: a character, or half of one in UTF-16.
    pub fn width(self) -> usize {
        match self {
            Self::Utf16Le | Self::Utf16Be => 2,
            Self::Utf32Le | Self::Utf32Be => 4,
        }
    }

    /// The units that the bytes are, without what is left of one at the end.
    pub fn units(self, bytes: &[u8]) -> impl Iterator<Item = u32> {
        bytes
            .chunks_exact(self.width())
            .map(move |unit| match *unit {
                [a, b] if self == Self::Utf16Le => u32::from(u16::from_le_bytes([a, b])),
                [a, b] => u32::from(u16::from_be_bytes([a, b])),
                [a, b, c, d] if self == Self::Utf32Le => u32::from_le_bytes([a, b, c, d]),
                [a, b, c, d] => u32::from_be_bytes([a, b, c, d]),
                _ => 0,
            })
    }
}

/// How many bytes are looked at.
const SAMPLE: usize = 8 * 1024;

/// The encoding of a blob that starts with `bytes`.
///
/// A byte-order mark decides; without one, text has no NUL bytes, UTF-16 has them in nearly
/// every second place and hardly anywhere else, and UTF-32 in three of four. What is taken
/// for UTF-32 must be nearly all characters of texts: tables of numbers look alike.
pub fn encoding(bytes: &[u8]) -> Encoding {
    let sample = &bytes[..bytes.len().min(SAMPLE)];
    let wide = |wide| match wide {
        Wide::Utf32Le | Wide::Utf32Be if !is_text_of(sample, wide) => Encoding::Binary,
        _ => Encoding::Wide(wide),
    };
    match sample {
        [0xFF, 0xFE, 0, 0, ..] => return wide(Wide::Utf32Le),
        [0, 0, 0xFE, 0xFF, ..] => return wide(Wide::Utf32Be),
        [0xFF, 0xFE, ..] => return wide(Wide::Utf16Le),
        [0xFE, 0xFF, ..] => return wide(Wide::Utf16Be),
        _ if memchr::memchr(0, sample).is_none() => return Encoding::Text,
        _ => {}
    }
    let mut zeros = [0; 4];
    for (at, _) in sample.iter().enumerate().filter(|(_, b)| **b == 0) {
        zeros[at % 4] += 1;
    }
    let quads = sample.len() / 4;
    let pairs = sample.len() / 2;
    let nearly_all = |zeros: usize, of: usize| zeros * 10 >= of * 8;
    let hardly_any = |zeros: usize, of: usize| zeros * 10 <= of;
    let (even, odd) = (zeros[0] + zeros[2], zeros[1] + zeros[3]);
    let all_but = |place: usize| {
        let others = (0..4).filter(|&at| at != place);
        quads >= 4 && hardly_any(zeros[place], quads) && { others }
            .all(|at| nearly_all(zeros[at], quads))
    };
    if all_but(0) {
        wide(Wide::Utf32Le)
    } else if all_but(3) {
        wide(Wide::Utf32Be)
    } else if pairs >= 4 && nearly_all(odd, pairs) && hardly_any(even, pairs) {
        wide(Wide::Utf16Le)
    } else if pairs >= 4 && nearly_all(even, pairs) && hardly_any(odd, pairs) {
        wide(Wide::Utf16Be)
    } else {
        Encoding::Binary
    }
}

/// Whether the bytes, read so, are characters, and nearly all of them such as texts have.
fn is_text_of(sample: &[u8], wide: Wide) -> bool {
    let (mut all, mut odd) = (0, 0);
    for unit in wide.units(sample) {
        let Some(character) = char::from_u32(unit) else {
            return false;
        };
        all += 1;
        odd += usize::from(character.is_control() && !character.is_whitespace());
    }
    odd * 10 <= all
}

/// Decodes to UTF-8, with a map back to the original bytes. What is no character becomes the
/// replacement character. `bytes` starts at a character; a mark at the very start is left
/// out, and so is what is left of a character at the end.
pub fn decode(bytes: &[u8], wide: Wide) -> (Vec<u8>, SpanMap) {
    let mut out = Vec::with_capacity(bytes.len() / wide.width());
    let mut map = SpanMap::new();
    let mut first = true;
    let mut push = |character: char, from: usize| {
        if std::mem::take(&mut first) && character == '\u{FEFF}' {
            map.push(0, from);
            return;
        }
        let mut buffer = [0; 4];
        let text = character.encode_utf8(&mut buffer);
        out.extend_from_slice(text.as_bytes());
        map.push(text.len(), from);
    };
    let units = wide.units(bytes);
    if wide.width() == 4 {
        for unit in units {
            push(
                char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER),
                4,
            );
        }
    } else {
        // Units of two bytes fit in sixteen bits.
        for decoded in char::decode_utf16(units.map(|unit| unit as u16)) {
            let character = decoded.unwrap_or(char::REPLACEMENT_CHARACTER);
            push(character, character.len_utf16() * 2);
        }
    }
    (out, map)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::span::Span;

    const ALL: [Wide; 4] = [Wide::Utf16Le, Wide::Utf16Be, Wide::Utf32Le, Wide::Utf32Be];

    fn encoded(text: &str, mark: bool, wide: Wide) -> Vec<u8> {
        let mark = if mark { "\u{FEFF}" } else { "" };
        let marked = [mark, text].concat();
        let wide16 = marked.encode_utf16();
        let wide32 = marked.chars().map(u32::from);
        match wide {
            Wide::Utf16Le => wide16.flat_map(u16::to_le_bytes).collect(),
            Wide::Utf16Be => wide16.flat_map(u16::to_be_bytes).collect(),
            Wide::Utf32Le => wide32.flat_map(u32::to_le_bytes).collect(),
            Wide::Utf32Be => wide32.flat_map(u32::to_be_bytes).collect(),
        }
    }

    #[test]
    fn encodings_are_told_apart() {
        let text = "password = 'x' # grüße 😀 and some more words";
        assert_eq!(encoding(text.as_bytes()), Encoding::Text);
        assert_eq!(encoding(b""), Encoding::Text);
        assert_eq!(encoding(b"\x7fELF\0\0\x01\x02\x03"), Encoding::Binary);
        for wide in ALL {
            for mark in [true, false] {
                let bytes = encoded(text, mark, wide);
                assert_eq!(encoding(&bytes), Encoding::Wide(wide), "mark {mark}");
            }
        }
    }

    #[test]
    fn tables_of_numbers_are_no_text() {
        let numbers: Vec<u8> = (1u32..400).flat_map(|n| (n % 30).to_le_bytes()).collect();
        assert_eq!(encoding(&numbers), Encoding::Binary);
        let marked = [&[0xFF, 0xFE, 0, 0], &[0xFF; 40][..]].concat();
        assert_eq!(encoding(&marked), Encoding::Binary);
    }

    #[test]
    fn what_is_decoded_maps_back_to_where_it_was() {
        for (mark, wide) in ALL
            .into_iter()
            .flat_map(|wide| [(true, wide), (false, wide)])
        {
            let text = "a ü😀 key=z";
            let original = encoded(text, mark, wide);
            let (decoded, map) = decode(&original, wide);
            assert_eq!(decoded, text.as_bytes());
            let at = text.find("key").expect("it is there");
            let span = map.original(Span::new(at, at + 3));
            assert_eq!(span.of(&original), encoded("key", false, wide));
        }
        assert_eq!(decode(b"a\0b", Wide::Utf16Le).0, b"a");
        assert_eq!(decode(b"\0\xd8", Wide::Utf16Le).0, "\u{FFFD}".as_bytes());
        assert_eq!(decode(b"a\0\0\0b", Wide::Utf32Le).0, b"a");
        assert_eq!(
            decode(b"\0\xd8\0\0", Wide::Utf32Le).0,
            "\u{FFFD}".as_bytes()
        );
    }
}
