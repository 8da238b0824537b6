//! The values of a Kubernetes secret, which are base64 however short.

use super::digits::value as digit;
use super::{Codec, DOCUMENT, Layer};
use crate::filter::checksum::decode_base64;
use crate::map::SpanMap;

/// Decodes the values of the document that the line at `at` calls a secret: one line
/// for each, with its name.
pub(super) fn decode(hay: &[u8], at: usize) -> Option<Layer> {
    let least = at.saturating_sub(DOCUMENT);
    let start = find_last(&hay[least..at], b"\n---").map_or(least, |place| least + place + 1);
    let limit = hay.len().min(at + DOCUMENT);
    let end = memchr::memmem::find(&hay[at..limit], b"\n---").map_or(limit, |place| at + place);
    let mut text = Vec::new();
    let mut map = SpanMap::new();
    let mut taken = start;
    let mut indent = None;
    let mut line_start = start;
    while line_start < end {
        let line_end = memchr::memchr(b'\n', &hay[line_start..end]).map_or(end, |n| line_start + n);
        let line = &hay[line_start..line_end];
        let blanks = line.iter().take_while(|&&b| b == b' ').count();
        let body = &line[blanks..];
        if matches!(
            body.trim_ascii_end(),
            b"data:" | b"\"data\": {" | b"\"data\":{"
        ) {
            indent = Some(blanks);
        } else if indent.is_some_and(|least| blanks <= least) && !body.trim_ascii().is_empty() {
            indent = None;
        } else if indent.is_some()
            && let Some(entry) = entry(body)
        {
            let place = line_start + blanks;
            map.push(0, place + entry.name.0 - taken);
            copy(&mut text, &mut map, &body[entry.name.0..entry.name.1]);
            text.extend_from_slice(b": ");
            map.push(2, entry.value.0 - entry.name.1);
            // Three bytes for four digits would be nearer, but a short value is shown whole.
            map.push(entry.decoded.len(), entry.value.1 - entry.value.0);
            text.extend_from_slice(&entry.decoded);
            text.push(b'\n');
            map.push(1, 0);
            taken = place + entry.value.1;
        }
        line_start = line_end + 1;
    }
    let layer = Layer::new(start, Codec::Base64, text, map);
    Some(layer).filter(|layer| !layer.text.is_empty())
}

fn copy(text: &mut Vec<u8>, map: &mut SpanMap, bytes: &[u8]) {
    text.extend_from_slice(bytes);
    bytes.iter().for_each(|_| map.push(1, 1));
}

fn find_last(hay: &[u8], needle: &[u8]) -> Option<usize> {
    memchr::memmem::rfind(hay, needle)
}

/// A line of the data: where its name and its value stand.
struct Entry {
    name: (usize, usize),
    value: (usize, usize),
    decoded: Vec<u8>,
}

/// Reads `name: digits` or `"name": "digits",`, if the digits are text.
fn entry(body: &[u8]) -> Option<Entry> {
    let colon = body.iter().position(|&b| b == b':')?;
    let quoted = body.first() == Some(&b'"');
    let name = if quoted {
        (1, colon.checked_sub(1)?)
    } else {
        (0, colon)
    };
    let is_name = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    let is_plain = name.0 < name.1 && body[name.0..name.1].iter().all(is_name);
    let rest = &body[colon + 1..];
    let gap = rest
        .iter()
        .take_while(|b| matches!(b, b' ' | b'"' | b'\''))
        .count();
    let digits = rest[gap..]
        .iter()
        .take_while(|&&b| digit(b).is_some() || b == b'=')
        .count();
    let behind = rest[gap + digits..].trim_ascii();
    let value = (colon + 1 + gap, colon + 1 + gap + digits);
    if !is_plain
        || digits < 4
        || digits % 4 != 0
        || !matches!(behind, b"" | b"\"" | b"'" | b"\"," | b",")
    {
        return None;
    }
    let decoded = decode_base64(&body[value.0..value.1])?;
    let is_text = str::from_utf8(&decoded)
        .is_ok_and(|text| !text.chars().any(|c| c.is_control() && !c.is_whitespace()));
    let one_line = decoded.trim_ascii_end().to_vec();
    let fits = is_text && !one_line.is_empty() && !one_line.contains(&b'\n');
    fits.then_some(Entry {
        name,
        value,
        decoded: one_line,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_values_of_a_secret_are_read_with_their_names() {
        let hay = "kind: Pod\ndata:\n  no: YWJjZA==\n---\napiVersion: v1\ndata:\n  user: YWRtaW4=\n  \
                   word: \"cGFzcyBtZQo=\"\nkind: Secret\nmetadata:\n  name: YWJjZA==\n---\ndata:\n  x: YWJj\n";
        let at = hay.find("kind: Secret").expect("it is there");
        let layer = decode(hay.as_bytes(), at).expect("values");
        assert_eq!(layer.text, b"user: admin\nword: pass me\n");
        let span = layer.maps[0].original(crate::Span::new(18, 25));
        assert_eq!(
            &hay[layer.start + span.start..layer.start + span.end],
            "cGFzcyBtZQo="
        );
    }
}
