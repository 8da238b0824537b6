//! Tokens that are no secrets: where a list goes on, which state of the data was read.
//! Services keep that in Protocol Buffers and hand them out in base64.

use crate::filter::checksum::decode_base64;

/// The shortest message that is told from other bytes.
const SHORTEST: usize = 4;

/// How deep messages lie in each other at most.
const DEPTH: u8 = 4;

/// Whether the value is base64 of a message in the wire format of Protocol Buffers, made of
/// numbers and texts alone. In one random value of thousands the bytes happen to say so.
pub(super) fn is_message(value: &[u8]) -> bool {
    // The tags of the first fields, as base64 writes them.
    let starts = matches!(value.first(), Some(b'C' | b'E' | b'G' | b'I'));
    starts
        && value.len() <= 512
        && decode_base64(value).is_some_and(|plain| plain.len() >= SHORTEST && parses(&plain, 0))
}

fn parses(bytes: &[u8], depth: u8) -> bool {
    let mut rest = bytes;
    while let Some((&tag, behind)) = rest.split_first() {
        // Fields 1 to 6, of numbers or of bytes with a length.
        let (field, wire) = (tag >> 3, tag & 7);
        let Some((number, length)) = varint(behind) else {
            return false;
        };
        rest = &behind[length..];
        match wire {
            0 => {}
            2 => {
                let inner = usize::try_from(number).unwrap_or(usize::MAX);
                if inner == 0 || inner > rest.len() {
                    return false;
                }
                let (content, behind) = rest.split_at(inner);
                let is_text = content.iter().all(u8::is_ascii_graphic);
                if !is_text && (depth == DEPTH || !parses(content, depth + 1)) {
                    return false;
                }
                rest = behind;
            }
            _ => return false,
        }
        if !(1..=6).contains(&field) {
            return false;
        }
    }
    true
}

/// A number in groups of seven bits, and how many bytes it takes: at most 6.
fn varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut number = 0;
    for (at, byte) in bytes.iter().take(6).enumerate() {
        number |= u64::from(byte & 0x7F) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((number, at + 1));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_told_from_random_bytes() {
        for text in [
            "CAESAggB",
            "CAIaAwoBMA==",
            "Gg4KAjQyEghzb21ldW5pcQ==",
            "GhUKEzE3NTE1NjYwMjUwMDAwMDAwMDA=",
            "ChUKATESAWESAWISAWMaB2Fub3RoZXI=",
            "Cg0KATEaCHNvbWVoYXNo",
        ] {
            assert!(is_message(text.as_bytes()), "{text}");
        }
        for text in [
            "CAESIJ3k9Qz7Lw2mXb8RtY5vNcH1pD6fGsA0uKeWoZiM4qTx",
            "GhUKq8Zr3kT1vNw5Yb2LmC7x",
            "CzZCaGRSa3F0MzpnWDFmQmF0M2JW",
            "IvkXk2uQ9wLmB7Zp",
            "Ej8dKq0Z",
        ] {
            assert!(!is_message(text.as_bytes()), "{text}");
        }
        // Of 20,000 values that a generator makes few are taken for messages.
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        let mut random = |most: u64| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state % most
        };
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let taken = (0..20_000).filter(|_| {
            let text: Vec<u8> = (0..20).map(|_| alphabet[random(64) as usize]).collect();
            is_message(&text)
        });
        assert!(taken.count() <= 4);
    }
}
