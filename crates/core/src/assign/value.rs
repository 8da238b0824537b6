//! What the value is: what it says by itself, and what rules it out.

use super::name::Class;
use super::score::{Evidence, Feature};
use super::syntax::{Assignment, Operator};
use crate::filter::{Rejection, entropy, placeholder};
use crate::model;

const SHORTEST_PASSWORD: usize = 4;
const SHORTEST_TOKEN: usize = 6;

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
    "static",
    "final",
    "return",
    "print",
    "echo",
    "export",
    "prompt",
    "never",
    "always",
    "auto",
    "manual",
    "number",
    "boolean",
    "object",
    "function",
    "lambda",
    "async",
    "await",
    "const",
    "data",
    "char",
    "bytes",
    "varchar",
    "strong",
    "yes",
    "off",
    "wachtwoord",
    "parola",
    "parole",
    "contrasena",
    "haslo",
    "heslo",
    "salasana",
    "losenord",
    "lozinka",
    "senha",
    "passord",
    "adgangskode",
    "passwort",
    "kennwort",
    "motdepasse",
    "contrasenya",
    "sandi",
    "geslo",
    "sifre",
];

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
    if value.len() < least {
        return Err(Rejection::Length(value.len()));
    }
    if let Some(why) = not_a_value(value, assignment) {
        return Err(Rejection::Context(why));
    }
    if let Some(why) = placeholder(value) {
        return Err(Rejection::Placeholder(why));
    }
    let shape = Shape::of(value);
    let mut evidence = Evidence::default();
    form(value, &shape, &mut evidence);
    reads(value, &shape, &mut evidence);
    let same = letters_of(value);
    let like = !same.is_empty() && {
        let own = letters_of(name);
        same == own || same.len() >= 5 && (contains(&own, &same) || contains(&same, &own))
    };
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
        b if b < 3.0 => None,
        b if b < 12.0 => Some(Feature::WordsSome),
        _ => Some(Feature::WordsMuch),
    };
    if let Some(feature) = feature {
        evidence.add(feature);
    }
    let covered = model::stock(value);
    if shape.letters() > 0 {
        evidence.add_if(Feature::StockAll, covered >= 0.95);
        evidence.add_if(Feature::StockMost, (0.6..0.95).contains(&covered));
        evidence.add_if(Feature::StockSome, (0.34..0.6).contains(&covered));
    }
    evidence.add_if(
        Feature::LowEntropy,
        value.len() >= 8 && entropy(value) < 2.5,
    );
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
    evidence.add_if(Feature::Symbols, shape.symbols > shape.joints);
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

/// What a value is instead of a credential.
fn not_a_value(value: &[u8], assignment: &Assignment) -> Option<&'static str> {
    if !value
        .iter()
        .all(|b| b.is_ascii_graphic() || *b == b' ' || *b >= 0x80)
    {
        return Some("the value is not printable");
    }
    if WORDS
        .iter()
        .any(|w| value.eq_ignore_ascii_case(w.as_bytes()))
    {
        return Some("the value is a word for a secret");
    }
    let beyond = value.iter().filter(|b| **b >= 0x80).count();
    if beyond * 2 > value.len() {
        return Some("the value is a text in another script");
    }
    let blanks = value.iter().filter(|b| **b == b' ').count();
    if blanks > 2 || blanks > 0 && (!assignment.quoted || value.len() > 32) {
        return Some("the value is a sentence");
    }
    let has = |part: &[u8]| contains(value, part);
    if is_reference(value) || assignment.template && (has(b"{") || has(b"$")) {
        return Some("the value is a reference or a template");
    }
    if has(b"://")
        || [b"/".as_slice(), b"./", b"../", b"~/"]
            .iter()
            .any(|mark| value.starts_with(mark))
            && !is_base64(value)
        || has(b"\\\\")
        || is_file_name(value)
    {
        return Some("the value is a path or an address");
    }
    let opens = matches!(value[0], b'{' | b'[' | b'(' | b'<');
    if opens && (!assignment.quoted || matches!(value[value.len() - 1], b'}' | b']' | b')' | b'>'))
        || !assignment.quoted && matches!(value[0], b'&' | b'*' | b'|' | b'>' | b'!')
    {
        return Some("the value is an expression");
    }
    if !assignment.quoted
        && (value.contains(&b'(')
            || has(b"=>")
            || has(b"::")
            || has(b"->")
            || has(b"==")
            || matches!(value.last(), Some(b'[' | b'{' | b'.')))
        || value.ends_with(b"()")
        || value.ends_with(b");")
    {
        return Some("the value is an expression");
    }
    if matches!(assignment.operator, Operator::Argument) && value.starts_with(b"-") {
        return Some("the value is an option");
    }
    None
}

/// Whether the value names a place where the credential is kept, or is a template.
fn is_reference(value: &[u8]) -> bool {
    let has = |part: &[u8]| contains(value, part);
    // `$name`, `$object.name`, `$list[0]`, `$this->name`
    if value.starts_with(b"$")
        && value[1..]
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || b"_.[]->:".contains(b))
        && value.get(1).is_some_and(|b| !b.is_ascii_digit())
    {
        return true;
    }
    if value.starts_with(b"@")
        && value[1..]
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || b"_./:".contains(b))
        || value.starts_with(b":")
            && value[1..]
                .iter()
                .all(|b| b.is_ascii_alphabetic() || *b == b'_')
        || value.starts_with(b"%") && value.ends_with(b"%")
    {
        return true;
    }
    let marks: [&[u8]; 8] = [b"{}", b"%s", b"%d", b"%v", b"{0}", b"#{", b"\" +", b"' +"];
    if marks.iter().any(|mark| has(mark)) {
        return true;
    }
    const STARTS: &[&[u8]] = &[
        b"process.env",
        b"os.environ",
        b"getenv",
        b"env.",
        b"env:",
        b"ENV[",
        b"secrets.",
        b"vault:",
        b"op://",
        b"ref+",
        b"arn:",
        b"!vault",
        b"ENC[",
        b"ENC(",
        b"ssm:",
        b"keyring",
        b"$ANSIBLE_VAULT",
        b"{cipher}",
        b"self.",
        b"this.",
        b"config.",
        b"$(",
        b"`",
        b"file:",
        b"awssm:",
        b"gcpsm:",
        b"kms:",
        b"secretsmanager:",
        b"data.",
        b"var.",
        b"local.",
        b"module.",
        b"options.",
        b"settings.",
        b"params.",
        b"args.",
        b"props.",
        b"req.",
        b"request.",
    ];
    STARTS.iter().any(|mark| value.starts_with(mark))
        && !(value[0] == b'`' && value.len() > 6 && !value.ends_with(b"`"))
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
fn one_case_at_a_time(letters: &[u8]) -> bool {
    let odd = letters
        .windows(2)
        .filter(|w| w[0].is_ascii_lowercase() && w[1].is_ascii_uppercase())
        .count();
    odd * 4 <= letters.len()
}

fn contains(hay: &[u8], part: &[u8]) -> bool {
    !part.is_empty() && hay.windows(part.len()).any(|w| w == part)
}

fn letters_of(text: &[u8]) -> Vec<u8> {
    text.iter()
        .filter(|b| b.is_ascii_alphabetic())
        .map(u8::to_ascii_lowercase)
        .collect()
}

/// Base64 may start with a slash, which looks like a path.
fn is_base64(value: &[u8]) -> bool {
    value.len() >= 20
        && value
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='))
        && value.iter().any(u8::is_ascii_digit)
        && value.iter().any(u8::is_ascii_uppercase)
        && model::word_bits(value) < -24.0
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
        b".enc",
        b".pub",
        b".der",
        b".asc",
        b".gpg",
        b".java",
        b".class",
        b".cpp",
        b".jar",
        b".log",
        b".dat",
        b".bin",
        b".aspx",
        b".jsp",
        b".keystore",
        b".tpl",
        b".toml",
        b".cs",
        b".tsx",
        b".vue",
        b".sql",
        b".db",
        b".ps1",
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
