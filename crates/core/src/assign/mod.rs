//! The detector for values that have no shape of their own: `password = "…"`,
//! `"api_key": "…"`, YAML, env files, XML, headers, command flags.
//!
//! Around an anchor word it reads the whole name, the operator and the value, and
//! judges all three. It looks at a bounded stretch of one place, so that the same
//! bytes always give the same answer.

mod about;
mod about_value;
mod forms;
mod known;
mod message;
mod name;
mod near;
mod reject;
mod role;
mod score;
mod syntax;
mod value;
mod words;

use crate::filter::Rejection;
use crate::looked::Looked;
use crate::lower::LoweredAnchor;
use crate::scan::Blob;
use crate::span::Span;
use crate::vocabulary::Confidence;

pub use role::{FileKind, Role};
pub use score::Weighing;

use forms::Cursor;
use name::Class;
pub(crate) use score::Evidence;
use score::Feature;
use syntax::{Assignment, Operator};

/// The longest stretch that one assignment may take: name, operator and value.
/// Comments are told by the start of their line, and companions by the lines around,
/// which are looked for no farther than that.
pub(crate) const MAX_LENGTH: usize =
    role::LINE_REACH + name::MAX + syntax::MAX_GLUE + syntax::MAX_VALUE;

/// An assignment as files of all kinds have it.
#[derive(Default)]
pub(crate) struct Readings {
    /// In the order of [`FileKind::ALL`].
    by_kind: [Option<Reading>; FileKind::ALL.len()],
    /// The bytes that said so.
    looked: Looked,
}

impl Readings {
    /// What it is, each with the number of its kind.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (usize, &Reading)> {
        let numbered = self.by_kind.iter().enumerate();
        numbered.filter_map(|(number, reading)| Some((number, reading.as_ref()?)))
    }

    /// Which bytes said so.
    pub(crate) fn looked(&self) -> Looked {
        self.looked
    }
}

/// How far before a name is looked to read it: an escape, the start of an element.
const BEFORE_NAME: usize = 32;

/// How far before a name is looked to judge its value.
fn before_value(bytes: &[u8], name: Span) -> usize {
    match bytes[..name.start].last() {
        Some(b':' | b'?' | b'&') => role::LINE_REACH + BEFORE_NAME,
        _ => BEFORE_NAME,
    }
}

/// Words, one of which stands in every name that this detector looks at. Lower case;
/// `key` alone is too common, so it comes with what makes a key a secret.
const ANCHORS: &[&str] = &[
    "secret",
    "passw",
    "passphrase",
    "passcode",
    "_pass",
    "-pass",
    ".pass",
    "userpass",
    "dbpass",
    "pass=",
    "pass ",
    "pass:",
    "pass\"",
    "pass'",
    "pass>",
    "pass)",
    "pswd",
    "_pw",
    "authcode",
    "auth_code",
    "pw=",
    "pw:",
    "kennwort",
    "contrasena",
    "motdepasse",
    "senha",
    "pwd",
    "token",
    "credential",
    "api_key",
    "apikey",
    "api-key",
    "api.key",
    "access_key",
    "accesskey",
    "access-key",
    "private_key",
    "privatekey",
    "private-key",
    "auth_key",
    "authkey",
    "auth-key",
    "encryption_key",
    "encryptionkey",
    "encryption-key",
    "signing_key",
    "signingkey",
    "signing-key",
    "master_key",
    "masterkey",
    "master-key",
    "account_key",
    "accountkey",
    "storage_key",
    "storagekey",
    "shared_key",
    "sharedkey",
    "app_key",
    "appkey",
    "client_key",
    "clientkey",
    "service_key",
    "servicekey",
    "crypt_key",
    "cryptkey",
    "aes_key",
    "aeskey",
    "hmac_key",
    "hmackey",
    "session_key",
    "sessionkey",
    "webhook_key",
    "license_key",
    "licensekey",
    "deploy_key",
    "admin_key",
    "adminkey",
    "ssh_key",
    "sshkey",
    "_key",
    "-key",
    "key=",
    "key =",
    "key:",
    "key\"",
    "key'",
    "key>",
    "auth\"",
    "auth'",
    "auth=",
    "auth:",
    "auth =",
];

/// The anchors of the detector, as a rule has them.
pub(crate) fn anchors() -> Vec<LoweredAnchor> {
    ANCHORS
        .iter()
        .map(|word| LoweredAnchor {
            literal: word.as_bytes().to_vec(),
            ignore_case: true,
            min_offset: 0,
            max_offset: name::MAX,
            follow: Vec::new(),
            is_word: false,
            rarest: crate::common::rarest(word.as_bytes()),
        })
        .collect()
}

/// An assignment: all of it, and the value.
pub(crate) struct Found {
    pub(crate) span: Span,
    pub(crate) value: Span,
}

/// An assignment as a file of one kind has it, before the file's role is asked.
pub(crate) struct Reading {
    pub(crate) found: Found,
    /// What the name and the value say by themselves.
    pub(crate) verdict: Result<Evidence, Rejection>,
    /// Where the name starts: a comment there may change the role.
    name: usize,
    kind: FileKind,
}

impl Reading {
    /// Whether code in production would call the place a comment.
    pub(crate) fn is_comment(&self, bytes: &[u8]) -> bool {
        Role::Production.at(bytes, self.name, self.kind) != Role::Production
    }
}

/// How sure the evidence makes in a file of this role.
pub(crate) fn temper(
    evidence: Evidence,
    role: Role,
    is_comment: bool,
) -> Result<Confidence, Rejection> {
    role.admits()?;
    let evidence = evidence.in_role(role, is_comment);
    evidence
        .confidence()
        .ok_or(Rejection::Unlikely(Weighing::of(evidence)))
}

/// Reads the assignment around the anchor word, if there is one, and judges it.
pub(crate) fn examine(
    blob: &Blob<'_>,
    anchor: Span,
) -> Option<(Found, Result<Confidence, Rejection>)> {
    let reading = read(blob.bytes, anchor, FileKind::of(blob.path))?;
    let is_comment = reading.is_comment(blob.bytes);
    let verdict = reading
        .verdict
        .and_then(|evidence| temper(evidence, Role::of(blob.path), is_comment));
    Some((reading.found, verdict))
}

/// What made the detector as sure as it is of the assignment that starts here.
pub(crate) fn weigh(blob: &Blob<'_>, found: Span) -> Option<Weighing> {
    let anchor = Span::new(found.start, found.start + 1);
    let reading = read(blob.bytes, anchor, FileKind::of(blob.path))?;
    let is_comment = reading.is_comment(blob.bytes);
    let evidence = reading.verdict.ok()?;
    Some(Weighing::of(
        evidence.in_role(Role::of(blob.path), is_comment),
    ))
}

/// Reads the assignment around the anchor word as a file of this kind has it.
pub(crate) fn read(bytes: &[u8], anchor: Span, kind: FileKind) -> Option<Reading> {
    let name = name::around(bytes, anchor);
    let assignment = syntax::read(bytes, name, kind)?;
    let verdict = match name::judge(name.of(bytes)) {
        Err(why) => Err(Rejection::Context(why)),
        Ok(named) => judge_value(bytes, name, &named, &assignment)
            .and_then(|evidence| judge_all(bytes, name, &named, &assignment, evidence)),
    };
    Some(Reading::new(name, &assignment, verdict))
}

/// Reads it as files of all kinds have it, and says how far around the anchor word it looked
/// for that: most words are told by the few bytes behind their name.
pub(crate) fn read_all(bytes: &[u8], anchor: Span) -> Readings {
    let name = name::around(bytes, anchor);
    let mut readings = Readings::default();
    let mut cursor = Cursor::new(bytes, name.end, syntax::MAX_GLUE);
    let head = syntax::head(&mut cursor, name);
    let mut back = BEFORE_NAME;
    // An anchor word may end behind the name, and a name before signs that were looked at.
    let is_cut = matches!(bytes.get(name.end), Some(b'.' | b'-' | b'$'));
    let beside = if is_cut { name::MAX } else { forms::AHEAD };
    let mut seen = cursor.seen().max(anchor.end + beside);
    let named = head.and_then(|head| Some((head, name::judge(name.of(bytes)).ok()?)));
    if let Some((head, named)) = named {
        // Files of most kinds have the same value there, and what it is by itself is asked
        // once.
        let mut known: Option<(Assignment, Result<Evidence, Rejection>)> = None;
        for (kind, reading) in FileKind::ALL.into_iter().zip(&mut readings.by_kind) {
            let mut cursor = cursor;
            let found = syntax::value(&mut cursor, head, kind);
            seen = seen.max(cursor.seen());
            seen = seen.max(syntax::seen_of_value(bytes, cursor.at));
            let Some(assignment) = found else {
                continue;
            };
            back = back.max(before_value(bytes, name));
            let own = match &known {
                Some((same, own)) if same.is_like(&assignment) => own.clone(),
                _ => judge_value(bytes, name, &named, &assignment),
            };
            known = Some((assignment, own.clone()));
            let verdict = own.and_then(|evidence| {
                let verdict = judge_all(bytes, name, &named, &assignment, evidence);
                if !matches!(verdict, Err(Rejection::Unlikely(_))) {
                    back = role::LINE_REACH + BEFORE_NAME;
                    seen = seen.max(assignment.end + near::REACH + BEFORE_NAME);
                }
                verdict
            });
            *reading = Some(Reading::new(name, &assignment, verdict));
        }
    }
    readings.looked = Looked::new(anchor.start - name.start + back, seen - anchor.start);
    readings
}

impl Reading {
    fn new(name: Span, assignment: &Assignment, verdict: Result<Evidence, Rejection>) -> Self {
        Self {
            found: Found {
                span: Span::new(name.start, assignment.end),
                value: assignment.value,
            },
            verdict,
            name: name.start,
            kind: assignment.kind,
        }
    }
}

/// What the value says by itself, in files of any kind.
fn judge_value(
    bytes: &[u8],
    name: Span,
    named: &name::Named,
    assignment: &Assignment,
) -> Result<Evidence, Rejection> {
    if named.asks && assignment.operator == Operator::Argument {
        return Err(Rejection::Context(
            "the value is what a function looks a secret up by",
        ));
    }
    if is_part_of_a_sentence(bytes, assignment) {
        return Err(Rejection::Context("a sentence goes on behind the value"));
    }
    // `.lock-password:before {`
    let behind = &bytes[assignment.end..bytes.len().min(assignment.end + 2)];
    if !assignment.quoted && behind == b" {" {
        return Err(Rejection::Context("the value is a part of a selector"));
    }
    let value = assignment.value.of(bytes);
    // `nextToken == "import"`: a program reads its own language.
    let word = |value: &[u8]| value.len() < 12 && value.iter().all(u8::is_ascii_lowercase);
    if assignment.operator == Operator::Compare && named.class == Class::Token && word(value) {
        return Err(Rejection::Context(
            "a piece of a text is compared with a word",
        ));
    }
    // The keys of parts in a list, `key:"1lakjw"`, are that short, and names of data:
    // `cookieKey = "CN_xid"`.
    if named.class == Class::Key && value.len() < 8 {
        return Err(Rejection::Length(value.len()));
    }
    // `{key:"getMinY",value:function(){…`: a member of a class, as compilers write it.
    if named.alone && bytes[assignment.end..].starts_with(b"\",value:") {
        return Err(Rejection::Context("the value is a name"));
    }
    // `Id="FFmpegPath" Key="FFmpegPath"`
    let capitals = value.iter().filter(|b| b.is_ascii_uppercase()).count();
    let letters = value.len() < 20 && value.iter().all(u8::is_ascii_alphabetic);
    if named.alone && letters && (1..=value.len() / 3).contains(&capitals) {
        return Err(Rejection::Context("the value is a name"));
    }
    // `phase2="auth=MSCHAPV2"`
    if named.alone && value.len() < 12 && !value.iter().any(u8::is_ascii_lowercase) {
        return Err(Rejection::Context("the value is the name of a method"));
    }
    // `'passwords' => 'users'` says where they are kept.
    if named.plural && value.iter().all(u8::is_ascii_lowercase) {
        return Err(Rejection::Context("the name is that of many"));
    }
    // What `key` alone says of a UUID or a digest is that it finds something.
    if named.alone && (value::is_uuid(value) || value::is_digest(value)) {
        return Err(Rejection::Context("the value is an identifier"));
    }
    if named.once && value::is_uuid(value) {
        return Err(Rejection::Context(
            "the value makes a call happen once, and opens nothing",
        ));
    }
    if about_value::is_sealed(value, &bytes[assignment.end..]) {
        return Err(Rejection::Context("the value is encrypted"));
    }
    if let Some(why) = about_value::part_of_something(bytes, name) {
        return Err(Rejection::Context(why));
    }
    value::judge(value, name.of(bytes), named.class, assignment)
}

/// What the name, the value and what stands near them say together.
fn judge_all(
    bytes: &[u8],
    name: Span,
    named: &name::Named,
    assignment: &Assignment,
    mut evidence: Evidence,
) -> Result<Evidence, Rejection> {
    promise(named, &mut evidence);
    if named.sets && is_only_argument(bytes, name, assignment) {
        evidence.add(Feature::SetsQuotedInCode);
    } else {
        binding(assignment, &mut evidence);
    }
    let words = evidence.reads_as_words() && named.class != Class::Password;
    evidence.add_if(Feature::TokenOfWords, words);
    // Most places end here, and what stands near them need not be looked at.
    if evidence.is_hopeless() {
        return Err(Rejection::Unlikely(Weighing::of(evidence)));
    }
    let found = Span::new(name.start, assignment.end);
    if let Some(why) = about_value::of_its_place(bytes, named, assignment.value) {
        return Err(Rejection::Context(why));
    }
    evidence.add_if(Feature::Companion, near::has_companion(bytes, found));
    evidence.add_if(Feature::TextsNear, near::has_texts(bytes, found));
    Ok(evidence)
}

/// Whether a value without quotes that follows a colon, or an equals sign in prose, is a
/// word of a sentence, as in
/// `tokens: prefix ab_, then 20 letters`: the next word goes on with it.
fn is_part_of_a_sentence(bytes: &[u8], assignment: &Assignment) -> bool {
    let value = assignment.value;
    let before = bytes[..value.start].trim_ascii_end();
    let colon = before.ends_with(b":");
    let equals = assignment.kind == FileKind::Prose && before.ends_with(b"=");
    if assignment.quoted || !colon && !equals {
        return false;
    }
    let behind = &bytes[value.end..];
    let Some([b' ', first, ..]) = behind.first_chunk::<3>() else {
        return false;
    };
    let word = value.of(bytes).iter().all(u8::is_ascii_alphabetic);
    let joins = [&b" and "[..], b" or ", b" then ", b" with ", b" from "];
    word && first.is_ascii_alphanumeric() || joins.iter().any(|join| behind.starts_with(join))
}

/// What the name says.
fn promise(named: &name::Named, evidence: &mut Evidence) {
    evidence.add(Feature::Always);
    evidence.add(match named.class {
        Class::Password => Feature::NamePassword,
        Class::Token => Feature::NameToken,
        Class::Key if named.alone => Feature::NameKeyAlone,
        Class::Key => Feature::NameKey,
    });
    evidence.add_if(Feature::NameEnds, named.ends);
    evidence.add_if(Feature::NameMadeUp, named.made_up);
    evidence.add_if(Feature::NameConstant, named.constant);
}

/// Whether the value is all that a function of that name is called with.
fn is_only_argument(bytes: &[u8], name: Span, assignment: &Assignment) -> bool {
    assignment.operator == Operator::Argument
        && bytes[name.end..].starts_with(b"(")
        && bytes[assignment.end..].get(1) == Some(&b')')
}

/// What the way in which the value is bound to the name says.
fn binding(assignment: &Assignment, evidence: &mut Evidence) {
    let feature = match (assignment.operator, assignment.kind, assignment.quoted) {
        (Operator::Argument, ..) => Feature::Argument,
        (Operator::Compare, ..) => Feature::Compare,
        (Operator::Element, ..) => Feature::Element,
        (Operator::Wrapped, ..) => Feature::Wrapped,
        (Operator::Told, ..) => Feature::Told,
        (Operator::Set, FileKind::Code, _) => Feature::SetsQuotedInCode,
        (Operator::Set, FileKind::Config, true) => Feature::SetsQuotedInConfig,
        (Operator::Set, FileKind::Config, false) => Feature::SetsBareInConfig,
        (Operator::Set, FileKind::Shell, _) => Feature::SetsInShell,
        (Operator::Set, FileKind::Prose, true) => Feature::SetsQuotedInProse,
        (Operator::Set, FileKind::Prose, false) => Feature::SetsBareInProse,
        (Operator::Set, FileKind::Unknown, true) => Feature::SetsQuotedElsewhere,
        (Operator::Set, FileKind::Unknown, false) => Feature::SetsBareElsewhere,
    };
    evidence.add(feature);
}

#[cfg(test)]
mod tests;
