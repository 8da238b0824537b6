//! The pattern of a value after a name, in the forms that people write.

/// Words after which a blank is as good as an operator: `--account-key VALUE`.
const LAST_WORDS: &[&str] = &["key", "token", "secret", "password", "pass", "auth"];

/// Joins the names and the value's pattern.
///
/// Between them: the rest of the name (`DATADOG` `_api_key`), closing quotes and
/// brackets, an operator (`=`, `:`, `=>`, `:=`, a comma of a call, `>` of XML, an
/// opening parenthesis, or a blank after a word such as `key`) and up to one opening
/// quote, or one of the schemes that stand before a value in a header. All on one
/// line, and all bounded: at most 80 bytes.
pub(super) fn join(names: &[String], value: &str) -> String {
    let words = LAST_WORDS.join("|");
    let glue = r#"[ \t\w.\-"'`\[\])\\:]{0,50}?"#;
    let operator = format!(r"(?:[=:,>(|]|(?i:{words})[ \t])");
    let (complete, open): (Vec<&String>, Vec<&String>) = names.iter().partition(|name| {
        LAST_WORDS
            .iter()
            .any(|word| name.to_ascii_lowercase().ends_with(word))
    });
    let mut ways = Vec::new();
    if !open.is_empty() {
        ways.push(format!("(?i:{}){glue}{operator}", alternatives(&open)));
    }
    if !complete.is_empty() {
        ways.push(format!(
            "(?i:{})(?:{glue}{operator}|[ \\t])",
            alternatives(&complete)
        ));
    }
    format!(
        concat!(
            // In XML the value may stand on a line of its own.
            r#"(?:{ways})[=>:?~|]{{0,2}}(?:[ \t]{{0,16}}\\?["'`@]?|\r?\n[ \t]{{0,40}})"#,
            r#"(?:(?i:bearer|token|basic|apikey|key)[ \t=]{{1,2}})?"#,
            r#"(?<secret>{value})"#,
        ),
        ways = ways.join("|"),
        value = value,
    )
}

fn alternatives(names: &[&String]) -> String {
    names
        .iter()
        .map(|n| regex_syntax::escape(n))
        .collect::<Vec<_>>()
        .join("|")
}
