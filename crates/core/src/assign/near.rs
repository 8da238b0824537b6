//! What stands near an assignment: the rest of a login.

use super::value::is_uuid;
use super::words::COMPANIONS;
use crate::span::Span;

/// How far companions are looked for on either side, in bytes.
pub(super) const REACH: usize = 160;

/// Whether something is set to a user, a host or an address near by.
///
/// A word of that kind counts where a sign of an assignment follows it.
pub(super) fn has_companion(hay: &[u8], place: Span) -> bool {
    let (before, after) = around(hay, place);
    holds(before) || holds(after)
}

/// Whether texts for people stand near by, as in the messages of a program: two quoted
/// strings with a blank between letters.
pub(super) fn has_texts(hay: &[u8], place: Span) -> bool {
    let (before, after) = around(hay, place);
    texts(before) + texts(after) >= 2
}

/// What stands on either side of a place.
pub(super) fn around(hay: &[u8], place: Span) -> (&[u8], &[u8]) {
    (
        &hay[place.start.saturating_sub(REACH)..place.start],
        &hay[place.end..hay.len().min(place.end + REACH)],
    )
}

/// How many UUIDs stand near by.
pub(super) fn uuids(hay: &[u8], place: Span) -> usize {
    let (before, after) = around(hay, place);
    let count = |text: &[u8]| {
        text.split(|b| !b.is_ascii_hexdigit() && *b != b'-')
            .filter(|word| is_uuid(word))
            .count()
    };
    count(before) + count(after)
}

fn texts(stretch: &[u8]) -> usize {
    let is_letter = |b: u8| b.is_ascii_alphabetic() || b >= 0x80;
    // On one line, what stands between two quotes; the pieces between strings hold signs.
    let pieces = stretch.split(|b| matches!(b, b'"' | b'\'' | b'\n'));
    pieces
        .filter(|piece| {
            let blanks = piece.windows(3).filter(|w| w[1] == b' ');
            let words = blanks
                .filter(|w| is_letter(w[0]) && is_letter(w[2]))
                .count();
            words >= 1 && !piece.contains(&b'=')
        })
        .count()
}

fn holds(text: &[u8]) -> bool {
    let signs = memchr::memchr2_iter(b'=', b':', text);
    signs.into_iter().any(|sign| {
        let before = text[..sign].trim_ascii_end();
        let before = before
            .strip_suffix(b"\"")
            .or(before.strip_suffix(b"'"))
            .unwrap_or(before);
        let length = before
            .iter()
            .rev()
            .take_while(|b| b.is_ascii_alphanumeric() || **b == b'_')
            .count();
        let word = &before[before.len() - length..];
        COMPANIONS.iter().any(|known| {
            word.len() >= known.len()
                && word[word.len() - known.len()..].eq_ignore_ascii_case(known.as_bytes())
                && (word.len() == known.len()
                    || known.len() >= 4
                    || word[word.len() - known.len() - 1] == b'_')
        })
    })
}
