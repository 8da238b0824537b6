//! Texts in programs stand without anything between them: linkers put those of Go and Rust
//! one behind the other, and the program knows where each starts and how long it is.
//!
//! A token that says by itself where it starts and ends can still be told there. What must
//! not be taken for one is a stretch of something random, in which any few letters come up.

use super::entropy;
use crate::model;
use crate::span::Span;

/// So many bytes on each side are looked at. Another token may stand behind a short word, so
/// they are few; and noise has to look like words on both sides to be taken for a token.
const AROUND: usize = 8;

/// What tokens start with is known and left out, if it ends within so many bytes.
const START: usize = 12;

/// How random a token has to look, in bits per byte. Names that compilers make are at -1.4
/// and above, the tokens of most providers at -2 and below, with many bytes of each.
const RANDOM: f32 = -1.6;

/// Bits per byte that tokens have more of. Sixteen different hexadecimal digits have 4.
const LEAST_ENTROPY: f32 = 2.8;

/// Whether the token looks like one, and neither side of it like more of the same.
pub(crate) fn stands_alone(hay: &[u8], secret: Span) -> bool {
    let value = secret.of(hay);
    let start = &value[..value.len().min(START)];
    let known = start.iter().rposition(|b| !b.is_ascii_alphanumeric());
    let random = &value[known.map_or(4, |at| at + 1)..];
    let end = hay.len().min(secret.end + AROUND);
    let before = &hay[secret.start.saturating_sub(AROUND)..secret.start];
    let after = &hay[secret.end..end];
    let is_other = |b: &u8| !b.is_ascii_alphanumeric();
    let first = before.iter().rposition(is_other).map_or(0, |at| at + 1);
    let last = after.iter().position(is_other).unwrap_or(after.len());
    random.iter().any(u8::is_ascii_digit)
        && entropy(random) >= LEAST_ENTROPY
        && model::word_bits(random) < RANDOM * random.len() as f32
        && !is_random(&before[first..])
        && !is_random(&after[..last])
}

fn is_random(row: &[u8]) -> bool {
    row.len() == AROUND && model::word_bits(row) < 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    // sluice:allow made up
    const TOKEN: &str = "acme_3f9Kd02LmQxZ81vBt7Yw";
    const NOISE: &str = "q8Zr3kT1vNxP0sLw7Bd2QmYc5HjF9aGu4EiKoR6tVnXzW3pS1yM8bC";

    #[test]
    fn tokens_between_texts_are_told_from_stretches_of_noise() {
        let words = "AcceptAuthorizationContent-EncodingContent-LanguageTransfer-EncodingUser";
        for (before, token, after, expected) in [
            (
                "invalid request header",
                TOKEN,
                "timeout awaiting response",
                true,
            ),
            (words, TOKEN, words, true),
            ("", TOKEN, "", true),
            ("x9Kf2", TOKEN, "8Zr3kT", true),
            (NOISE, TOKEN, words, false),
            (words, TOKEN, NOISE, false),
            (words, "acme_internal11GraphCycles3PtrENS1", words, false),
            (
                "St17_Fun",
                "acme_3E9_M_invokeERKSt9_Any_data",
                "S3_.cold",
                false,
            ),
            ("e", "acme_live_regs13function_info31calc", "nfoE", false),
            ("name", "acme_somethingWithoutDigits", "name", false),
            ("name", "acme_00000000000000000000", "name", false),
        ] {
            let hay = [before, token, after].concat();
            let secret = Span::new(before.len(), before.len() + token.len());
            assert_eq!(stands_alone(hay.as_bytes(), secret), expected, "{hay}");
        }
    }
}
