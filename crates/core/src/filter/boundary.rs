//! Is a candidate whole, or a piece of something longer?

use std::ops::Range;

use crate::span::Span;
use crate::spec::Boundary;

/// Whether what stands next to the secret lets it be whole.
pub(super) fn admits(boundary: Boundary, hay: &[u8], secret: Span) -> bool {
    match boundary {
        Boundary::None => true,
        Boundary::Word => {
            left_is_free(hay, secret.start)
                && right_is_free(hay, secret)
                && !is_in_data(hay, secret.start)
        }
        Boundary::Token => {
            left_is_free(hay, secret.start)
                && !is_in_data(hay, secret.start)
                && right_is_free(hay, secret)
                && !continues(hay, secret.end)
        }
    }
}

pub(crate) fn is_word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_'
}

/// No escape that [`left_is_free`] knows is longer.
const ESCAPE: usize = 8;

/// Whether an escape may stand in, or right before, a stretch.
pub(crate) fn may_escape(hay: &[u8], stretch: Range<usize>) -> bool {
    let around = &hay[stretch.start.saturating_sub(ESCAPE)..stretch.end];
    memchr::memchr3(b'\\', b'%', 0x1B, around).is_some()
}

/// Where the word ends that `at` is inside of, if [`left_is_free`] says no for every place up
/// to there: no escape is before it. `escapes` is false where none can be.
pub(crate) fn end_inside_word(hay: &[u8], at: usize, last: usize, escapes: bool) -> Option<usize> {
    let inside = is_word(hay[at]) && at > 0 && is_word(hay[at - 1]);
    if !inside || escapes && may_escape(hay, at..at) {
        return None;
    }
    let length = hay[at..last].iter().take_while(|b| is_word(**b)).count();
    Some(at + length)
}

/// Word characters next to each other make one word, so a secret that starts with a
/// symbol starts anywhere.
pub(crate) fn left_is_free(hay: &[u8], start: usize) -> bool {
    let first = hay.get(start).copied().unwrap_or(0);
    let Some((&before, rest)) = hay[..start].split_last() else {
        return true;
    };
    !is_word(first) || !is_word(before) || ends_in_escape(before, rest)
}

/// So much base64 before a candidate makes it a piece of that: an image, a font.
const DATA: usize = 48;

/// Whether a long run of base64 goes on here: the sign before is one of its own.
fn is_in_data(hay: &[u8], start: usize) -> bool {
    if !matches!(hay[..start].last(), Some(b'/' | b'+')) || start < DATA {
        return false;
    }
    let run = &hay[start - DATA..start];
    let count = |class: fn(&u8) -> bool| run.iter().filter(|b| class(b)).count();
    // A path of that length has few capitals and digits.
    run.iter()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'+'))
        && count(u8::is_ascii_uppercase) >= DATA / 6
        && count(u8::is_ascii_digit) >= 2
}

fn right_is_free(hay: &[u8], secret: Span) -> bool {
    let last = hay[..secret.end].last().copied().unwrap_or(0);
    let next = hay.get(secret.end).copied().unwrap_or(0);
    !is_word(last) || !is_word(next)
}

/// Whether the last letter before the secret belongs to an escape: `\n`, `%3D`,
/// `\x3d`, `\u003d`, or the end of a terminal's colour code.
fn ends_in_escape(last: u8, rest: &[u8]) -> bool {
    let back = |n: usize| rest.len().checked_sub(n).map_or(0, |at| rest[at]);
    if matches!(last, b'n' | b'r' | b't' | b'b' | b'f' | b'v' | b'0') && rest.last() == Some(&b'\\')
    {
        return true;
    }
    if last == b'm' && rest.iter().rev().take(6).any(|&b| b == 0x1B) {
        return true;
    }
    if !last.is_ascii_hexdigit() || !back(1).is_ascii_hexdigit() {
        return false;
    }
    back(2) == b'%'
        || back(2) == b'x' && back(3) == b'\\'
        || back(4) == b'u'
            && back(5) == b'\\'
            && back(2).is_ascii_hexdigit()
            && back(3).is_ascii_hexdigit()
}

/// Whether the value is only the start of a text that a template fills in.
pub(super) fn goes_on_as_template(hay: &[u8], secret: Span) -> bool {
    let rest = &hay[secret.end..];
    let marks = [b"${".as_slice(), b"{{", b"@{", b"#{", b"%{", b"$("];
    let split = matches!(
        hay[..secret.end].last(),
        Some(b'$' | b'@' | b'#' | b'%' | b'{')
    );
    marks.iter().any(|mark| rest.starts_with(mark)) || split && rest.first() == Some(&b'{')
}

/// Whether a longer token goes on behind a joint such as `-` or `.`.
fn continues(hay: &[u8], end: usize) -> bool {
    matches!(hay.get(end), Some(b'-' | b'+' | b'/' | b'=' | b'.'))
        && hay.get(end + 1).copied().is_some_and(is_word)
}

/// Whether a word, or a part of one in any style, starts at `at`: `MyKey` and `MY_KEY`
/// have a part that starts at `K`, `monkey` has none at `k`.
pub(crate) fn starts_part(hay: &[u8], at: usize) -> bool {
    let Some((&before, rest)) = hay[..at].split_last() else {
        return true;
    };
    let first = hay.get(at).copied().unwrap_or(0);
    !before.is_ascii_alphabetic()
        || (before.is_ascii_lowercase() && first.is_ascii_uppercase())
        || ends_in_escape(before, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(boundary: Boundary, text: &str) -> bool {
        let start = text.find('[').expect("a start mark");
        let end = text.find(']').expect("an end mark") - 1;
        let hay = text.replace(['[', ']'], "");
        admits(boundary, hay.as_bytes(), Span::new(start, end))
    }

    #[test]
    fn what_is_passed_over_inside_of_a_word_is_never_free() {
        let texts = [
            "key=abc_def ghi",
            r"\nabcdefghijkl",
            r"\u003dabcdefghijkl",
            r"a\x3dabcdefghijkl",
            "%3Dabcdefghijkl",
            "\u{1b}[31mabcdefghijkl",
            "abcdefghijkl%3Dmnop",
        ];
        let mut passed = 0;
        for hay in texts.map(str::as_bytes) {
            for at in 0..hay.len() {
                let exact = end_inside_word(hay, at, hay.len(), true);
                if !may_escape(hay, at..hay.len()) {
                    assert_eq!(end_inside_word(hay, at, hay.len(), false), exact);
                }
                for place in at..exact.unwrap_or(at) {
                    assert!(!left_is_free(hay, place), "{place} in {hay:?}");
                    passed += 1;
                }
            }
        }
        assert!(passed > 100, "{passed}");
    }

    #[test]
    fn a_word_is_not_cut_out_of_a_longer_one() {
        for (text, expected) in [
            ("[abc]", true),
            ("x=[abc];", true),
            ("x[abc]", false),
            ("_[abc]", false),
            ("[abc]1", false),
            ("[abc-]1", true),
            (r"\n[abc]", true),
            (r"n[abc]", false),
            ("%3D[abc]", true),
            ("x3D[abc]", false),
            (r"\u003d[abc]", true),
            (r"\x3d[abc]", true),
            ("\u{1b}[abc]", true),
            ("-[abc]-", true),
        ] {
            if !text.contains("[[") {
                assert_eq!(whole(Boundary::Word, text), expected, "{text:?}");
            }
        }
        assert!(whole(Boundary::Token, "[abc]-"));
        assert!(!whole(Boundary::Token, "[abc]-1"));
        assert!(!whole(Boundary::Token, "[abc].x"));
        assert!(whole(Boundary::None, "x[abc]x"));
    }

    #[test]
    fn a_piece_of_an_image_is_no_token() {
        let image = "hMikjIyufdnwtJCUwQVksNWZGS2YxTAk0KjSpqTQwJd8gGRggIBkYIAAAAv".repeat(2);
        let path = "srv/data/Releases/build42/".repeat(4);
        for (before, expected) in [(image + "/", false), (path, true), ("a/".to_owned(), true)] {
            let hay = format!("{before}1//0FQgLtAD4ASgAAARU");
            let secret = Span::new(before.len(), hay.len());
            assert_eq!(
                admits(Boundary::Word, hay.as_bytes(), secret),
                expected,
                "{before}"
            );
        }
    }

    #[test]
    fn templates_go_on_behind_a_value() {
        for (text, expected) in [
            ("abc${X}", true),
            ("abc{{ x }}", true),
            ("abc@{x}", true),
            ("abc;", false),
            ("abc{", false),
        ] {
            assert_eq!(
                goes_on_as_template(text.as_bytes(), Span::new(0, 3)),
                expected,
                "{text}"
            );
        }
        assert!(goes_on_as_template(b"abc@{x}", Span::new(0, 4)));
    }

    #[test]
    fn parts_of_names_start_where_people_see_them() {
        assert!(starts_part(b"my_key", 3));
        assert!(starts_part(b"myKey", 2));
        assert!(!starts_part(b"monkey", 3));
        assert!(starts_part(b"key", 0));
        assert!(starts_part(br"\nkey", 2));
    }
}
