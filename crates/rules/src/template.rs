//! Examples are templates, so that no rule file holds anything that looks live.

use sluicegate_core::checksum::{crc32_base36, crc32_base62};

/// An example, assembled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expanded {
    /// The text.
    pub text: String,
    /// The bytes between the marks `@{<}` and `@{>}`, half open.
    pub marked: Option<(usize, usize)>,
}

/// Assembles an example; `rules/README.md` lists what may stand in `@{…}`. The same
/// `seed` always gives the same text.
///
/// # Errors
///
/// What is wrong with the template.
///
/// ```
/// use sluicegate_rules::expand;
///
/// let example = expand("token = @{<}acme_@{hex 8}@{>}", "acme-token")?;
/// assert_eq!(example.text.len(), "token = acme_".len() + 8);
/// assert_eq!(example.marked, Some((8, 21)));
/// # Ok::<(), String>(())
/// ```
pub fn expand(template: &str, seed: &str) -> Result<Expanded, String> {
    let mut random = Random::new(seed);
    let mut text = String::with_capacity(template.len() * 2);
    let (mut start, mut end) = (None, None);
    let mut rest = template;
    while let Some(at) = rest.find("@{") {
        text.push_str(&rest[..at]);
        let (directive, after) = balanced(&rest[at + 2..])
            .ok_or_else(|| format!("`@{{` without its `}}` in `{template}`"))?;
        match directive {
            "<" => start = Some(text.len()),
            ">" => end = Some(text.len()),
            _ => directive_text(directive, &mut random, &mut text)?,
        }
        rest = after;
    }
    text.push_str(rest);
    let marked = match (start, end) {
        (Some(start), Some(end)) if start < end => Some((start, end)),
        (None, None) => None,
        _ => {
            return Err(format!(
                "`@{{<}}` and `@{{>}}` do not mark anything in `{template}`"
            ));
        }
    };
    Ok(Expanded { text, marked })
}

/// Splits at the closing brace, letting inner ones pair up.
fn balanced(text: &str) -> Option<(&str, &str)> {
    let mut depth = 0usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 0 => return Some((&text[..at], &text[at + 1..])),
            b'}' => depth -= 1,
            _ => {}
        }
    }
    None
}

const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGIT: &str = "0123456789";

fn alphabet(name: &str) -> Option<String> {
    Some(match name {
        "digit" => DIGIT.to_owned(),
        "lower" => LOWER.to_owned(),
        "upper" => UPPER.to_owned(),
        "alpha" => [LOWER, UPPER].concat(),
        "alnum" => [DIGIT, UPPER, LOWER].concat(),
        "lowernum" => [DIGIT, LOWER].concat(),
        "uppernum" => [DIGIT, UPPER].concat(),
        "hex" => "0123456789abcdef".to_owned(),
        "hexupper" => "0123456789ABCDEF".to_owned(),
        "base32" => [UPPER, "234567"].concat(),
        "base58" => "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz".to_owned(),
        "base64" => [DIGIT, UPPER, LOWER, "+/"].concat(),
        "base64url" => [DIGIT, UPPER, LOWER, "-_"].concat(),
        _ => return None,
    })
}

fn directive_text(directive: &str, random: &mut Random, out: &mut String) -> Result<(), String> {
    let (word, argument) = directive.split_once(' ').unwrap_or((directive, ""));
    let count = |text: &str| {
        text.trim()
            .parse::<usize>()
            .ok()
            .filter(|n| *n <= 65536)
            .ok_or_else(|| format!("`@{{{directive}}}` needs a number of at most 65536"))
    };
    if let Some(alphabet) = alphabet(word) {
        random.fill(&alphabet, count(argument)?, out);
        return Ok(());
    }
    match word {
        "" => {}
        "uuid" => {
            for (part, length) in [8, 4, 4, 4, 12].into_iter().enumerate() {
                if part > 0 {
                    out.push('-');
                }
                random.fill("0123456789abcdef", length, out);
            }
        }
        "crc32-base62" => {
            let start = out.len();
            random.fill(&[DIGIT, UPPER, LOWER].concat(), count(argument)?, out);
            let digits = crc32_base62(&out.as_bytes()[start..]);
            out.extend(digits.map(char::from));
        }
        "gitlab-routable" => {
            let (prefix, length) = argument
                .split_once(' ')
                .ok_or_else(|| format!("`@{{{directive}}}` needs a prefix and a number"))?;
            let length = count(length)?.min(35 * 36);
            let start = out.len();
            out.push_str(prefix);
            random.fill(&[DIGIT, UPPER, LOWER, "-_"].concat(), length, out);
            let digit = |n: usize| char::from(b"0123456789abcdefghijklmnopqrstuvwxyz"[n % 36]);
            out.push_str(".01.");
            out.extend([digit(length / 36), digit(length)]);
            let digits = crc32_base36(&out.as_bytes()[start..]);
            out.extend(digits.map(char::from));
        }
        "aws-key-id" => {
            // The first bit of the account number is the second of the first digit;
            // a digit below 8 keeps the number under a million million.
            random.fill("ABCDEFGH", 1, out);
            random.fill(&[UPPER, "234567"].concat(), 15, out);
        }
        "repeat" => {
            let (text, times) = argument
                .rsplit_once(' ')
                .ok_or_else(|| format!("`@{{{directive}}}` needs a text and a number"))?;
            out.push_str(&text.repeat(count(times)?));
        }
        "join" => out.extend(argument.split(' ')),
        "base64-of" => encode(argument.as_bytes(), false, out),
        "base64url-of" => encode(argument.as_bytes(), true, out),
        "pem" => pem(argument, random, out)
            .ok_or_else(|| format!("`@{{{directive}}}` needs a label and a number"))?,
        _ => {
            return Err(format!(
                "`@{{{directive}}}` is nothing that an example can hold"
            ));
        }
    }
    Ok(())
}

fn pem(argument: &str, random: &mut Random, out: &mut String) -> Option<()> {
    let (label, lines) = argument.rsplit_once(' ')?;
    let lines: usize = lines.parse().ok().filter(|n| *n <= 1000)?;
    out.push_str(&format!("-----BEGIN {label}-----\n"));
    for _ in 0..lines {
        random.fill(&alphabet("base64")?, 64, out);
        out.push('\n');
    }
    out.push_str(&format!("-----END {label}-----"));
    Some(())
}

fn encode(bytes: &[u8], url: bool, out: &mut String) {
    let digits = alphabet(if url { "base64url" } else { "base64" }).unwrap_or_default();
    // The standard's order is letters first; the generator's alphabets start with digits.
    let standard = [UPPER, LOWER, DIGIT, &digits[62..]].concat();
    for chunk in bytes.chunks(3) {
        let mut group = [0; 3];
        group[..chunk.len()].copy_from_slice(chunk);
        let bits = u32::from_be_bytes([0, group[0], group[1], group[2]]);
        for place in 0..4 {
            if place <= chunk.len() {
                let digit = bits >> (18 - 6 * place) & 63;
                out.push(char::from(standard.as_bytes()[digit as usize]));
            } else if !url {
                out.push('=');
            }
        }
    }
}

/// SplitMix64 (Steele, Lea and Flood, 2014): small, and the same on every machine.
struct Random(u64);

impl Random {
    fn new(seed: &str) -> Self {
        // FNV-1a, so that seeds that differ in one letter give different streams.
        let state = seed.bytes().fold(0xCBF2_9CE4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
        });
        Self(state)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn fill(&mut self, alphabet: &str, count: usize, out: &mut String) {
        for _ in 0..count {
            let digit = (self.next() % alphabet.len() as u64) as usize;
            out.push(char::from(alphabet.as_bytes()[digit]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(template: &str) -> String {
        expand(template, "seed").expect("a good template").text
    }

    #[test]
    fn templates_become_text() {
        assert_eq!(text("a@{}b"), "ab");
        assert_eq!(text("@{repeat ab 3}"), "ababab");
        assert_eq!(text("@{join AK IA}"), "AKIA");
        assert_eq!(text(r#"@{base64-of {"a":1}}"#), "eyJhIjoxfQ==");
        assert_eq!(text("@{base64url-of ab}"), "YWI");
        assert_eq!(text("@{uuid}").len(), 36);
        assert_eq!(text("@{hex 40}"), text("@{hex 40}"));
        assert_ne!(
            text("@{hex 40}"),
            expand("@{hex 40}", "other").expect("good").text
        );
        assert!(text("@{pem RSA PRIVATE KEY 2}").starts_with("-----BEGIN RSA PRIVATE KEY-----\n"));
    }

    #[test]
    fn bad_templates_are_errors() {
        for template in [
            "@{hex}",
            "@{nothing 3}",
            "@{hex 3",
            "@{<}",
            "@{repeat x}",
            "@{hex 999999}",
        ] {
            assert!(expand(template, "seed").is_err(), "{template}");
        }
    }
}
