//! Values near a name: `DATADOG_API_KEY=…`, `mailjet secret …`, `<id>acme</id> <secret>…`.
//!
//! From a name on, every place where a value can start is looked at, and three questions
//! are asked: does the value have the form that the rule gives (or, if it gives none, does
//! it look random), what stands between the two, and is that how people write down a
//! credential. All within a bounded distance, so that the same bytes always give the same
//! answer.

mod gap;
mod random;
mod words;

use crate::filter::{end_inside_word, is_word, left_is_free, may_escape};
use crate::lower::{ANCHOR_MAX, Shape};
use crate::span::Span;
use crate::spec::Boundary;
use gap::Link;
pub(crate) use gap::{LINES, after_word};

/// How far behind a name a value may start, in bytes.
pub(crate) const FARTHEST: usize = 120;

/// How many bytes of a match may stand before its value: the name and what ties them.
pub(crate) const BEFORE_VALUE: usize = ANCHOR_MAX + FARTHEST;

/// The longest value that is taken without a form of its own.
pub(crate) const LONGEST: usize = 1300;

/// The shortest.
pub(crate) const SHORTEST: usize = 12;

/// What is known about a name and its values.
pub(crate) struct Query<'q> {
    /// What every value is made of.
    pub(crate) shape: &'q Shape,
    /// Whether the name is an ordinary word, so that it counts only in `word_key`.
    pub(crate) is_word: bool,
    /// Whether the rule says what form values have.
    pub(crate) has_form: bool,
    pub(crate) boundary: Boundary,
}

/// The name with what follows it up to the end of its value, and the value.
///
/// `first` is where the first row starts that a value can be in. `matches` says where a value
/// ends that starts at a place, if one does. `seen` is told how far was looked.
pub(crate) fn find(
    query: &Query<'_>,
    hay: &[u8],
    (name, first): (Span, usize),
    mut matches: impl FnMut(usize) -> Option<usize>,
    seen: impl FnOnce(usize),
) -> Option<(Span, Span)> {
    let mut at = first;
    let found = find_from(query, hay, name, &mut at, &mut matches);
    seen(at + query.shape.least() + AHEAD);
    found
}

/// The bytes that no value starts with.
const STARTS_NONE: [bool; 256] = {
    let mut table = [false; 256];
    let signs = b"=:>(,|\"'`";
    let mut at = 0;
    while at < signs.len() {
        table[signs[at] as usize] = true;
        at += 1;
    }
    table
};

/// How many bytes beside what a search looks at tell how a name or a value goes on.
const AHEAD: usize = 24;

fn find_from(
    query: &Query<'_>,
    hay: &[u8],
    name: Span,
    at: &mut usize,
    matches: &mut impl FnMut(usize) -> Option<usize>,
) -> Option<(Span, Span)> {
    if query.is_word && !gap::goes_on_as_credential(hay, name) {
        return None;
    }
    // `joe@acme.com` says where somebody reads mail.
    if !query.has_form && hay[..name.start].ends_with(b"@") {
        return None;
    }
    if !query.has_form && gap::goes_on_as_other_word(hay, name) {
        return None;
    }
    let last = hay.len().min(name.end + FARTHEST);
    let mut lines = memchr::memchr_iter(b'\n', &hay[name.end..*at]).count();
    // No value starts before.
    let mut possible = name.end + 1;
    // Where a row of what values are made of ends that goes through the place at hand.
    let mut row_end = *at;
    let mut keywords = gap::Keywords::of(name);
    let escapes = may_escape(hay, *at..last.max(*at));
    let as_word = !query.has_form || query.shape.starts_as_word();
    while *at < last {
        let here = *at;
        if hay[here] == b'\n' {
            lines += 1;
            if lines > LINES {
                return None;
            }
        }
        *at += 1;
        // The cheap questions first: most bytes stand in words and paths.
        if here < possible || STARTS_NONE[usize::from(hay[here])] || gap::ends_in_joint(hay, here) {
            continue;
        }
        if here >= row_end {
            row_end = query.shape.end_of_all(hay, here, last);
        }
        if here + query.shape.least() > row_end {
            possible = row_end + 1;
            if !query.shape.has(b'\n') {
                *at = row_end.clamp(here + 1, last);
            }
            continue;
        }
        if as_word && !is_word(hay[here]) {
            continue;
        }
        if query.boundary != Boundary::None {
            if let Some(end) = end_inside_word(hay, here, last, escapes) {
                *at = end;
                continue;
            }
            if !left_is_free(hay, here) {
                continue;
            }
        }
        if !continues_value(hay, here)
            && gap::may_tie(hay, name, here, &mut keywords)
            && let Some(end) = matches(here)
        {
            let value = Span::new(here, end);
            let link = Link::between(hay, name, value, query.has_form);
            if link != Link::None {
                let kind = random::kind(value.of(hay));
                if (query.has_form || kind.is_some())
                    && link.carries(kind, query.has_form)
                    && (kind.is_some() || !random::is_name(value.of(hay)))
                {
                    return Some((Span::new(name.start, end), value));
                }
            }
            // What is not taken as a whole is not taken from its second group on either.
            if !query.has_form && end == here + 36 && random::is_uuid(value.of(hay)) {
                possible = end + 1;
            }
        }
    }
    None
}

/// Where a value without a form of its own ends. `seen` is told how far was looked.
pub(crate) fn end_of_token(hay: &[u8], start: usize, mut seen: impl FnMut(usize)) -> Option<usize> {
    let rest = &hay[start..hay.len().min(start + LONGEST + 1)];
    if !rest.first().is_some_and(u8::is_ascii_alphanumeric) {
        return None;
    }
    if start > 0
        && let quote @ (b'"' | b'\'' | b'`') = hay[start - 1]
    {
        let value = rest
            .iter()
            .take_while(|b| b.is_ascii_graphic() && !b"\"'`\\<>{}()".contains(b))
            .count();
        seen(start + value + AHEAD);
        if rest.get(value) == Some(&quote) {
            if rest[..value].ends_with(b"...") {
                return None;
            }
            return (SHORTEST..=LONGEST)
                .contains(&value)
                .then_some(start + value);
        }
    }
    let is_token = |b: &u8| b.is_ascii_alphanumeric() || b"_-+/.~%".contains(b);
    let body = rest.iter().take_while(|b| is_token(b)).count();
    let padding = rest[body..].iter().take_while(|b| **b == b'=').count();
    seen(start + body + padding + AHEAD);
    let mut end = start + body;
    // `=` behind it is padding, or it is an operator and this is a name.
    let goes_on = hay.get(end + padding).is_some_and(is_token);
    if padding > 0 && (goes_on || padding > 2) {
        return None;
    }
    if padding > 0 {
        end += padding;
    } else {
        while end > start && matches!(hay[end - 1], b'.' | b'-' | b'~' | b'/' | b'_') {
            end -= 1;
        }
    }
    (SHORTEST..=LONGEST).contains(&(end - start)).then_some(end)
}

/// Whether a longer run goes through here: a value does not start behind the `/`, `+` or
/// `=` of another one.
fn continues_value(hay: &[u8], at: usize) -> bool {
    let before = &hay[at.saturating_sub(12)..at];
    matches!(before.last(), Some(b'/' | b'+'))
        && before[..before.len() - 1]
            .iter()
            .rev()
            .take_while(|b| b.is_ascii_alphanumeric())
            .count()
            >= 8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lower::parse;

    /// What is found behind `acme`, without a form.
    fn value(text: &str) -> Option<String> {
        look(text, false, false)
    }

    fn look(text: &str, is_word: bool, has_form: bool) -> Option<String> {
        let hay = text.as_bytes();
        let shape = Shape::of(&parse("[!-~]{12}").expect("valid"));
        let query = Query {
            shape: &shape,
            is_word,
            has_form,
            boundary: Boundary::Word,
        };
        let start = text.to_ascii_lowercase().find("acme").expect("a name");
        let name = Span::new(start, start + 4);
        let first = shape.first_near(hay, name.end, |_| {})?;
        find(
            &query,
            hay,
            (name, first),
            |at| end_of_token(hay, at, |_| {}),
            |_| {},
        )
        .map(|(_, value)| String::from_utf8_lossy(value.of(hay)).into_owned())
    }

    #[test]
    fn credentials_are_found_in_the_forms_that_people_write() {
        let secret = ["k3Vq9Zr7", "TwXb2Lm8", "pQs4Hd6N"].concat(); // sluice:allow made up
        let hex = ["9f86d081", "884c7d65", "9a2feaa0", "c55ad015"].concat();
        for form in [
            "ACME_API_KEY={}",
            "acme_token = \"{}\"",
            "acmeSecret: '{}',",
            "\"acme\": {\"api_key\": \"{}\"}",
            "<id>acme</id>\n    <secret>{}</secret>",
            "[INFO] request to the acme API\n[DEBUG] using key={}",
            "https://api.acme.com/v1/users?key={}",
            "acme SECRET {}",
            "acme-PRIVATE-{}",
            "acmeKEY {}",
            "acme:\n  url: https://acme.com\n  token: {}",
            "--acme-api-token {}",
            "acme.setAuth(\"{}\")",
            "-H \"X-Acme-Authorization: Bearer {}\"",
        ] {
            for value_text in [&secret, &hex] {
                let text = form.replace("{}", value_text);
                assert_eq!(value(&text).as_deref(), Some(value_text.as_str()), "{text}");
            }
        }
        // Without a word such as `key`, only what cannot be a hash or an identifier.
        for form in ["acme = \"{}\"", "acme: {}", "acme '{}'"] {
            let text = form.replace("{}", &secret);
            assert_eq!(value(&text).as_deref(), Some(secret.as_str()), "{text}");
            assert_eq!(value(&form.replace("{}", &hex)), None, "{form}");
        }
    }

    #[test]
    fn what_stands_near_a_name_is_mostly_no_credential() {
        let secret = ["k3Vq9Zr7", "TwXb2Lm8", "pQs4Hd6N"].concat(); // sluice:allow made up
        for text in [
            "acme is a company that makes all sorts of things with a key",
            "acme_key_id = {}",
            "acme_token_url = {}",
            "acmeKeyHash: {}",
            "acme uses: acme/action@{}",
            "acmeology_key = {}",
            "acme-key: some-name-of-a-secret",
            "acme token: com.acme.services.authentication.TokenProvider",
            "acme api key path /usr/local/lib/python3.11/site-packages/acme",
            "acme key version 1.24.3-beta.2+build.20240517",
            "acme\n\n\n\nkey = {}",
            "acme_password=letmein\nJAVA_OPTS={}",
            "acme_key=some&name={}",
            "import org.acme.credentials.v2.Wl3UserCredentials;",
            "acme:\n  publicResourceKey: {}",
            "acme: x\nIdempotency-Key: {}",
            "acme_hash(json(&keys), \"{}\")",
            "acme_key = \"{}...\"",
            "'email' => 'md5@acme.io',\n'password' => '{}'",
            "acme:\n  passwordSalt: {}",
            "https://api.acme.io/v2/badges/211?token={}",
            "acme.md: {\n  \"hashed_secret\": \"{}\"",
            "acmeVault = \"x\",\nLastPass = \"b78a0a55-6ef8-d246-a042-ba0f6d55050c\"", // sluice:allow made up
            "acme_secret: '$pbkdf2-sha512$310000${}'",
        ] {
            let text = text.replace("{}", &secret);
            assert_eq!(value(&text), None, "{text}");
        }
    }

    #[test]
    fn names_in_code_have_no_form_of_a_value() {
        for text in [
            "acme.credentials(AcmeErrorCodeOfAnyone)",
            "acme key: handleAcmeExceptionNow",
            "acme_token = resetPasswordRequest",
        ] {
            assert_eq!(look(text, false, true), None, "{text}");
        }
    }

    #[test]
    fn an_ordinary_word_counts_only_as_part_of_a_name() {
        let secret = ["k3Vq9Zr7", "TwXb2Lm8", "pQs4Hd6N"].concat(); // sluice:allow made up
        for (form, found) in [
            ("ACME_API_KEY={}", true),
            ("acme token {}", true),
            ("acmeSecret = '{}'", true),
            ("acme.key = {}", true),
            ("the acme of a token {}", false),
            ("acme = '{}'", false),
            ("acmes_key = '{}'", false),
        ] {
            let text = form.replace("{}", &secret);
            assert_eq!(look(&text, true, false).is_some(), found, "{text}");
        }
    }
}
