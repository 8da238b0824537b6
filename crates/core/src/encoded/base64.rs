//! Base64, wrapped or not, and what is compressed inside.

use std::io::Read;

use flate2::read::{GzDecoder, ZlibDecoder};

use super::digits::{self, escape_before};
use super::{Codec, Layer, MAX_RUN};
use crate::map::SpanMap;
use crate::text;

/// A line of at least so many digits may go on below.
const LINE: usize = 40;

/// How much larger than the run what it inflates to may be.
const RATIO: usize = 16;

/// Decodes the run at `at`.
pub(super) fn decode(hay: &[u8], at: usize) -> Option<Layer> {
    let start = at + escape_before(hay, at);
    let (mut layer, _) = run(hay, start);
    if digits::is_wide(layer.text.get(..16)?) {
        let (text, map) = text::decode(&layer.text, text::Wide::Utf16Le);
        layer.text_len = text.len();
        layer.text = text;
        layer.maps.insert(0, map);
        layer.codecs.push(Codec::Utf16);
    }
    Some(layer)
}

/// Decodes and inflates the run at `at`, where one starts.
pub(super) fn decode_packed(hay: &[u8], at: usize, may_inflate: bool) -> Option<Layer> {
    let before = at.checked_sub(1).map_or(0, |before| hay[before]);
    if !may_inflate || digits::value(before).is_some() && !matches!(before, b'/' | b'-' | b'_') {
        return None;
    }
    let (mut layer, length) = run(hay, at);
    let codec = if layer.text.starts_with(&[0x1F, 0x8B, 8]) {
        Codec::Gzip
    } else if is_zlib(&layer.text) {
        Codec::Zlib
    } else {
        return None;
    };
    let out = inflate(&layer.text, codec, length * RATIO);
    if out.is_empty() {
        return None;
    }
    // No byte of the output comes from any one byte of the input.
    let mut whole = SpanMap::new();
    whole.push(out.len(), length);
    layer.text_len = out.len();
    layer.text = out;
    layer.maps = vec![whole];
    layer.codecs.push(codec);
    Some(layer)
}

/// The run at `start` as a layer, and its length.
fn run(hay: &[u8], start: usize) -> (Layer, usize) {
    let rest = &hay[start..hay.len().min(start + MAX_RUN)];
    let Run { bytes, map, length } = read(rest);
    let mut layer = Layer::new(start, Codec::Base64, bytes, map);
    layer.cut.1 = length == MAX_RUN;
    (layer, length)
}

struct Run {
    bytes: Vec<u8>,
    map: SpanMap,
    /// How many bytes of the text it takes.
    length: usize,
}

/// Reads digits, over line ends where lines are wrapped.
fn read(text: &[u8]) -> Run {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let mut map = SpanMap::new();
    let (mut at, mut line) = (0, 0);
    let mut url = None;
    loop {
        let group = &text[at..text.len().min(at + 4)];
        let mut values = group.iter().map_while(|&b| {
            let is_url = match b {
                b'-' | b'_' => Some(true),
                b'+' | b'/' => Some(false),
                _ => None,
            };
            // The first sign decides which alphabet it is.
            let fits = is_url.is_none()
                || *url.get_or_insert(is_url == Some(true)) == (is_url == Some(true));
            digits::value(b).filter(|_| fits)
        });
        let mut bits = 0u32;
        let mut count = 0;
        for value in values.by_ref() {
            bits = bits << 6 | u32::from(value);
            count += 1;
        }
        match count {
            4 => {
                let [_, a, b, c] = bits.to_be_bytes();
                bytes.extend([a, b, c]);
                map.push(3, 4);
                at += 4;
                line += 4;
            }
            2 | 3 => {
                let [_, a, b, _] = (bits << (6 * (4 - count))).to_be_bytes();
                bytes.extend(&[a, b][..count - 1]);
                map.push(count - 1, count);
                at += count;
                break;
            }
            0 if line >= LINE => {
                let gap = line_end(&text[at..]);
                if gap == 0 {
                    break;
                }
                map.push(0, gap);
                at += gap;
                line = 0;
            }
            _ => break,
        }
    }
    Run {
        bytes,
        map,
        length: at,
    }
}

/// The length of a line end, plain or as an escape, and of the blanks behind it; 0 if
/// there is none or no digit follows.
fn line_end(text: &[u8]) -> usize {
    let ends: [&[u8]; 4] = [b"\r\n", b"\n", b"\\r\\n", b"\\n"];
    let Some(end) = ends.iter().find(|end| text.starts_with(end)) else {
        return 0;
    };
    let rest = &text[end.len()..];
    let blanks = rest
        .iter()
        .take(40)
        .take_while(|b| matches!(b, b' ' | b'\t'))
        .count();
    let goes_on = rest.get(blanks).copied().and_then(digits::value).is_some();
    if goes_on { end.len() + blanks } else { 0 }
}

/// Whether the bytes start as RFC 1950 demands, with the sizes of window that are used.
fn is_zlib(head: &[u8]) -> bool {
    matches!(head, [0x78, flags, ..] if (0x7800 | u32::from(*flags)) % 31 == 0 && flags & 0x20 == 0)
}

/// What can be inflated of `bytes`, up to a limit; whatever comes before damage counts.
fn inflate(bytes: &[u8], codec: Codec, limit: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let limit = limit as u64;
    // An error only says that there is no more.
    let _ = match codec {
        Codec::Gzip => GzDecoder::new(bytes).take(limit).read_to_end(&mut out),
        _ => ZlibDecoder::new(bytes).take(limit).read_to_end(&mut out),
    };
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::span::Span;

    #[test]
    fn wrapped_lines_are_one_run_and_map_back() {
        let row = "dXNlcjogc29tZW9uZSwgd29yZDogb3RoZXIg".repeat(2);
        let hay = format!("k: |\n  {row}\n  {row}\n");
        let layer = decode(hay.as_bytes(), 7).expect("a run");
        assert_eq!(layer.text, b"user: someone, word: other ".repeat(4));
        let at = 27 * 2 + 6;
        let span = layer.maps[0].original(Span::new(at, at + 3));
        assert_eq!(&hay[7 + span.start..7 + span.end], "c29t");
    }

    #[test]
    fn what_is_compressed_is_inflated() {
        use flate2::{Compression, write::GzEncoder};
        use std::io::Write;
        let mut packer = GzEncoder::new(Vec::new(), Compression::best());
        packer.write_all(b"some text, some text").expect("memory");
        let packed = packer.finish().expect("memory");
        let digits: String = encode(&packed);
        let layer = decode_packed(digits.as_bytes(), 0, true).expect("a run");
        assert_eq!(layer.text, b"some text, some text");
        assert_eq!(layer.codecs, [Codec::Base64, Codec::Gzip]);
        assert!(decode_packed(digits.as_bytes(), 0, false).is_none());
    }

    fn encode(bytes: &[u8]) -> String {
        const DIGITS: &[u8; 64] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let digit =
            |bits: u32, place: u32| DIGITS[(bits >> (18 - 6 * place) & 63) as usize] as char;
        let group = |group: &[u8]| {
            let byte = |n: usize| u32::from(group.get(n).copied().unwrap_or(0));
            let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
            (0..=group.len() as u32)
                .map(move |place| digit(bits, place))
                .collect::<String>()
        };
        bytes.chunks(3).map(group).collect()
    }
}
