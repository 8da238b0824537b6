//! Runs of base64 or hexadecimal digits that decode to text.
//!
//! A run has no literal to look for, and most bytes of a source file are base64 digits. So
//! sixteen bytes at once are asked whether all of them are `+` or above, which no blank,
//! bracket or quote is; only such rows are looked at closer, and most of them cannot hold
//! text. Then the first digits are decoded: random bytes are hardly ever
//! text, so images and hashes end here. What is compressed is no text either, but starts
//! with digits that are a literal trigger.

use std::ops::Range;

use super::{Codec, Layer, MAX_RUN, Trigger};
use crate::map::SpanMap;

/// The fewest digits of a run, all of which must be text. Whatever its place is, a whole row
/// lies in them.
pub(crate) const MIN: usize = 32;

/// How many bytes are asked at once.
const ROW: usize = 16;

/// How many bytes before a run tell that it is the start of one.
pub(crate) const BACK: usize = 96;

/// How many digits before a place must not decode to text, or the place is inside a run.
const BEFORE: usize = 16;

/// What a byte is in a run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    None,
    Alnum,
    /// `+` and `/`, of the usual alphabet.
    Plain,
    /// `-` and `_`, of the one for URLs.
    Url,
}

const CLASSES: [Class; 256] = {
    let mut classes = [Class::None; 256];
    let mut byte = 0;
    while byte < 128 {
        classes[byte] = match byte as u8 {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => Class::Alnum,
            b'+' | b'/' => Class::Plain,
            b'-' | b'_' => Class::Url,
            _ => Class::None,
        };
        byte += 1;
    }
    classes
};

const VALUES: [u8; 256] = {
    let mut values = [u8::MAX; 256];
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut value = 0;
    while value < 64 {
        values[alphabet[value] as usize] = value as u8;
        value += 1;
    }
    values[b'-' as usize] = 62;
    values[b'_' as usize] = 63;
    values
};

/// The value of a base64 digit of either alphabet.
pub(super) fn value(byte: u8) -> Option<u8> {
    Some(VALUES[usize::from(byte)]).filter(|&value| value != u8::MAX)
}

/// Whether digits of both alphabets are among them.
pub(super) fn is_mixed(digits: &[u8]) -> bool {
    let has = |class| digits.iter().any(|&b| CLASSES[usize::from(b)] == class);
    has(Class::Plain) && has(Class::Url)
}

/// Calls `hit` with the runs that start in `starts`, with some more than once.
pub(super) fn find(hay: &[u8], starts: Range<usize>, hit: &mut impl FnMut(usize, Trigger)) {
    let end = hay.len().min(starts.end.saturating_add(MIN + 5));
    let Some(stretch) = hay.get(starts.start..end) else {
        return;
    };
    let (rows, _) = stretch.as_chunks::<ROW>();
    for (number, row) in rows.iter().enumerate() {
        let (words, _) = row.as_chunks::<8>();
        let (first, second) = (u64::from_le_bytes(words[0]), u64::from_le_bytes(words[1]));
        if (below_plus(first) | below_plus(second)) & HIGH == 0 {
            look(hay, starts.start + number * ROW, row, &starts, hit);
        }
    }
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = ONES * 0x80;

/// The high bit of a byte is set if any is below `+`.
#[inline(always)]
fn below_plus(word: u64) -> u64 {
    word.wrapping_sub(ONES * b'+' as u64) & !word
}

/// High bits of the bytes that lie strictly between two others; those above ASCII count as
/// if they were not.
#[inline(always)]
fn between(word: u64, least: u64, most: u64) -> u64 {
    let low = word & !HIGH;
    (ONES * (127 + most) - low) & (low + ONES * (127 - least)) & HIGH
}

/// Whether sixteen digits may be part of a text that was encoded. As characters are below
/// 128, every fourth digit of base64 is below 32, `A` to `f`, and every second one of
/// hexadecimal digits is `0` to `7`: in words and names they are not.
#[inline(always)]
fn may_be_text(row: &[u8; ROW]) -> bool {
    let (words, _) = row.as_chunks::<8>();
    let (first, second) = (u64::from_le_bytes(words[0]), u64::from_le_bytes(words[1]));
    let fourth = between(first, 0x40, 0x67) & between(second, 0x40, 0x67);
    let base64 = (fourth & fourth >> 32) as u32;
    let other = between(first, 0x2F, 0x38) & between(second, 0x2F, 0x38);
    let other = (other & other >> 32) as u32;
    base64 | (other & other >> 16) != 0
}

/// The first digits of runs that hold something readable: those of the bytes that texts
/// start with, and those of hexadecimal text.
const FIRST: [bool; 256] = {
    let mut first = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        first[byte] = matches!(byte as u8,
            b'C' | b'D' | b'I'..=b'Z' | b'a'..=b'f' | b'0'..=b'7');
        byte += 1;
    }
    first
};

/// Looks for runs of which the row at `place` is the first that lies whole in them.
fn look(
    hay: &[u8],
    place: usize,
    row: &[u8; ROW],
    starts: &Range<usize>,
    hit: &mut impl FnMut(usize, Trigger),
) {
    if !may_be_text(row) {
        return;
    }
    let is_other = |&b: &u8| CLASSES[usize::from(b)] == Class::None;
    if row.iter().fold(false, |any, b| any | is_other(b)) {
        return;
    }
    // What belongs to an escape before the run may keep the row before from being one.
    let from = place.saturating_sub(ROW + 5).max(starts.start);
    for at in (from..=place).rev() {
        let byte = hay[at];
        if is_other(&byte) {
            break;
        }
        let previous = at.checked_sub(1).map_or(b' ', |before| hay[before]);
        let is_start = CLASSES[usize::from(previous)] != Class::Alnum
            && (FIRST[usize::from(byte)] || previous == b'\\');
        if is_start
            && at < starts.end
            && CLASSES[usize::from(byte)] == Class::Alnum
            && let Some(trigger) = starts_run(hay, at)
        {
            hit(at, trigger);
        }
    }
}

/// Whether a run that decodes to something readable starts at `at`, where a word starts.
fn starts_run(hay: &[u8], at: usize) -> Option<Trigger> {
    let start = at + escape_before(hay, at);
    let row = hay.get(start..start + MIN)?;
    // Most end here: random bytes, words and names. The second byte is asked first, as the
    // first digit has told most about the first.
    let bits = u32::from(value(row[1])?) << 12 | u32::from(value(row[2])?) << 6;
    let second = (bits >> 8) as u8;
    let is_possible = matches!(second, b' '..=b'~' | b'\t' | b'\n' | b'\r' | 0);
    if !is_possible && !row[..4].iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    if row.iter().all(u8::is_ascii_hexdigit) && is_text(&from_hex(row)) {
        return Some(Trigger::Hex);
    }
    let mut head = [0; MIN / 4 * 3];
    if !decode_row(row, &mut head) {
        return None;
    }
    let readable = is_text(&head) || is_wide(&head);
    let fits = readable && !is_mixed(row) && !continues(hay, start);
    fits.then_some(Trigger::Base64)
}

/// How many of the digits at `at` belong to an escape before the run: `\n`, `\u003d`,
/// `\x3d`, `%3D`; or to a `0x`.
pub(super) fn escape_before(hay: &[u8], at: usize) -> usize {
    let before = at.checked_sub(1).map_or(0, |before| hay[before]);
    let rest = &hay[at..];
    let hex = |from: usize, to: usize| {
        rest.get(from..to)
            .is_some_and(|row| row.iter().all(u8::is_ascii_hexdigit))
    };
    match (before, rest.first()) {
        (b'\\', Some(b'n' | b'r' | b't')) => 1,
        (b'\\', Some(b'u')) if hex(1, 5) => 5,
        (b'\\', Some(b'x')) if hex(1, 3) => 3,
        (b'%', _) if hex(0, 2) => 2,
        (_, Some(b'0')) if rest.get(1) == Some(&b'x') && hex(2, 2 + MIN) => 2,
        _ => 0,
    }
}

/// Whether the run goes on from before: the digits there, or those on the line before,
/// decode to text as well.
fn continues(hay: &[u8], at: usize) -> bool {
    let mut end = at;
    while end > 0 && at - end < 48 && matches!(hay[end - 1], b' ' | b'\t' | b'\r' | b'\n') {
        end -= 1;
    }
    if end != at && !hay[end..at].contains(&b'\n') {
        return false;
    }
    let Some(row) = end.checked_sub(BEFORE).map(|from| &hay[from..end]) else {
        return false;
    };
    let mut text = [0; BEFORE / 4 * 3];
    decode_row(row, &mut text) && is_text(&text)
}

/// Decodes whole groups of four digits; false if there is another byte among them.
fn decode_row(row: &[u8], out: &mut [u8]) -> bool {
    let (groups, _) = row.as_chunks::<4>();
    let (places, _) = out.as_chunks_mut::<3>();
    for (group, place) in groups.iter().zip(places) {
        let mut bits = 0u32;
        for &byte in group {
            let Some(value) = value(byte) else {
                return false;
            };
            bits = bits << 6 | u32::from(value);
        }
        let [_, a, b, c] = bits.to_be_bytes();
        *place = [a, b, c];
    }
    true
}

/// Whether the bytes could be the start of a text.
pub(super) fn is_text(head: &[u8]) -> bool {
    head.iter()
        .all(|&b| matches!(b, b' '..=b'~' | b'\t' | b'\n' | b'\r'))
}

/// Whether the bytes could be the start of a text in UTF-16.
pub(super) fn is_wide(head: &[u8]) -> bool {
    let (pairs, _) = head.as_chunks::<2>();
    pairs
        .iter()
        .all(|&[low, high]| high == 0 && is_text(&[low]))
}

fn from_hex(row: &[u8]) -> Vec<u8> {
    let digit = |b: u8| (b as char).to_digit(16).unwrap_or(0) as u8;
    let (pairs, _) = row.as_chunks::<2>();
    pairs
        .iter()
        .map(|&[a, b]| digit(a) << 4 | digit(b))
        .collect()
}

/// Decodes the hexadecimal run at `at`.
pub(super) fn decode_hex(hay: &[u8], at: usize) -> Option<Layer> {
    let start = at + escape_before(hay, at);
    let rest = &hay[start..hay.len().min(start + MAX_RUN)];
    let length = rest
        .iter()
        .position(|b| !b.is_ascii_hexdigit())
        .unwrap_or(rest.len());
    let text = from_hex(&rest[..length]);
    if text.len() < MIN / 2 {
        return None;
    }
    let mut map = SpanMap::new();
    for _ in 0..text.len() {
        map.push(1, 2);
    }
    let mut layer = Layer::new(start, Codec::Hex, text, map);
    layer.cut.1 = length == MAX_RUN;
    Some(layer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(hay: &str) -> Vec<(usize, Trigger)> {
        let mut all = Vec::new();
        find(hay.as_bytes(), 0..hay.len(), &mut |at, trigger| {
            all.push((at, trigger))
        });
        all.sort_unstable();
        all.dedup();
        all
    }

    #[test]
    fn only_runs_that_hold_text_are_found() {
        // "user: someone, word: other"
        let text = "dXNlcjogc29tZW9uZSwgd29yZDogb3RoZXI=";
        let hex = "757365723a20736f6d656f6e652c20776f72643a206f74686572";
        for (hay, expected) in [
            (text.to_owned(), vec![(0, Trigger::Base64)]),
            (format!("x = \"{text}\""), vec![(5, Trigger::Base64)]),
            (
                format!("data:text/plain;base64,{text}"),
                vec![(23, Trigger::Base64)],
            ),
            (format!("/confirm/{text}"), vec![(9, Trigger::Base64)]),
            (format!("0x{hex}"), vec![(0, Trigger::Hex)]),
            (format!("a\\n{text}"), vec![(2, Trigger::Base64)]),
            ("org/springframework/boot/autoconfigure".to_owned(), vec![]),
            (
                "AbstractAnnotationConfigDispatcherServletInitializer".to_owned(),
                vec![],
            ),
            (
                "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822c".to_owned(),
                vec![],
            ),
            (
                "H4sIAAAAAAAAA8tIzcnJVyjPL8pJAQCFEUoNCwAAAA".to_owned(),
                vec![],
            ),
            (
                "aABlAGwAbABvACAAdwBvAHIAbABkACAAaABlAGwA".to_owned(),
                vec![(0, Trigger::Base64)],
            ),
        ] {
            assert_eq!(found(&hay), expected, "{hay}");
            for shift in 1..17 {
                let moved: Vec<_> = found(&format!("{}{hay}", " ".repeat(shift)));
                let expected: Vec<_> = expected.iter().map(|(at, t)| (at + shift, *t)).collect();
                assert_eq!(moved, expected, "{hay} moved by {shift}");
            }
        }
    }

    #[test]
    fn a_line_that_goes_on_starts_no_run() {
        let row = "dXNlcjogc29tZW9uZSwgd29yZDogb3RoZXIg".repeat(2);
        assert_eq!(
            found(&format!("{row}\n  {row}\n{row}")),
            [(0, Trigger::Base64)]
        );
    }
}
