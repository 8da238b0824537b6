//! Texts by people and parsers hold no values: somebody may have named another file than
//! was meant, or a job after a token.

/// The shortest run of letters and digits that may be a value.
const LONG: usize = 16;

/// The most digits that a name of words has, as in `OAUTH2_CLIENT_V2`.
const FEW_DIGITS: usize = 2;

/// The shortest word of a name in camel case.
const SHORTEST: usize = 3;

/// The text with stars for what may be a value. Names made of words stay, such as
/// `AWS_SECRET_ACCESS_KEY` and `deployProduction`: who cannot read them cannot mend anything.
///
/// ```
/// let word = ["4f0c2e", "77A1b9", "d05c2e"].concat();
/// let shown = sluicegate_core::without_values(&format!("unknown field `{word}`"));
/// assert_eq!(shown, format!("unknown field `{}`", "*".repeat(18)));
/// assert_eq!(sluicegate_core::without_values("unknown_field_name"), "unknown_field_name");
/// ```
pub fn without_values(text: &str) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '_' | '=' | '%');
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_part) {
        let (before, word) = rest.split_at(start);
        let end = word.find(|c| !is_part(c)).unwrap_or(word.len());
        let (word, after) = word.split_at(end);
        out.push_str(before);
        let has = |test: fn(&char) -> bool| word.chars().any(|c| test(&c));
        let is_random = has(char::is_ascii_digit) || has(char::is_ascii_uppercase);
        if word.len() >= LONG && is_random && !is_name(word) {
            out.extend(std::iter::repeat_n('*', word.len()));
        } else {
            out.push_str(word);
        }
        rest = after;
    }
    out + rest
}

/// Whether it is made of words as names are: in one case between low lines, or in camel case.
fn is_name(word: &str) -> bool {
    let mut parts = word.split('_').filter(|part| !part.is_empty());
    word.bytes().filter(u8::is_ascii_digit).count() <= FEW_DIGITS && parts.all(is_words)
}

/// Letters, with or without digits behind them.
fn is_words(part: &str) -> bool {
    let part = part.trim_end_matches(|c: char| c.is_ascii_digit());
    if part.bytes().all(|b| b.is_ascii_uppercase()) {
        return part.len() < LONG;
    }
    // A capital begins a word; what is random has short ones.
    let mut length = SHORTEST;
    for byte in part.bytes() {
        match byte {
            b'A'..=b'Z' if length < SHORTEST => return false,
            b'A'..=b'Z' => length = 1,
            b'a'..=b'z' => length += 1,
            _ => return false,
        }
    }
    length >= SHORTEST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_words_stay_and_what_is_random_does_not() {
        for name in [
            "AWS_SECRET_ACCESS_KEY",
            "env `CYPRESS_RECORD_KEY` of job `e2e`",
            "OAUTH2_CLIENT_SECRET",
            "deployProductionEverywhere",
            "UpdateChallengesWebsite",
            "a_name_of_words_without_end",
        ] {
            assert_eq!(without_values(name), name);
        }
        for parts in [
            ["QNZGKIQYRT", "JQWMLKAB"],
            ["GHCR_a8dK", "q0Zw3nXv9"],
            ["AB12_CD34_", "EF56_GH78"],
            ["kQzRtWmPxL", "vBnHsDfJg"],
            ["c2VjcmV0IG9m", "dGhlIG9mZmljZQ=="],
        ] {
            let value = parts.concat();
            assert_eq!(without_values(&value), "*".repeat(value.len()), "{value}");
        }
    }
}
