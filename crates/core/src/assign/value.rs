//! Is the value one that a credential has, and how sure is that?

use super::name::Class;
use super::role::FileKind;
use super::syntax::{Assignment, Operator};
use crate::filter::{Rejection, entropy, placeholder};
use crate::vocabulary::Confidence;

const SHORTEST_PASSWORD: usize = 5;
const SHORTEST_TOKEN: usize = 8;

/// Values that say what a secret is, or that there is none; lower case.
const WORDS: &[&str] = &[
    "null",
    "none",
    "nil",
    "true",
    "false",
    "undefined",
    "string",
    "secret",
    "password",
    "passwd",
    "passphrase",
    "token",
    "bearer",
    "basic",
    "plain",
    "plaintext",
    "hidden",
    "required",
    "optional",
    "default",
    "empty",
    "unset",
    "invalid",
    "unknown",
    "encrypted",
    "masked",
    "username",
    "user",
    "admin",
    "test",
    "text",
    "value",
    "disabled",
    "enabled",
    "private",
    "public",
    "credentials",
    "credential",
    "apikey",
    "access_token",
    "refresh_token",
    "id_token",
    "client_secret",
];

/// How sure it is that `value` is a credential, or why it is none.
pub(super) fn judge(
    value: &[u8],
    name: &[u8],
    class: Class,
    assignment: &Assignment,
) -> Result<Confidence, Rejection> {
    if let Some(why) = placeholder(value) {
        return Err(Rejection::Placeholder(why));
    }
    if let Some(why) = not_a_value(value, name, assignment) {
        return Err(Rejection::Context(why));
    }
    match class {
        Class::Password => password(value, assignment),
        Class::Token => token(value, assignment),
        Class::Key => some_key(value, assignment),
    }
}

/// What a value is instead of a credential.
fn not_a_value(value: &[u8], name: &[u8], assignment: &Assignment) -> Option<&'static str> {
    if !value
        .iter()
        .all(|b| b.is_ascii_graphic() || *b == b' ' || *b >= 0x80)
    {
        return Some("the value is not printable");
    }
    if WORDS
        .iter()
        .any(|w| value.eq_ignore_ascii_case(w.as_bytes()))
        || letters_of(value) == letters_of(name)
    {
        return Some("the value is a word for a secret");
    }
    if value.contains(&b' ') {
        return Some("the value is a sentence");
    }
    let has = |part: &[u8]| value.windows(part.len()).any(|w| w == part);
    // `$name`, `$object.name`, `$list[0]`, `$this->name`
    if value.starts_with(b"$")
        && value[1..]
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || b"_.[]->:".contains(b))
        || value.starts_with(b"@")
        || value.starts_with(b"%") && value.ends_with(b"%")
        || assignment.template && (has(b"{") || has(b"$"))
        || has(b"{}")
        || has(b"%s")
        || has(b"%d")
        || has(b"{0}")
        || has(b"#{")
    {
        return Some("the value is a reference or a template");
    }
    if [
        b"process.env".as_slice(),
        b"os.environ",
        b"getenv",
        b"env.",
        b"ENV[",
        b"secrets.",
        b"vault:",
        b"op://",
        b"ref+",
        b"arn:",
        b"!vault",
        b"ENC[",
        b"ssm:",
        b"keyring",
    ]
    .iter()
    .any(|mark| value.starts_with(mark))
    {
        return Some("the value is a reference");
    }
    if has(b"://")
        || value.starts_with(b"/")
        || value.starts_with(b"./")
        || value.starts_with(b"../")
        || value.starts_with(b"~/")
        || has(b"\\\\")
        || is_file_name(value)
    {
        return Some("the value is a path or an address");
    }
    if value.starts_with(b"{")
        || value.starts_with(b"[")
        || value.starts_with(b"(")
        || value.starts_with(b"<")
        || value.starts_with(b"&")
        || value.starts_with(b"*")
    {
        return Some("the value is an expression");
    }
    if !assignment.quoted
        && (value.contains(&b'(') || matches!(value.last(), Some(b'[' | b'{' | b'.')))
        || value.ends_with(b"()")
        || value.ends_with(b");")
    {
        return Some("the value is an expression");
    }
    None
}

fn password(value: &[u8], assignment: &Assignment) -> Result<Confidence, Rejection> {
    if value.len() < SHORTEST_PASSWORD {
        return Err(Rejection::Length(value.len()));
    }
    let shape = Shape::of(value);
    if shape.digits == value.len() {
        return Ok(Confidence::Hint);
    }
    if shape.is_dotted_name(value) && shape.symbols > 0 && (!assignment.quoted || shape.digits == 0)
    {
        return Err(Rejection::Context("the value is a name"));
    }
    let mixed = shape.digits > 0 && shape.letters() > 0
        || shape.symbols > 0 && shape.letters() > 0 && !shape.is_words();
    if shape.is_words() && shape.symbols > 0 {
        return Err(Rejection::Context("the value is made of words"));
    }
    if assignment.kind == FileKind::Prose && !assignment.quoted {
        return if mixed {
            Ok(Confidence::Hint)
        } else {
            Err(Rejection::Context("a word in prose"))
        };
    }
    if assignment.operator == Operator::Compare || assignment.operator == Operator::Argument {
        return if mixed {
            Ok(Confidence::Hint)
        } else {
            Err(Rejection::Context("a word that is passed or compared"))
        };
    }
    Ok(if mixed {
        Confidence::Probable
    } else {
        Confidence::Hint
    })
}

fn token(value: &[u8], assignment: &Assignment) -> Result<Confidence, Rejection> {
    if value.len() < SHORTEST_TOKEN {
        return Err(Rejection::Length(value.len()));
    }
    let shape = Shape::of(value);
    if shape.digits == 0 || shape.letters() == 0 {
        return Err(Rejection::Context("the value has no letters or no digits"));
    }
    if shape.is_words() || shape.is_dotted_name(value) {
        return Err(Rejection::Context("the value is made of words"));
    }
    let bits = entropy(value);
    let least = if value.len() < 16 { 2.8 } else { 3.0 };
    if bits < least {
        return Err(Rejection::Entropy(bits));
    }
    // An argument may be anything that the function likes, so it must look the part.
    let bound = match assignment.operator {
        Operator::Set | Operator::Element => true,
        Operator::Argument => value.len() >= 20 && bits >= 3.5,
        Operator::Compare => false,
    };
    let sure = value.len() >= 16
        && bits >= 3.2
        && !is_uuid(value)
        && bound
        && (assignment.quoted || assignment.kind != FileKind::Prose);
    Ok(if sure {
        Confidence::Probable
    } else {
        Confidence::Hint
    })
}

/// A key of anything: only what nobody would make up counts.
fn some_key(value: &[u8], assignment: &Assignment) -> Result<Confidence, Rejection> {
    let shape = Shape::of(value);
    let bits = entropy(value);
    if value.len() < 20 || shape.digits < 2 {
        return Err(Rejection::Context(
            "some key, and its value is not a random one",
        ));
    }
    if bits < 3.4 {
        return Err(Rejection::Entropy(bits));
    }
    token(value, assignment)
}

/// How many characters of each class a value has.
struct Shape {
    lower: usize,
    upper: usize,
    digits: usize,
    symbols: usize,
    /// The longest stretch between two signs that is not letters only.
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
fn one_case_at_a_time(letters: &[u8]) -> bool {
    let odd = letters
        .windows(2)
        .filter(|w| w[0].is_ascii_lowercase() && w[1].is_ascii_uppercase())
        .count();
    odd * 4 <= letters.len()
}

fn letters_of(text: &[u8]) -> Vec<u8> {
    text.iter()
        .filter(|b| b.is_ascii_alphabetic())
        .map(u8::to_ascii_lowercase)
        .collect()
}

fn is_file_name(value: &[u8]) -> bool {
    const ENDINGS: &[&[u8]] = &[
        b".json",
        b".yml",
        b".yaml",
        b".txt",
        b".pem",
        b".key",
        b".crt",
        b".cer",
        b".p12",
        b".pfx",
        b".jks",
        b".js",
        b".ts",
        b".py",
        b".rb",
        b".go",
        b".php",
        b".html",
        b".htm",
        b".xml",
        b".conf",
        b".cfg",
        b".ini",
        b".properties",
        b".env",
        b".sh",
        b".md",
        b".csv",
        b".com",
        b".org",
        b".png",
        b".svg",
        b".gif",
    ];
    ENDINGS.iter().any(|ending| value.ends_with(ending))
}

fn is_uuid(value: &[u8]) -> bool {
    value.len() == 36
        && value.iter().enumerate().all(|(at, b)| {
            if matches!(at, 8 | 13 | 18 | 23) {
                *b == b'-'
            } else {
                b.is_ascii_hexdigit()
            }
        })
}
