//! Text inside of text: base64, escapes, literals in pieces, and what else hides a value
//! from a pattern.
//!
//! 1. A *trigger* says that an encoded run may be here. Most are literals and go into the
//!    anchor index, where they cost nothing; runs of digits (base64, hexadecimal) have no
//!    literal, so a pass of its own looks for them, eight bytes at a time (`digits`).
//! 2. A trigger that is the first of its run is decoded to a [`Layer`]; the others of the
//!    run are nothing. Which one is first shows within [`BACK`] bytes.
//! 3. A layer is scanned as any text is, for further layers too, and what it holds is
//!    lifted to the bytes that it was decoded from (`layer`).
//!
//! All of that depends on the bytes from [`BACK`] before a trigger to [`MAX_RUN`] behind it
//! and on nothing else, so that a scan in pieces and a scan of differences find the same.

mod base64;
mod digits;
mod escape;
mod kubernetes;
mod layer;
mod literal;
mod looked;
mod wide;

use std::ops::Range;

pub(crate) use digits::BACK as DIGITS_BACK;
pub(crate) use layer::{Deep, Layer, lift};

use crate::bytes::ByteSet;

/// How a value is written, where that is not as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Codec {
    /// Base64, in the usual alphabet or the one for URLs (RFC 4648).
    Base64,
    /// Pairs of hexadecimal digits.
    Hex,
    /// `%3D`, as in URLs.
    Percent,
    /// `\u003d`, `\x3d`, `\"` and their like, as in string literals.
    Escapes,
    /// `&quot;`, `&#61;` and their like, as in HTML and XML.
    Entities,
    /// UTF-16 in a blob that is something else.
    Utf16,
    /// Compressed, with the header of gzip.
    Gzip,
    /// Compressed, with the header of zlib.
    Zlib,
    /// String literals that the program joins.
    Literals,
}

impl Codec {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::Base64,
        Self::Hex,
        Self::Percent,
        Self::Escapes,
        Self::Entities,
        Self::Utf16,
        Self::Gzip,
        Self::Zlib,
        Self::Literals,
    ];

    /// The stable word, as reports have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Base64 => "base64",
            Self::Hex => "hex",
            Self::Percent => "percent",
            Self::Escapes => "escapes",
            Self::Entities => "entities",
            Self::Utf16 => "utf-16",
            Self::Gzip => "gzip",
            Self::Zlib => "zlib",
            Self::Literals => "literals",
        }
    }
}

/// How many bytes of an encoded run are decoded; what comes after is not looked at.
pub(crate) const MAX_RUN: usize = 24 * 1024;

/// How far before a trigger its run may start.
pub(crate) const BACK: usize = 1024;

/// How far a Kubernetes secret is looked at on either side of the line that names it.
pub(crate) const DOCUMENT: usize = 8 * 1024;

/// How many bytes from a trigger on tell that it is one, if it is no literal.
pub(crate) const AHEAD: usize = digits::MIN + 8;

/// How many bytes before a match and behind it decide about it, if it is encoded.
pub(crate) const REACH: usize = MAX_RUN + DOCUMENT;

/// How deep layers lie in each other at most.
const MAX_DEPTH: u8 = 4;

/// What shows that an encoded run may be here. The order is that in which the runs at one
/// place are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Trigger {
    Base64,
    Packed,
    Hex,
    Wide,
    Escape,
    Entity,
    Percent,
    Joint,
    Lines,
    Kubernetes,
}

impl Trigger {
    const ALL: [Self; 10] = [
        Self::Base64,
        Self::Packed,
        Self::Hex,
        Self::Wide,
        Self::Escape,
        Self::Entity,
        Self::Percent,
        Self::Joint,
        Self::Lines,
        Self::Kubernetes,
    ];

    /// Whether it is told by a literal; see [`needles`].
    pub(crate) fn is_literal(self) -> bool {
        !matches!(self, Self::Base64 | Self::Hex | Self::Wide)
    }

    pub(crate) fn number(self) -> u32 {
        self as u32
    }

    pub(crate) fn from_number(number: u32) -> Option<Self> {
        Self::ALL.get(number as usize).copied()
    }
}

/// Whether what stands behind the literal of a trigger lets it be one.
pub(crate) fn may_follow(trigger: Trigger, next: &ByteSet, hay: &[u8], end: usize) -> bool {
    may_follow_within(trigger, next, hay, end, usize::MAX)
}

/// The same by no more than so many bytes behind it.
pub(crate) fn may_follow_within(
    trigger: Trigger,
    next: &ByteSet,
    hay: &[u8],
    end: usize,
    most: usize,
) -> bool {
    let rest = hay.get(end..).unwrap_or_default();
    let rest = &rest[..rest.len().min(most)];
    if rest.is_empty() {
        return true;
    }
    next.contains(rest[0]) && (trigger != Trigger::Joint || literal::may_be_joint(rest))
}

/// A literal that is a trigger where one of `next` follows it.
pub(crate) struct TriggerNeedle {
    pub(crate) literal: &'static str,
    pub(crate) ignore_case: bool,
    pub(crate) next: ByteSet,
    pub(crate) trigger: Trigger,
}

/// All triggers that are literals.
pub(crate) fn needles() -> Vec<TriggerNeedle> {
    let hex: ByteSet = (0..=u8::MAX).filter(u8::is_ascii_hexdigit).collect();
    let token: ByteSet = (0..=u8::MAX).filter(|&b| is_token(b)).collect();
    let percent: ByteSet = (0..=u8::MAX)
        .filter(|&b| is_token(b) || b == b'%')
        .collect();
    let set = |bytes: &str| bytes.bytes().collect::<ByteSet>();
    let mut needles = Vec::new();
    let mut add = |trigger, next: ByteSet, ignore_case, literals: &[&'static str]| {
        needles.extend(literals.iter().map(|literal| TriggerNeedle {
            literal,
            ignore_case,
            next,
            trigger,
        }));
    };
    use Trigger::{Entity, Escape, Joint, Kubernetes, Lines, Packed, Percent};
    // The headers of gzip, and of zlib as its usual level has it.
    add(Packed, token, false, &["H4sI", "eJw", "eJx", "eJy", "eJz"]);
    let pairs = [r"\x2", r"\x3", r"\x4", r"\x5", r"\x6", r"\x7"];
    add(Escape, hex, false, &pairs);
    add(Escape, set("234567"), false, &[r"\u00"]);
    add(Escape, set(" \"\\'[{0123456789"), false, &["\\\":"]);
    add(Entity, ByteSet::ALL, false, &["&quot;", "&apos;"]);
    add(Entity, set("234567"), false, &["&#x"]);
    add(Entity, set("3456789;"), false, &["&#3", "&#4", "&#6"]);
    add(Percent, percent, true, &["%3a", "%3d", "%22", "%7b"]);
    add(Joint, set(" \r\n\"'"), false, &["\" +", "' +"]);
    add(Joint, token, false, &["\"+\"", "'+'", "\" \"", "' '"]);
    // Not before a tab: that is how Go lists imports.
    add(Joint, set(" \"'"), false, &["\"\n ", "'\n "]);
    add(
        Joint,
        set("\"'"),
        false,
        &["\" . ", "' . ", "\" & ", "\" ~ "],
    );
    add(
        Joint,
        ByteSet::ALL,
        false,
        &["\" ++ ", "\" <> ", "\" .. ", "' .. "],
    );
    add(Joint, set(" \t\"'"), false, &["\" \\\n", "' \\\n"]);
    add(Lines, set("\n\r"), false, &["\\n\","]);
    add(
        Kubernetes,
        set("\r\n "),
        false,
        &["kind: Secret", "kind: \"Secret\""],
    );
    add(
        Kubernetes,
        set("\r\n ,}"),
        false,
        &["\"kind\": \"Secret\"", "\"kind\":\"Secret\""],
    );
    needles
}

/// Whether decoded bytes are no text.
pub(crate) fn is_binary(bytes: &[u8]) -> bool {
    memchr::memchr(0, bytes).is_some()
}

/// A byte of which tokens are made.
pub(crate) fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'+' | b'/' | b'=' | b'.')
}

/// Calls `hit` with the triggers that are no literals and start in `starts`; with those of
/// [`Trigger::Wide`] if the bytes may be binary.
pub(crate) fn find_others(
    hay: &[u8],
    starts: Range<usize>,
    binary: bool,
    mut hit: impl FnMut(usize, Trigger),
) {
    digits::find(hay, starts.clone(), &mut hit);
    if binary {
        wide::find(hay, starts, |at| hit(at, Trigger::Wide));
    }
}

/// How deep we are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Depth {
    layers: u8,
    inflated: bool,
}

impl Depth {
    /// The blob itself.
    pub(crate) const TOP: Self = Self {
        layers: 0,
        inflated: false,
    };

    /// Inside of `layer`.
    pub(crate) fn inside(self, layer: &Layer) -> Self {
        Self {
            layers: self.layers + 1,
            inflated: self.inflated || layer.is_inflated(),
        }
    }
}

/// Decodes the run that the trigger at `at` is the first of.
pub(crate) fn decode(
    trigger: Trigger,
    hay: &[u8],
    at: usize,
    binary: bool,
    depth: Depth,
) -> Option<Layer> {
    if depth.layers >= MAX_DEPTH {
        return None;
    }
    match trigger {
        Trigger::Base64 => base64::decode(hay, at),
        Trigger::Packed => base64::decode_packed(hay, at, !depth.inflated),
        Trigger::Hex => digits::decode_hex(hay, at),
        Trigger::Wide => wide::decode(hay, at).filter(|_| binary),
        Trigger::Escape => escape::decode_escapes(hay, at),
        Trigger::Entity => escape::decode_entities(hay, at),
        Trigger::Percent => escape::decode_percent(hay, at),
        Trigger::Joint => literal::decode_joint(hay, at),
        Trigger::Lines => literal::decode_lines(hay, at),
        Trigger::Kubernetes => kubernetes::decode(hay, at),
    }
}
