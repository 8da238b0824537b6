//! Any bytes as UTF-16 and UTF-32: every decoded character maps back to the bytes it came from.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sluicegate_core::Span;
use sluicegate_core::text::{Wide, decode, encoding};

fuzz_target!(|data: &[u8]| {
    let _ = encoding(data);
    for wide in [Wide::Utf16Le, Wide::Utf16Be, Wide::Utf32Le, Wide::Utf32Be] {
        let (decoded, map) = decode(data, wide);
        let text = std::str::from_utf8(&decoded).expect("what is decoded is UTF-8");
        let mut last_end = 0;
        for (at, character) in text.char_indices() {
            let end = at + character.len_utf8();
            let from = map.original(Span::new(at, end));
            assert!(
                last_end <= from.start && from.end <= data.len(),
                "{from:?} for {at}..{end}"
            );
            let units = match wide {
                Wide::Utf16Le | Wide::Utf16Be => character.len_utf16(),
                Wide::Utf32Le | Wide::Utf32Be => 1,
            };
            assert_eq!(from.len(), units * wide.width());
            last_end = from.end;
            for inner in at..end {
                assert_eq!(map.original(Span::new(inner, inner + 1)), from);
            }
            let units = wide.units(from.of(data));
            let back: Vec<char> = if wide.width() == 4 {
                units
                    .map(|unit| char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER))
                    .collect()
            } else {
                char::decode_utf16(units.map(|unit| unit as u16))
                    .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
                    .collect()
            };
            assert_eq!(back, [character]);
        }
        let all = map.original(Span::new(0, decoded.len()));
        assert!(all.end <= data.len());
        for at in 0..=decoded.len() {
            let empty = map.original(Span::new(at, at));
            assert!(
                empty.is_empty() && empty.end <= data.len(),
                "{empty:?} for {at}"
            );
        }
    }
});
