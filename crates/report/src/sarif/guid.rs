//! Identifiers in the forms that SARIF asks for, made from fingerprints.

use std::fmt::Write as _;

/// A GUID that is the same wherever the fingerprint is the same: its first 32 digits,
/// with version 5 (name-based) and the variant set, as RFC 9562 has it.
pub(super) fn guid(fingerprint: &str) -> String {
    let mut digits = [b'0'; 32];
    let hex = fingerprint.bytes().filter(u8::is_ascii_hexdigit);
    for (digit, byte) in digits.iter_mut().zip(hex) {
        *digit = byte.to_ascii_lowercase();
    }
    digits[12] = b'5';
    digits[16] = match digits[16] {
        b'0' | b'4' | b'8' | b'c' => b'8',
        b'1' | b'5' | b'9' | b'd' => b'9',
        b'2' | b'6' | b'a' | b'e' => b'a',
        _ => b'b',
    };
    let mut out = String::with_capacity(36);
    for (at, digit) in digits.into_iter().enumerate() {
        if matches!(at, 8 | 12 | 16 | 20) {
            out.push('-');
        }
        out.push(char::from(digit));
    }
    out
}

/// Tells a result apart from the others in its file, and stays when lines move: made
/// from the fingerprint, which is keyed, and never from the line, which could be guessed
/// from a plain hash. `ordinal` counts the occurrences of the finding in the file from 1.
pub(crate) fn line_hash(fingerprint: &str, path: &str, ordinal: usize) -> String {
    // FNV-1a: 64 bits tell results apart well enough, and nothing depends on them more.
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in fingerprint.bytes().chain([0]).chain(path.bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    let mut out = String::with_capacity(20);
    write!(out, "{hash:016x}:{ordinal}").expect("writing to a string does not fail");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_gives_one_well_formed_guid() {
        for (fingerprint, want) in [
            (
                "0123456789abcdef0123456789abcdef",
                "01234567-89ab-5def-8123-456789abcdef",
            ),
            (
                "ffffffffffffffffffffffffffffffffff",
                "ffffffff-ffff-5fff-bfff-ffffffffffff",
            ),
            ("abc", "abc00000-0000-5000-8000-000000000000"),
        ] {
            assert_eq!(guid(fingerprint), want);
        }
    }

    #[test]
    fn line_hashes_differ_by_finding_file_and_ordinal() {
        let hashes = [
            line_hash("aa", "x", 1),
            line_hash("aa", "x", 2),
            line_hash("aa", "y", 1),
            line_hash("ab", "x", 1),
            line_hash("a", "ax", 1),
        ];
        for (at, hash) in hashes.iter().enumerate() {
            assert!(!hashes[..at].contains(hash), "{hash}");
        }
        assert_eq!(hashes[0], line_hash("aa", "x", 1));
    }
}
