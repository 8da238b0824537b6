//! What the value is: what it says by itself, and what rules it out.

use super::about_value::is_name_of_secret;
use super::message;
use super::name::Class;
use super::reject::{not_a_value, not_secret};
use super::score::{Evidence, Feature};
use super::syntax::Assignment;
use crate::filter::{Rejection, entropy, placeholder};
use crate::model;

const SHORTEST_PASSWORD: usize = 4;
const SHORTEST_TOKEN: usize = 6;

/// What speaks for and against `value` by itself, or why it is no credential.
pub(super) fn judge(
    value: &[u8],
    name: &[u8],
    class: Class,
    assignment: &Assignment,
) -> Result<Evidence, Rejection> {
    let least = match class {
        Class::Password => SHORTEST_PASSWORD,
        Class::Token | Class::Key => SHORTEST_TOKEN,
    };
    // `--XX--` is two letters and a frame.
    let is_frame = |b: &&u8| matches!(b, b'-' | b'_' | b'*' | b'=' | b'.');
    let frame = value.iter().take_while(is_frame).count();
    let inner = value.len()
        - frame
        - value
            .iter()
            .rev()
            .take_while(is_frame)
            .count()
            .min(value.len() - frame);
    if value.len() < least || inner < 3 {
        return Err(Rejection::Length(value.len()));
    }
    let own = letters_of(name);
    let same = letters_of(value);
    // `form.password = password;`
    let repeats = || {
        let dot = memchr::memrchr(b'.', name);
        same == own || dot.is_some_and(|dot| same == letters_of(&name[dot + 1..]))
    };
    if !same.is_empty() && repeats() {
        return Err(Rejection::Context("the value repeats the name"));
    }
    if let Some(why) = not_a_value(value, assignment).or_else(|| not_secret(value)) {
        return Err(Rejection::Context(why));
    }
    if let Some(why) = placeholder(value) {
        return Err(Rejection::Placeholder(why));
    }
    let shape = Shape::of(value);
    if class == Class::Key {
        let key_id = matches!(value.len(), 8 | 16 | 40)
            && shape.lower == 0
            && value.iter().all(u8::is_ascii_hexdigit);
        if key_id {
            return Err(Rejection::Context("the value is the number of a key"));
        }
        if model::word_bits(value) > -6.0 {
            return Err(Rejection::Context(
                "some key, and its value is not a random one",
            ));
        }
    }
    if class == Class::Token && message::is_message(value) {
        return Err(Rejection::Context("the value is a message in base64"));
    }
    if class == Class::Token && is_name_of_secret(value) {
        return Err(Rejection::Context("the value is the name of a secret"));
    }
    let mut evidence = Evidence::default();
    form(value, &shape, &mut evidence);
    reads(value, &shape, &mut evidence);
    let like = same.len() >= 5 && (contains(&own, &same) || contains(&same, &own));
    evidence.add_if(Feature::LikeName, like);
    Ok(evidence)
}

/// How the value reads: random, words, or the words of placeholders.
fn reads(value: &[u8], shape: &Shape, evidence: &mut Evidence) {
    let bits = model::word_bits(value);
    let feature = match bits {
        b if b < -24.0 => Some(Feature::RandomVery),
        b if b < -9.0 => Some(Feature::RandomMuch),
        b if b < -1.0 => Some(Feature::RandomSome),
        // Few letters say little, and most words of that length are none of a secret.
        b if b < 3.0 && value.len() >= 6 => None,
        b if b < 12.0 => Some(Feature::WordsSome),
        _ => Some(Feature::WordsMuch),
    };
    if let Some(feature) = feature {
        evidence.add(feature);
    }
    let password = evidence.reads_as_words() && is_broken(value);
    evidence.add_if(Feature::WordsBroken, password);
    // Signs count once.
    evidence.add_if(Feature::Symbols, shape.symbols > shape.joints && !password);
    let covered = model::stock(value);
    if shape.letters() > 0 {
        // Signs and digits in plenty are somebody's own: `Pass123!@#`.
        let all = covered >= 0.95 && shape.letters() * 2 >= value.len();
        evidence.add_if(Feature::StockAll, all);
        evidence.add_if(Feature::StockMost, covered >= 0.6 && !all);
        evidence.add_if(Feature::StockSome, (0.34..0.6).contains(&covered));
    }
    evidence.add_if(
        Feature::LowEntropy,
        value.len() >= 8 && entropy(value) < 2.5,
    );
}

/// Whether a sign that no name has stands between two letters: `har$bour`.
fn is_broken(value: &[u8]) -> bool {
    let address = value.contains(&b'@') && value.contains(&b'.');
    let inside = |w: &[u8]| {
        w[0].is_ascii_alphabetic()
            && matches!(w[1], b'$' | b'!' | b'#' | b'%' | b'^' | b'*' | b'@')
            && w[2].is_ascii_alphanumeric()
    };
    !address && value.windows(3).any(inside)
}

/// What the value is made of.
fn form(value: &[u8], shape: &Shape, evidence: &mut Evidence) {
    let length = value.len();
    evidence.add(match length {
        0..6 => Feature::Under6,
        6..8 => Feature::Under8,
        8..12 => Feature::Under12,
        12..20 => Feature::Under20,
        20..41 => Feature::Under41,
        _ => Feature::Over40,
    });
    let hex = length >= 8 && value.iter().all(u8::is_ascii_hexdigit) && shape.digits > 0;
    let uuid = is_uuid(value);
    if uuid {
        evidence.add(Feature::Uuid);
    } else if shape.digits == length {
        evidence.add(Feature::DigitsOnly);
    } else if hex {
        evidence.add(Feature::Hex);
        evidence.add_if(Feature::Digest, matches!(length, 32 | 40 | 64 | 96 | 128));
    } else if shape.letters() == length {
        evidence.add(Feature::LettersOnly);
    } else if shape.digits > 0 && shape.letters() > 0 {
        evidence.add(Feature::LettersAndDigits);
    }
    let slug = shape.is_words() && shape.joints > 0;
    evidence.add_if(Feature::Slug, slug && !uuid);
    evidence.add_if(Feature::Blanks, value.contains(&b' '));
    evidence.add_if(Feature::NotAscii, !value.is_ascii());
    evidence.add_if(Feature::Dotted, shape.is_dotted_name(value));
    let cased = shape.lower > 0
        && shape.upper > 0
        && shape.letters() == length
        && value[0].is_ascii_lowercase()
        && one_case_at_a_time(value);
    let constant = shape.upper > 0
        && shape.lower == 0
        && value.contains(&b'_')
        && shape.symbols == shape.joints;
    evidence.add_if(Feature::CasedName, cased || constant);
}

/// How many characters of each class a value has.
struct Shape {
    lower: usize,
    upper: usize,
    digits: usize,
    symbols: usize,
    /// Signs that join words: `-`, `_`, `.`, `/`, `:`.
    joints: usize,
    /// Whether every piece between two signs is a word with at most a short number.
    words: bool,
}

impl Shape {
    fn of(value: &[u8]) -> Self {
        let count = |class: fn(&u8) -> bool| value.iter().filter(|b| class(b)).count();
        let pieces = value.split(|b| matches!(b, b'-' | b'_' | b'.' | b' ' | b':' | b'/' | b'#'));
        // `my-secret2`, `tokenV1`: letters with at most a short number at the end.
        let words = pieces.filter(|p| !p.is_empty()).all(|piece| {
            let letters = piece.iter().take_while(|b| b.is_ascii_alphabetic()).count();
            let rest = &piece[letters..];
            rest.len() <= 2
                && rest.iter().all(u8::is_ascii_digit)
                && one_case_at_a_time(&piece[..letters])
        });
        Self {
            lower: count(u8::is_ascii_lowercase),
            upper: count(u8::is_ascii_uppercase),
            digits: count(u8::is_ascii_digit),
            symbols: count(u8::is_ascii_punctuation),
            joints: count(|b| matches!(b, b'-' | b'_' | b'.' | b'/' | b':')),
            words,
        }
    }

    fn letters(&self) -> usize {
        self.lower + self.upper
    }

    /// Words joined by signs, such as a name in code or a slug.
    fn is_words(&self) -> bool {
        self.words && (self.symbols > 0 || self.digits == 0)
    }

    fn is_dotted_name(&self, value: &[u8]) -> bool {
        value.contains(&b'.')
            && value.split(|&b| b == b'.').all(|piece| {
                piece
                    .first()
                    .is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_')
                    && piece
                        .iter()
                        .all(|b| b.is_ascii_alphanumeric() || *b == b'_')
                    && piece.len() < 20
            })
    }
}

/// Letters as words have them: no more than a quarter of the steps change the case
/// the way a random string does.
pub(super) fn one_case_at_a_time(letters: &[u8]) -> bool {
    let odd = letters
        .windows(2)
        .filter(|w| w[0].is_ascii_lowercase() && w[1].is_ascii_uppercase())
        .count();
    odd * 4 <= letters.len()
}

pub(super) fn contains(hay: &[u8], part: &[u8]) -> bool {
    !part.is_empty() && hay.windows(part.len()).any(|w| w == part)
}

fn letters_of(text: &[u8]) -> Vec<u8> {
    text.iter()
        .filter(|b| b.is_ascii_alphabetic())
        .map(u8::to_ascii_lowercase)
        .collect()
}

/// Whether the value has the form of a digest in hexadecimal, as programs write them.
pub(super) fn is_digest(value: &[u8]) -> bool {
    let is_digit = |b: &u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
    matches!(value.len(), 32 | 40 | 64 | 96 | 128) && value.iter().all(is_digit)
}

/// Whether the value has the form of a UUID.
pub(super) fn is_uuid(value: &[u8]) -> bool {
    value.len() == 36
        && value.iter().enumerate().all(|(at, b)| {
            if matches!(at, 8 | 13 | 18 | 23) {
                *b == b'-'
            } else {
                b.is_ascii_hexdigit()
            }
        })
}
