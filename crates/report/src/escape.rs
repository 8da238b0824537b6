//! Text from files, made harmless for terminals.

use std::borrow::Cow;
use std::fmt::Write as _;

use unicode_width::UnicodeWidthChar;

/// Whether a terminal might act on the character, or show nothing for it, or reorder
/// what stands around it.
pub(crate) fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// Writes the character as people can read it: `\x1b`, `\t`, `\u{202e}`.
pub(crate) fn push(out: &mut String, c: char) {
    match c {
        '\t' => out.push_str("\\t"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        c if c.is_ascii() && is_unsafe(c) => {
            write!(out, "\\x{:02x}", u32::from(c)).expect("writing to a string does not fail");
        }
        c if is_unsafe(c) => {
            write!(out, "\\u{{{:x}}}", u32::from(c)).expect("writing to a string does not fail");
        }
        c => out.push(c),
    }
}

/// The text on one line, with every character that a terminal might act on spelled out.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        push(&mut out, c);
    }
    Cow::Owned(out)
}

/// How many columns the text takes; it must be [`visible`].
pub(crate) fn columns(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

/// The words of the text on lines of at most `width` columns; longer words are left
/// whole, so that links still work.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut used = 0;
    for word in text.split_whitespace() {
        let wide = columns(word);
        match lines.last_mut() {
            Some(line) if used + 1 + wide <= width => {
                line.push(' ');
                line.push_str(word);
                used += 1 + wide;
            }
            _ => {
                lines.push(word.to_owned());
                used = wide;
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_drives_a_terminal_gets_through() {
        for (given, want) in [
            ("plain ünï 漢字", "plain ünï 漢字"),
            ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
            ("bell\x07 del\x7f", "bell\\x07 del\\x7f"),
            ("8-bit \u{9b}31m", "8-bit \\u{9b}31m"),
            ("turn \u{202e}drow", "turn \\u{202e}drow"),
            ("hide \u{200b}\u{feff}", "hide \\u{200b}\\u{feff}"),
            ("new\r\nline\ttab", "new\\r\\nline\\ttab"),
        ] {
            assert_eq!(visible(given), want);
            assert!(!visible(given).contains(is_unsafe), "{given:?}");
        }
    }

    #[test]
    fn wrapped_lines_keep_long_words_whole() {
        assert_eq!(
            wrap("see https://example.com/a/long/one now", 10),
            ["see", "https://example.com/a/long/one", "now"]
        );
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert!(wrap("  ", 7).is_empty());
    }
}
