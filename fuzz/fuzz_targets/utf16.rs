//! Any bytes as UTF-16: every decoded character maps back to the bytes it came from.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sluicegate_core::Span;
use sluicegate_core::text::{decode_utf16, encoding};

fuzz_target!(|data: &[u8]| {
    let _ = encoding(data);
    for big_endian in [false, true] {
        let (decoded, map) = decode_utf16(data, big_endian);
        let text = std::str::from_utf8(&decoded).expect("what is decoded is UTF-8");
        let mut last_end = 0;
        for (at, character) in text.char_indices() {
            let end = at + character.len_utf8();
            let from = map.original(Span::new(at, end));
            assert!(
                last_end <= from.start && from.end <= data.len(),
                "{from:?} for {at}..{end}"
            );
            assert_eq!(from.len(), character.len_utf16() * 2);
            last_end = from.end;
            for inner in at..end {
                assert_eq!(map.original(Span::new(inner, inner + 1)), from);
            }
            let units = from.of(data).chunks_exact(2).map(|pair| {
                let pair = [pair[0], pair[1]];
                if big_endian {
                    u16::from_be_bytes(pair)
                } else {
                    u16::from_le_bytes(pair)
                }
            });
            let back: Vec<char> = char::decode_utf16(units)
                .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
                .collect();
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
