//! UTF-16 text in binary files: every second byte is zero.

use std::ops::Range;

use super::digits::is_text;
use super::{Codec, Layer, MAX_RUN};
use crate::map::SpanMap;

/// The fewest characters that are looked at.
const MIN: usize = 8;

/// Calls `hit` with the runs that start in `starts`.
pub(super) fn find(hay: &[u8], starts: Range<usize>, mut hit: impl FnMut(usize)) {
    let end = hay.len().min(starts.end.saturating_add(MIN * 2 + 8));
    let Some(stretch) = hay.get(starts.start..end) else {
        return;
    };
    // Text has no zeros, and this is asked about all of it.
    if memchr::memchr(0, stretch).is_none() {
        return;
    }
    let (words, _) = stretch.as_chunks::<8>();
    for (number, word) in words.iter().enumerate() {
        let is = |first: usize| {
            (0..4).all(|n| (word[2 * n + first] == 0) && word[2 * n + 1 - first] != 0)
        };
        if !is(0) && !is(1) {
            continue;
        }
        // A run of eight pairs fills a word; if it is not the first one that it fills, the
        // start lies farther back.
        let word = starts.start + number * 8;
        for at in (word.saturating_sub(7).max(starts.start)..=word + 1).rev() {
            let is_first = at < 2 || !pair(hay, at - 2);
            if starts.contains(&at) && is_first && (0..MIN).all(|n| pair(hay, at + 2 * n)) {
                hit(at);
                break;
            }
        }
    }
}

fn pair(hay: &[u8], at: usize) -> bool {
    matches!(hay.get(at..at + 2), Some([low, 0]) if is_text(&[*low]))
}

/// Decodes the run at `at`.
pub(super) fn decode(hay: &[u8], at: usize) -> Option<Layer> {
    let end = hay.len().min(at + MAX_RUN);
    let mut text = Vec::new();
    let mut map = SpanMap::new();
    let mut from = at;
    while from < end && pair(hay, from) {
        text.push(hay[from]);
        map.push(1, 2);
        from += 2;
    }
    let mut layer = Layer::new(at, Codec::Utf16, text, map);
    layer.cut.1 = from >= end && pair(hay, from);
    Some(layer).filter(|layer| layer.text.len() >= MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_found_at_any_offset_once() {
        let wide: Vec<u8> = "some words here".bytes().flat_map(|b| [b, 0]).collect();
        for before in 0..20 {
            let hay = [&vec![0xFF; before][..], &wide, &[0xFF; 9]].concat();
            let mut all = Vec::new();
            find(&hay, 0..hay.len(), |at| all.push(at));
            all.dedup();
            assert_eq!(all, [before]);
            let layer = decode(&hay, before).expect("a run");
            assert_eq!(layer.text, b"some words here");
        }
    }
}
