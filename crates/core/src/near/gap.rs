//! What stands between a name and a value, and whether it ties the two together.

use super::random::{self, Kind, is_name};
use super::words::{ABOUT, KEYWORDS, NO_VALUE, keywords_at, may_begin_keyword, starts_with};
use crate::bytes::ByteSet;
use crate::filter::starts_part;
use crate::span::Span;

/// How many line ends may stand between a name and its value.
pub(crate) const LINES: usize = 2;

/// What ties a value to a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Link {
    /// Nothing does.
    None,
    /// `name 'value'`, or a blank alone.
    Blank { quoted: bool },
    /// `name = value`, which is bare, `name_of_something: value`, or `name_key_id = value`,
    /// which speaks about a key.
    Operator { about: bool, bare: bool },
    /// A word such as `key` stands between them.
    Keyword,
}

impl Link {
    pub(super) fn between(hay: &[u8], name: Span, value_span: Span, has_form: bool) -> Self {
        if is_in_a_slug(hay, name, value_span) {
            return Self::None;
        }
        let value = value_span.start;
        let gap = &hay[name.end..value];
        if ends_in_joint(hay, value) {
            return Self::None;
        }
        // `import org.acme.credentials.v2.AcmeUserCredentials`
        let mut parts = hay[value_span.start..value_span.end].split(|b| *b == b'.');
        if gap.last() == Some(&b'.') && parts.any(is_name) {
            return Self::None;
        }
        // `badges/211?token=…` shows everybody how a project does.
        if gap.windows(5).any(|w| w == b"badge") {
            return Self::None;
        }
        let keyword = last_keyword(hay, name, value);
        if keyword.is_some_and(|end| is_of_nobody(&hay[name.start..end])) {
            return Self::None;
        }
        // A password that is a UUID is told by its name, and `LastPass` is one of a program.
        let is_id =
            !has_form && value_span.end - value == 36 && random::is_uuid(value_span.of(hay));
        if keyword.is_some_and(|end| is_id && is_of_password(&hay[..end])) {
            return Self::None;
        }
        if keyword.is_some_and(|end| is_soft(&hay[end..value])) {
            return Self::Keyword;
        }
        if let Some(words) = before_operator(gap) {
            return Self::Operator {
                about: keyword.is_some(),
                bare: words == 0,
            };
        }
        match gap.split_last() {
            Some((b'"' | b'\'' | b'`', blanks)) if are_blanks(blanks) => {
                Self::Blank { quoted: true }
            }
            _ if are_blanks(gap) => Self::Blank { quoted: false },
            _ => Self::None,
        }
    }

    /// Whether this is enough for a value of this kind.
    pub(super) fn carries(self, kind: Option<Kind>, has_form: bool) -> bool {
        let mixed = kind == Some(Kind::Mixed);
        match self {
            Self::None => false,
            Self::Keyword => true,
            Self::Operator { about, bare } => !about && (has_form || mixed && bare),
            Self::Blank { quoted: true } => has_form || mixed,
            Self::Blank { quoted: false } => mixed || has_form && kind == Some(Kind::Hex),
        }
    }
}

/// Whether what starts here is a reference to a version, a part of a path or a fragment, and
/// no value.
pub(super) fn ends_in_joint(hay: &[u8], value: usize) -> bool {
    matches!(hay[..value].last(), Some(b'@' | b'#' | b'/' | b'%' | b'$'))
}

/// Whether [`Link::between`] may give anything but none for a value that starts here: asked
/// first because it is cheap.
pub(super) fn may_tie(hay: &[u8], name: Span, value: usize, keywords: &mut Keywords) -> bool {
    let gap = &hay[name.end..value];
    let before = gap.trim_ascii_end().len();
    let blanks = before == 0 && !gap.is_empty();
    let is_sign = |b: &u8| b"\"'`\\=:,>(|?~".contains(b);
    blanks || gap[..before].last().is_some_and(is_sign) || keywords.has_before(hay, name, value)
}

/// Where the first keyword ends that stands behind the start of a name, as far as was looked.
pub(super) struct Keywords {
    next: usize,
    first: usize,
}

impl Keywords {
    pub(super) fn of(name: Span) -> Self {
        Self {
            next: name.start,
            first: usize::MAX,
        }
    }

    /// Whether one ends before `value`, which may only grow.
    fn has_before(&mut self, hay: &[u8], name: Span, value: usize) -> bool {
        let mut next = self.next;
        while next + 3 <= value && next < self.first {
            let at = next;
            next += 1;
            if may_begin_keyword(&hay[at..]) {
                let ends = keywords_at(&hay[at..]).map(|length| at + length);
                if let Some(end) = ends.filter(|&end| end >= name.end).min() {
                    self.first = self.first.min(end);
                }
            }
        }
        self.next = next;
        self.first <= value
    }
}

/// Whether the name that ends here is that of a key that opens nothing: `publicResourceKey`,
/// `Idempotency-Key`.
fn is_of_nobody(text: &[u8]) -> bool {
    const WORDS: &[&str] = &["public", "publishable", "idempotency", "hashed"];
    let is_name = |b: &&u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    let length = text.iter().rev().take_while(is_name).count();
    words_of(&text[text.len() - length..]).any(|word| is_one_of(word, WORDS))
}

/// Whether the value is a part of a path that is joined to the word before it, as in
/// `github.com/acme/secrets-manager-sdk/v2` or `keys/token-p-521/1f3a`.
fn is_in_a_slug(hay: &[u8], name: Span, value: Span) -> bool {
    if hay[name.end..value.start].last() != Some(&b'-') {
        return false;
    }
    let joined = |b: &&u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'/');
    let before = hay[name.start..value.start].iter().rev();
    let mut run = before.take_while(joined).chain(value.of(hay));
    run.any(|b| *b == b'/')
}

/// Whether the keyword that ends here is one of passwords.
fn is_of_password(text: &[u8]) -> bool {
    const WORDS: &[&str] = &["pass", "passwd", "password", "passphrase", "pwd"];
    let ends = |word: &&str| {
        let start = text.len().checked_sub(word.len());
        start.is_some_and(|start| text[start..].eq_ignore_ascii_case(word.as_bytes()))
    };
    WORDS.iter().any(ends)
}

/// What joins the parts of a name.
const JOINTS: &[u8] = b"_-. \"'";

/// Words that start the rest of a name whose end is a keyword.
const BEFORE_KEYWORDS: &[&str] = &["api", "app", "client"];

/// The bytes that may follow an ordinary word; see [`goes_on_as_credential`].
pub(crate) fn after_word() -> ByteSet {
    let words = BEFORE_KEYWORDS.iter().chain(KEYWORDS);
    let letters = words.filter_map(|word| word.bytes().next());
    letters
        .flat_map(|b| [b, b.to_ascii_uppercase()])
        .chain(JOINTS.iter().copied())
        .chain(*b"}<")
        .collect()
}

/// Whether behind an ordinary word its name goes on: `_key`, `ApiToken`, ` secret`; or the
/// word is all that an element holds: `<id>word</id>`.
pub(super) fn goes_on_as_credential(hay: &[u8], name: Span) -> bool {
    let rest = &hay[name.end..];
    let around = (name.start.checked_sub(1).map(|at| hay[at]), rest.first());
    if matches!(around, (Some(b'{'), Some(b'}')) | (Some(b'>'), Some(b'<'))) {
        return true;
    }
    let rest = match rest.first() {
        Some(joint) if JOINTS.contains(joint) => &rest[1..],
        _ => rest,
    };
    BEFORE_KEYWORDS
        .iter()
        .chain(KEYWORDS)
        .any(|word| starts_with(rest, word))
}

/// Whether the name is only the start of a longer word: `acmeology`.
pub(super) fn goes_on_as_other_word(hay: &[u8], name: Span) -> bool {
    let rest = &hay[name.end..];
    let Some(next) = rest.first().filter(|b| b.is_ascii_alphabetic()) else {
        return false;
    };
    let last = hay.get(name.end - 1).copied().unwrap_or(0);
    if next.is_ascii_uppercase() != last.is_ascii_uppercase() && last.is_ascii_alphabetic() {
        return next.is_ascii_lowercase();
    }
    const PARTS: &[&str] = &[
        "api", "app", "client", "account", "user", "io", "hq", "web", "s",
    ];
    if last.is_ascii_digit() || !last.is_ascii_alphanumeric() {
        return false;
    }
    !PARTS
        .iter()
        .chain(KEYWORDS)
        .any(|word| starts_with(rest, word))
}

/// Where the last keyword ends that stands between the start of the name and the value.
fn last_keyword(hay: &[u8], name: Span, value: usize) -> Option<usize> {
    let text = &hay[name.start..value];
    (0..text.len().saturating_sub(2)).rev().find_map(|from| {
        if !may_begin_keyword(&text[from..]) {
            return None;
        }
        let at = name.start + from;
        let end = at + keywords_at(&text[from..]).max()?;
        (end >= name.end && starts_here(hay, name, at) && ends_here(hay, at, end, value))
            .then_some(end)
    })
}

/// Whether a part of a name starts here. In words without joints, such as `accesskey`, it
/// starts behind the name and behind some words.
fn starts_here(hay: &[u8], name: Span, at: usize) -> bool {
    const BEFORE: &[&str] = &[
        "api", "access", "secret", "private", "auth", "app", "client", "user",
    ];
    at <= name.end
        || starts_part(hay, at)
        || BEFORE.iter().any(|word| {
            let start = at.checked_sub(word.len());
            start.is_some_and(|start| starts_with(&hay[start..at], word))
        })
}

/// Whether the word ends here, or another one begins.
fn ends_here(hay: &[u8], start: usize, end: usize, value: usize) -> bool {
    let rest = &hay[end..value];
    let Some(next) = rest.first().filter(|b| b.is_ascii_alphabetic()) else {
        return true;
    };
    let last = hay[end - 1];
    last.is_ascii_lowercase() && next.is_ascii_uppercase()
        || *next == b's' && !rest.get(1).is_some_and(u8::is_ascii_alphabetic)
        || hay[start].is_ascii_uppercase() == next.is_ascii_uppercase()
            && KEYWORDS
                .iter()
                .chain(&["id", "url", "value"])
                .any(|word| starts_with(rest, word))
}

/// Whether only signs and a word or two stand between a keyword and a value.
fn is_soft(tail: &[u8]) -> bool {
    const MOST: usize = 48;
    // `json(keys), "…"`: the keyword is in an argument of its own.
    let closed = memchr::memchr(b')', tail).is_some_and(|at| tail[at..].contains(&b','));
    if tail.len() > MOST || tail.contains(&b';') || closed || is_taken(tail) {
        return false;
    }
    let mut words = 0;
    for word in words_of(tail) {
        words += 1;
        if words > 3 || word.len() > 16 || is_one_of(word, ABOUT) {
            return false;
        }
    }
    true
}

/// Whether the keyword has its own value already: a line ends behind a word, or another
/// name starts.
fn is_taken(tail: &[u8]) -> bool {
    let mut assigned = false;
    let mut words = false;
    for (at, &b) in tail.iter().enumerate() {
        match b {
            b'\n' if words || !goes_on_below(&tail[..at]) => return true,
            b'=' | b':' | b',' | b'&' if assigned => return true,
            b'=' | b':' => {
                let next = tail[at + 1..].iter().find(|b| !b" \t\"'`=:>".contains(b));
                assigned = next.is_some_and(u8::is_ascii_alphanumeric);
            }
            _ => words |= b.is_ascii_alphanumeric(),
        }
    }
    false
}

/// Whether a line ends as one does whose value stands below.
fn goes_on_below(line: &[u8]) -> bool {
    let last = line.trim_ascii_end().last();
    last.is_some_and(|b| b">:|=({[,\\".contains(b))
}

/// The words of a piece of text, also those of `camelCase`.
fn words_of(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|b| !b.is_ascii_alphanumeric())
        .flat_map(|word| word.chunk_by(|a, b| !(a.is_ascii_lowercase() && b.is_ascii_uppercase())))
        .filter(|word| !word.is_empty())
}

fn is_one_of(word: &[u8], list: &[&str]) -> bool {
    list.iter()
        .any(|other| word.eq_ignore_ascii_case(other.as_bytes()))
}

/// If the rest of a name, an operator and perhaps a quote are all that stands there, the
/// number of words in that rest. In XML the value may stand on a line of its own.
fn before_operator(gap: &[u8]) -> Option<usize> {
    const LONGEST_NAME: usize = 60;
    let mut rest = gap;
    let strip = |rest: &mut &[u8], set: &[u8], most: usize| {
        let mut count = 0;
        while count < most && rest.last().is_some_and(|b| set.contains(b)) {
            *rest = &rest[..rest.len() - 1];
            count += 1;
        }
        count
    };
    strip(&mut rest, b"\"'`", 3);
    strip(&mut rest, b"\\", 2);
    strip(&mut rest, b" \t", 60);
    if strip(&mut rest, b"\n", 1) == 1 {
        strip(&mut rest, b"\r", 1);
        if rest.last() != Some(&b'>') {
            return None;
        }
    }
    if strip(&mut rest, b"=:,>(|?~", 4) == 0 {
        return None;
    }
    let is_name = |b: &u8| b.is_ascii_alphanumeric() || b" \t_.-\"'`[])\\:".contains(b);
    if rest.len() > LONGEST_NAME || !rest.iter().all(is_name) {
        return None;
    }
    if words_of(rest)
        .last()
        .is_some_and(|word| is_one_of(word, NO_VALUE))
    {
        return None;
    }
    Some(words_of(rest).count())
}

fn are_blanks(text: &[u8]) -> bool {
    !text.is_empty() && text.len() <= 4 && text.iter().all(|b| matches!(b, b' ' | b'\t'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ties_is_never_ruled_out_before() {
        for text in [
            "acme_KEY=x1",
            "acme key x1",
            "acme x1",
            "acme = \"x1",
            "acme>\n  x1",
            "acme\\\": \\\"x1",
            "acme-private-x1",
            "acme\n x1",
            "acme/x1",
            "acme is a x1",
            "acmekey'x1",
        ] {
            let hay = text.as_bytes();
            let (name, value) = (Span::new(0, 4), Span::new(hay.len() - 2, hay.len()));
            let ties = Link::between(hay, name, value, false) != Link::None;
            let may = !ends_in_joint(hay, value.start)
                && may_tie(hay, name, value.start, &mut Keywords::of(name));
            assert!(may || !ties, "{text}");
        }
        let name = Span::new(0, 4);
        assert!(!may_tie(b"acme is a x1", name, 10, &mut Keywords::of(name)));
    }
}
