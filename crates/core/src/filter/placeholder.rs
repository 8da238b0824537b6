//! Values that stand for a value.

/// Words that no generated credential holds except by the rarest chance, lower case.
const WORDS: &[&str] = &[
    "example",
    "sample",
    "placeholder",
    "changeme",
    "change-me",
    "change_me",
    "changethis",
    "replaceme",
    "replace-",
    "replace_",
    "replacewith",
    "insert-",
    "insert_",
    "your-",
    "your_",
    "yourkey",
    "yourtoken",
    "yoursecret",
    "yourapi",
    "yourpass",
    "youraccess",
    "yourclient",
    "dummy",
    "redacted",
    "censored",
    "notreal",
    "not-real",
    "not_real",
    "fakekey",
    "faketoken",
    "fakesecret",
    "fake-",
    "fake_",
    "mykey",
    "goes-here",
    "goes_here",
    "goeshere",
    "here-goes",
    "-here",
    "_here",
    "enter-",
    "enter_",
    "todo",
    "fixme",
    "foobar",
    "xxxx",
    "_xxx",
    "-xxx",
    "=xxx",
    "*****",
    "testtest",
    "supersecret",
    "abcdefgh",
    "123456789",
    "987654321",
    "012345678",
    "<token>",
    "<key>",
    "<secret>",
];

/// Marks that start a template or a reference.
const TEMPLATES: &[&str] = &[
    "${", "$(", "{{", "#{", "%(", "%{", "<%", "@{", "{%", "$[", "!{",
];

/// Why `value` is a placeholder, or `None` if it is none.
pub(crate) fn placeholder(value: &[u8]) -> Option<&'static str> {
    if TEMPLATES
        .iter()
        .any(|mark| contains(value, mark.as_bytes()))
    {
        return Some("a template");
    }
    if value.first() == Some(&b'<') && value.last() == Some(&b'>') {
        return Some("in angle brackets");
    }
    if value.first() == Some(&b'[') && value.last() == Some(&b']') && value.contains(&b' ') {
        return Some("a text in brackets");
    }
    if value.starts_with(b"eyJ") && is_mock_jwt(value) {
        return Some("a token without a signature or a payload");
    }
    if value.ends_with(b"...") {
        return Some("cut short");
    }
    if is_framed(value) {
        return Some("a word in a frame");
    }
    if value.len() >= 4 && (value.first() == Some(&b'%') && value.last() == Some(&b'%')) {
        return Some("an environment reference");
    }
    if value.len() > 512 {
        return None;
    }
    if value.contains(&b'%') && is_test_of_escapes(value) {
        return Some("signs in escapes");
    }
    let distinct = distinct(value);
    if value.len() >= 4 && distinct == 1
        || value.len() >= 8 && distinct <= 2
        || value.len() >= 6 && distinct == 2 && value.chunk_by(|a, b| a == b).count() == 2
    {
        return Some("the same characters again and again");
    }
    if longest_run(value) >= 5.max(value.len() / 4) {
        return Some("a long run of one character");
    }
    if value.len() >= 12 && has_period(value) {
        return Some("a pattern that repeats");
    }
    if value.len() >= 8 && steps(value, 1) * 2 >= value.len()
        || (5..8).contains(&value.len()) && steps(value, 1) + 1 == value.len()
        || value.len() >= 6 && steps(value, 2) + 2 + value.len() / 16 >= value.len()
    {
        return Some("characters in sequence");
    }
    has_word(value).then_some("a word that stands for a value")
}

/// Whether three parts with dots between them, of which the first is the head of a JWT, are
/// too short to be one: `eyJhbGciOiJIUzI1NiJ9.payload.sig`. No algorithm signs with less.
/// A head alone is none either.
fn is_mock_jwt(value: &[u8]) -> bool {
    const PAYLOAD: usize = 8;
    const SIGNATURE: usize = 20;
    let head = [b"eyJhbGciOi".as_slice(), b"eyJ0eXAiOi"];
    if !value.contains(&b'.') && head.iter().any(|start| value.starts_with(start)) {
        return value.len() < 64;
    }
    let mut parts = value.split(|b| *b == b'.').skip(1).map(<[u8]>::len);
    match (parts.next(), parts.next(), parts.next()) {
        (Some(payload), None, None) => payload < SIGNATURE,
        (Some(payload), Some(signature), None) => {
            payload < PAYLOAD || (1..SIGNATURE).contains(&signature)
        }
        _ => false,
    }
}

/// `**masked**`, `--REMOVED--`
fn is_framed(value: &[u8]) -> bool {
    let &[
        sign @ (b'*' | b'-' | b'_' | b'=' | b'~'),
        second,
        ..,
        before_last,
        last,
    ] = value
    else {
        return false;
    };
    let frame = [second, before_last, last].iter().all(|b| *b == sign);
    let is_word = |b: &u8| b.is_ascii_alphabetic() || matches!(b, b' ' | b'_' | b'-') || *b == sign;
    frame && value.iter().all(is_word)
}

/// The bytes that words start with.
const STARTS: [bool; 256] = {
    let mut starts = [false; 256];
    let mut at = 0;
    while at < WORDS.len() {
        starts[WORDS[at].as_bytes()[0] as usize] = true;
        at += 1;
    }
    starts
};

fn has_word(value: &[u8]) -> bool {
    (0..value.len()).any(|at| {
        let first = value[at].to_ascii_lowercase();
        let stands = |word: &str| {
            let word = word.as_bytes();
            let here = value.get(at..at + word.len());
            word[0] == first && here.is_some_and(|here| here.eq_ignore_ascii_case(word))
        };
        STARTS[usize::from(first)] && WORDS.iter().any(|word| stands(word))
    })
}

/// Whether the value, which holds `%`, has nothing to it but what needs escapes in an address:
/// control characters, signs alone, or a letter on each side of one.
fn is_test_of_escapes(value: &[u8]) -> bool {
    let (mut plain, mut words, mut escapes, mut control) = (0, 0, 0, false);
    let mut rest = value;
    while let Some((&first, behind)) = rest.split_first() {
        let digits = behind
            .get(..2)
            .and_then(|two| std::str::from_utf8(two).ok());
        let escaped = digits
            .filter(|_| first == b'%')
            .and_then(|two| u8::from_str_radix(two, 16).ok());
        let byte = escaped.unwrap_or(first);
        escapes += usize::from(escaped.is_some());
        control |= byte.is_ascii_control();
        words += usize::from(byte.is_ascii_alphanumeric());
        plain += 1;
        rest = &behind[if escaped.is_some() { 2 } else { 0 }..];
    }
    escapes > 0 && (control || words == 0 || plain < 4)
}

fn contains(hay: &[u8], needle: &[u8]) -> bool {
    hay.windows(needle.len()).any(|w| w == needle)
}

fn distinct(value: &[u8]) -> usize {
    let mut seen = [false; 256];
    value
        .iter()
        .filter(|&&b| !std::mem::replace(&mut seen[usize::from(b)], true))
        .count()
}

fn longest_run(value: &[u8]) -> usize {
    value
        .chunk_by(|a, b| a == b)
        .map(<[u8]>::len)
        .max()
        .unwrap_or(0)
}

/// Whether the value is one block of at most half its length, repeated.
fn has_period(value: &[u8]) -> bool {
    (1..=value.len() / 2).any(|period| value[period..].iter().eq(&value[..value.len() - period]))
}

/// How many characters follow by one step up or down from the one so far before:
/// `abcd`, or `a1b2c3` at a distance of two.
fn steps(value: &[u8], distance: usize) -> usize {
    value
        .windows(distance + 1)
        .filter(|w| w[0].abs_diff(w[distance]) == 1 && w[0].is_ascii_alphanumeric())
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_told_from_values() {
        for text in [
            "xxxxxxxxxxxxxxxx",
            "AKIAIOSFODNN7EXAMPLE",
            "your_api_key_here",
            "${TOKEN}",
            "{{ token }}",
            "<token>",
            "0123456789abcdef0123456789abcdef",
            "aaaabbbbaaaabbbb",
            "%TOKEN%",
            "abcdefghijkl",
            "1234567890",
            "00000000000000000000000000000000",
            "changeme",
            "deadbeefdeadbeef",
            "123456",
            "a1b2c3d4",
            "A1B2C3D4E5F6G7H8I9J0",
            "d2dc414f9953226bad0a356cXXXXYYYY",
            "**masked**",
            "--REMOVED--",
            "XXXYYY",
            "eyJhbGciOiJIUzI1NiJ9.payload.sig",
            "eyJhbGciOiJIUzI1NiJ9.p.s",
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9",
            "whsec_abc1xyz...",
            "eyJhbGciOiJSUzI1NiJ9.test",
            "c%0D%0A%09d",
            "c%20d",
            "%F0%9F%8D%A9",
            "%3D%5B%5D%3A%3B",
        ] {
            assert!(placeholder(text.as_bytes()).is_some(), "{text}");
        }
        for text in [
            "Summer2024!",
            "q8Zr3kT1vN",
            "7f3a9c1e5b2d8046",
            "Kestrel42x",
            "Tr0ub4dor&3",
            "Tr0ub%26dor",
            "q8%24r3k",
            "100%sure7",
        ] {
            assert_eq!(placeholder(text.as_bytes()), None, "{text}");
        }
    }
}
