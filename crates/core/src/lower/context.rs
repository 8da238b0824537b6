//! The pattern of a value after a name, in the forms that people write.

/// Joins the names and the value's pattern.
///
/// Between them: the rest of the name (`DATADOG` `_api_key`), closing quotes and
/// brackets, an operator (`=`, `:`, `=>`, `:=`, a comma of a call, `>` of XML, an
/// opening parenthesis) and up to one opening quote, or one of the schemes that stand
/// before a value in a header. All on one line, and all bounded: at most 80 bytes.
pub(super) fn join(names: &[String], value: &str) -> String {
    let names: Vec<String> = names.iter().map(|n| regex_syntax::escape(n)).collect();
    format!(
        concat!(
            r#"(?i:{names})"#,
            r#"[ \t\w.\-"'`\[\])\\:]{{0,50}}?"#,
            r#"(?:[=:,>(|]|(?:key|token|secret|password|pass|auth)[ \t])"#,
            r#"[=>:?~|]{{0,2}}[ \t]{{0,16}}\\?["'`@]?"#,
            r#"(?:(?i:bearer|token|basic|apikey|key)[ \t=]{{1,2}})?"#,
            r#"(?<secret>{value})"#,
        ),
        names = names.join("|"),
        value = value,
    )
}
