//! Texts by people and parsers hold no values: somebody may have named another file than
//! was meant, or a job after a token.

/// The shortest run of letters and digits that may be a value.
const LONG: usize = 16;

/// The text with stars for what may be a value.
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
        if word.len() >= LONG && is_random && has(char::is_ascii_alphanumeric) {
            out.extend(std::iter::repeat_n('*', word.len()));
        } else {
            out.push_str(word);
        }
        rest = after;
    }
    out + rest
}
