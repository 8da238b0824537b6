//! What a value is, by its form, instead of a credential.

use super::about_value;
use super::syntax::{Assignment, Operator};
use super::value::contains;
use crate::filter::public;
use crate::model;

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
    "opaque",
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
    "yield",
    "previous",
    "existing",
    "expected",
    "const",
    "data",
    "char",
    "bytes",
    "varchar",
    "strong",
    "yes",
    "off",
    "inherit",
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

/// What a value is instead of a credential.
pub(super) fn not_a_value(value: &[u8], assignment: &Assignment) -> Option<&'static str> {
    if !value
        .iter()
        .all(|b| b.is_ascii_graphic() || *b == b' ' || *b >= 0x80)
    {
        return Some("the value is not printable");
    }
    // `(with password_confirm=true)`, `pass = yield* …`
    let signs = value
        .iter()
        .rev()
        .take_while(|b| matches!(b, b')' | b'*' | b'.' | b';'));
    let word = match assignment.quoted {
        true => value,
        false => &value[..value.len() - signs.count()],
    };
    if WORDS
        .iter()
        .any(|w| word.eq_ignore_ascii_case(w.as_bytes()))
    {
        return Some("the value is a word for a secret");
    }
    // The next of a list follows: `issecret=true;]$name`.
    if !assignment.quoted
        && let Some(end) = memchr::memchr(b';', value)
    {
        let is_word = |w: &&str| value[..end].eq_ignore_ascii_case(w.as_bytes());
        if WORDS.iter().any(is_word) {
            return Some("the value is a word for a secret");
        }
    }
    // `"password": "LDAP"` says where it is checked.
    if assignment.quoted && value.len() < 6 && value.iter().all(u8::is_ascii_uppercase) {
        return Some("the value is the name of a method");
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
    if is_reference(value)
        || assignment.template && (has(b"{") || has(b"$"))
        || assignment.quoted && has_hole(value)
    {
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
    if value.starts_with(b"&lt;") {
        return Some("the value is markup");
    }
    let opens = matches!(value[0], b'{' | b'[' | b'(' | b'<');
    let whole = value.strip_suffix(b"\\n").unwrap_or(value);
    if opens && (!assignment.quoted || matches!(whole.last(), Some(b'}' | b']' | b')' | b'>')))
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
    // `"Invalid key: '" + name + "'"`: the quotes belong to the strings on either side.
    let joins = assignment.quoted && value.contains(&b'+') && (has(b"'+") || has(b"+'"));
    if value.starts_with(b"\"+") || value.starts_with(b"'+") || joins || is_code(value) {
        return Some("the value is an expression");
    }
    let next = !assignment.quoted && value.starts_with(b"--") && value.len() > 2;
    if next || assignment.operator == Operator::Argument && value.starts_with(b"-") {
        return Some("the value is an option");
    }
    None
}

/// Whether a name in braces stands in the value: `format!` and its like put something there.
fn has_hole(value: &[u8]) -> bool {
    let mut rest = value;
    while let Some(open) = memchr::memchr(b'{', rest) {
        rest = &rest[open + 1..];
        let name = rest
            .iter()
            .take_while(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || **b == b'_')
            .count();
        let is_name = rest.first().is_some_and(u8::is_ascii_lowercase) && name >= 2;
        if is_name && matches!(rest.get(name), Some(b'}' | b':')) {
            return true;
        }
    }
    false
}

/// Whether the value is a piece of a program in one line: what stands between two strings.
fn is_code(value: &[u8]) -> bool {
    let ends_statement = contains(value, b");") || contains(value, b"};");
    let has_bracket = matches!(value[0], b')' | b']' | b'}') || contains(value, b"(");
    ends_statement && has_bracket && value.contains(&b'=')
        || matches!(value[0], b')' | b']') && value.contains(&b';') && value.contains(&b'=')
}

/// What a value is that has a form of its own and is no credential.
pub(super) fn not_secret(value: &[u8]) -> Option<&'static str> {
    if value.starts_with(b"-----BEGIN") {
        return Some("the value is a PEM block, which has rules of its own");
    }
    let cut = contains(value, b"...") && !contains(value, b"....");
    if cut || value.ends_with(b"...") || value.ends_with("\u{2026}".as_bytes()) {
        return Some("the value is cut short");
    }
    if about_value::is_marked_hash(value) {
        return Some("the value is a hash");
    }
    if about_value::is_place_in_data(value) {
        return Some("the value is a place in data");
    }
    if is_pattern(value) {
        return Some("the value is a pattern");
    }
    if is_date_format(value) || is_time(value) {
        return Some("the value is a date, or how dates are written");
    }
    if about_value::is_colour(value) {
        return Some("the value is a colour");
    }
    if public::is_public_key(value) {
        return Some("the value is a public key");
    }
    // `AKIA…/20130524/us-east-1/s3/aws4_request` names the key that signed.
    if value.ends_with(b"aws4_request") {
        return Some("the value says which key signed a request");
    }
    if contains(value, b"\\u") || contains(value, b"\\x") {
        return Some("the value is written in escapes");
    }
    if is_version(value) {
        return Some("the value is a version");
    }
    if is_dotted_number(value) {
        return Some("the value is an object identifier or an address");
    }
    if about_value::spells_words(value) {
        return Some("the value encodes the words of placeholders");
    }
    let spells = |plain: Vec<u8>| {
        let letters = plain.iter().all(|b| b.is_ascii_alphabetic() || *b == b' ');
        model::stock(&plain) >= if letters { 0.4 } else { 0.9 }
    };
    if crate::filter::checksum::basic(value).is_some_and(spells) {
        return Some("the value encodes the words of placeholders");
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
    let marks: [&[u8]; 5] = [b"{}", b"{0}", b"#{", b"\" +", b"' +"];
    // `token-%d`, while in `49!@#$%dfd` signs stand in a row.
    let formats = |w: &[u8]| {
        w[1] == b'%' && matches!(w[2], b's' | b'd' | b'v') && !b"!@#$^&*".contains(&w[0])
    };
    let begins = matches!(value, [b'%', b's' | b'd' | b'v', ..]);
    let percent = value.contains(&b'%');
    // `%[2]s`, as Go numbers what is put in.
    let numbered = |w: &[u8]| w.starts_with(b"%[") && w[2].is_ascii_digit() && w[3] == b']';
    if marks.iter().any(|mark| has(mark))
        || begins
        || percent && (value.windows(3).any(formats) || value.windows(4).any(numbered))
    {
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

/// Whether the value is a regular expression: `s\.([A-Za-z0-9]+)`.
fn is_pattern(value: &[u8]) -> bool {
    // Nobody's password has the start of a group in it.
    if contains(value, b"(?:") {
        return true;
    }
    const MARKS: [&[u8]; 8] = [
        b"[A-Z", b"[a-z", b"[A-F", b"[a-f", b"[0-9", b"(?:", b"[^", b"\\d",
    ];
    // `.+$` and `.*)` are the ends of one.
    let ends = |w: &[u8]| {
        w[0] == b'.' && matches!(w[1], b'+' | b'*') && matches!(w[2], b'$' | b')' | b'\\')
    };
    if value.windows(3).any(ends) {
        return true;
    }
    let repeats = value
        .iter()
        .any(|b| matches!(b, b'+' | b'*' | b'{' | b'$' | b')'));
    repeats && MARKS.iter().any(|mark| contains(value, mark))
}

/// `yyyymmdd`, `YYYY-MM-DD HH:mm`.
fn is_date_format(value: &[u8]) -> bool {
    let year = value.windows(4).any(|w| w.eq_ignore_ascii_case(b"yyyy"));
    year && value
        .iter()
        .all(|b| b"ymdhstz-/:_. ".contains(&b.to_ascii_lowercase()))
}

/// `2022-08-25T09:26:05Z`.
fn is_time(value: &[u8]) -> bool {
    let digit = |at: usize| value.get(at).is_some_and(u8::is_ascii_digit);
    let day = [0, 1, 2, 3, 5, 6, 8, 9].into_iter().all(digit);
    day && value[4] == b'-'
        && value[7] == b'-'
        && value[10..]
            .iter()
            .all(|b| b.is_ascii_digit() || b"TZ:.+- ".contains(b))
}

/// `1.2.840.113549.1.9.7`, `10.0.0.1`.
fn is_dotted_number(value: &[u8]) -> bool {
    let digits = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    value.split(|b| *b == b'.').count() >= 4 && value.split(|b| *b == b'.').all(digits)
}

/// `^4.0.0`, `v1.2`, `1.0.0-rc1`.
fn is_version(value: &[u8]) -> bool {
    let start = value.iter().take_while(|b| b"^~<>=v ".contains(b)).count();
    let number = &value[start..];
    let length = number
        .iter()
        .take_while(|b| b.is_ascii_digit() || **b == b'.')
        .count();
    value.len() <= 16
        && number[..length].contains(&b'.')
        && number[0].is_ascii_digit()
        && length + 6 >= number.len()
}
