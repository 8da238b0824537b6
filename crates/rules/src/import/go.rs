//! Regular expressions as Go reads them (RE2), written so that they mean the same here.
//!
//! Patterns here run over bytes, those of Go over characters. So `.` and classes that take
//! in characters of several bytes are written as such wherever their number counts; before
//! `*` and `+`, where it does not, bytes do.

use std::fmt::Write as _;

/// Go refuses counted repetitions above this.
const MAX_REPEAT: u32 = 1000;

/// Which groups hold the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// None: the whole match.
    Whole,
    /// The group of this number.
    Group(usize),
    /// The first that matched anything.
    First,
}

/// What a character is counted as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// A character, where its number counts.
    Char,
    /// A byte, everywhere: smaller once compiled.
    Byte,
}

/// A pattern that means the same here.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Translated {
    pub(super) regex: String,
    /// How many groups there are.
    pub(super) groups: usize,
    /// What is not the same after all.
    pub(super) notes: Vec<String>,
}

/// Translates a pattern.
///
/// # Errors
///
/// Why Go would not take it, or why it cannot be said here.
pub(super) fn translate(pattern: &str, wanted: Wanted, unit: Unit) -> Result<Translated, String> {
    let mut work = Work {
        rest: pattern,
        out: String::with_capacity(pattern.len() * 2),
        wanted,
        unit,
        flags: Flags::default(),
        outer: Vec::new(),
        groups: 0,
        notes: Vec::new(),
    };
    work.run()?;
    work.notes.dedup();
    Ok(Translated {
        regex: work.out,
        groups: work.groups,
        notes: work.notes,
    })
}

#[derive(Clone, Copy, Default)]
struct Flags {
    ignore_case: bool,
    dot_all: bool,
}

struct Work<'p> {
    rest: &'p str,
    out: String,
    wanted: Wanted,
    unit: Unit,
    flags: Flags,
    /// The flags outside of each open group.
    outer: Vec<Flags>,
    groups: usize,
    notes: Vec<String>,
}

/// Ranges of characters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Set(Vec<(u32, u32)>);

const LAST: u32 = 0x10_FFFF;

impl Set {
    fn of(ranges: &[(u32, u32)]) -> Self {
        Self(ranges.to_vec())
    }

    fn add(&mut self, other: &Self) {
        self.0.extend_from_slice(&other.0);
    }

    /// Sorted, without overlaps.
    fn normal(mut self) -> Self {
        self.0.sort_unstable();
        let mut joined: Vec<(u32, u32)> = Vec::with_capacity(self.0.len());
        for (low, high) in self.0 {
            match joined.last_mut() {
                Some(last) if low <= last.1.saturating_add(1) => last.1 = last.1.max(high),
                _ => joined.push((low, high)),
            }
        }
        Self(joined)
    }

    fn negated(self) -> Self {
        let mut out = Vec::new();
        let mut next = 0;
        for (low, high) in self.normal().0 {
            if low > next {
                out.push((next, low - 1));
            }
            next = high + 1;
        }
        if next <= LAST {
            out.push((next, LAST));
        }
        Self(out)
    }

    /// With the other case of each ASCII letter.
    fn folded(mut self) -> Self {
        let mut more = Vec::new();
        for &(low, high) in &self.0 {
            for letter in low.max(0x41)..=high.min(0x7A) {
                if u8::try_from(letter).is_ok_and(|b| b.is_ascii_alphabetic()) {
                    more.push((letter ^ 0x20, letter ^ 0x20));
                }
            }
        }
        self.0.extend(more);
        self
    }
}

const DIGIT: &[(u32, u32)] = &[(0x30, 0x39)];
const WORD: &[(u32, u32)] = &[(0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)];
/// Without the vertical tab.
const SPACE: &[(u32, u32)] = &[(0x09, 0x0A), (0x0C, 0x0D), (0x20, 0x20)];
const LETTER: &[(u32, u32)] = &[(0x41, 0x5A), (0x61, 0x7A)];

/// The classes that are written `[:name:]`.
fn posix(name: &str) -> Option<Set> {
    Some(Set::of(match name {
        "alnum" => &[(0x30, 0x39), (0x41, 0x5A), (0x61, 0x7A)],
        "alpha" => LETTER,
        "ascii" => &[(0, 0x7F)],
        "blank" => &[(0x09, 0x09), (0x20, 0x20)],
        "cntrl" => &[(0, 0x1F), (0x7F, 0x7F)],
        "digit" => DIGIT,
        "graph" => &[(0x21, 0x7E)],
        "lower" => &[(0x61, 0x7A)],
        "print" => &[(0x20, 0x7E)],
        "punct" => &[(0x21, 0x2F), (0x3A, 0x40), (0x5B, 0x60), (0x7B, 0x7E)],
        "space" => &[(0x09, 0x0D), (0x20, 0x20)],
        "upper" => &[(0x41, 0x5A)],
        "word" => WORD,
        "xdigit" => &[(0x30, 0x39), (0x41, 0x46), (0x61, 0x66)],
        _ => return None,
    }))
}

impl Work<'_> {
    fn run(&mut self) -> Result<(), String> {
        while let Some(c) = self.rest.chars().next() {
            match c {
                '(' => self.group()?,
                ')' => {
                    self.next();
                    self.flags = self
                        .outer
                        .pop()
                        .ok_or("a group is closed that was never opened")?;
                    self.out.push(')');
                    self.quantifier()?;
                }
                '|' => {
                    self.next();
                    self.out.push('|');
                }
                '^' | '$' => {
                    self.next();
                    self.out.push(c);
                    self.quantifier()?;
                }
                '.' => {
                    self.next();
                    let line = Set::of(&[(0, 0x09), (0x0B, LAST)]);
                    let all = Set::of(&[(0, LAST)]);
                    self.class(if self.flags.dot_all { all } else { line })?;
                }
                '[' => {
                    let set = self.bracket()?;
                    self.class(set)?;
                }
                '*' | '+' | '?' => return Err(format!("nothing stands before `{c}`")),
                '\\' => self.escape()?,
                _ => {
                    self.next();
                    self.literal(c)?;
                }
            }
        }
        if self.outer.is_empty() {
            Ok(())
        } else {
            Err("a group is not closed".to_owned())
        }
    }

    fn next(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let c = chars.next();
        self.rest = chars.as_str();
        c
    }

    fn eat(&mut self, text: &str) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// An opening parenthesis and what says of which kind it is.
    fn group(&mut self) -> Result<(), String> {
        self.next();
        self.outer.push(self.flags);
        if self.eat("?P<")
            || (!self.rest.starts_with("?<=") && !self.rest.starts_with("?<!") && self.eat("?<"))
        {
            let (_, rest) = self
                .rest
                .split_once('>')
                .ok_or("the name of a group does not end")?;
            self.rest = rest;
            self.capture();
            return Ok(());
        }
        if !self.eat("?") {
            self.capture();
            return Ok(());
        }
        let mut on = true;
        let mut text = String::new();
        loop {
            match self.next() {
                Some('-') if on => {
                    on = false;
                    text.push('-');
                }
                Some(flag @ ('i' | 'm' | 's' | 'U')) => {
                    match flag {
                        'i' => self.flags.ignore_case = on,
                        's' => self.flags.dot_all = on,
                        _ => {}
                    }
                    text.push(flag);
                }
                Some(':') => {
                    let _ = write!(self.out, "(?{text}:");
                    return Ok(());
                }
                Some(')') => {
                    // It holds to the end of the group around it.
                    self.outer.pop();
                    if !text.is_empty() {
                        let _ = write!(self.out, "(?{text})");
                    }
                    return Ok(());
                }
                Some('=' | '!' | '<') => {
                    return Err("look-around, which Go does not have either".to_owned());
                }
                Some(other) => return Err(format!("`(?{text}{other}` is nothing that Go knows")),
                None => return Err("a group is not closed".to_owned()),
            }
        }
    }

    fn capture(&mut self) {
        self.groups += 1;
        let number = self.groups;
        match self.wanted {
            Wanted::Group(wanted) if wanted == number => self.out.push_str("(?<secret>"),
            Wanted::First if number == 1 => self.out.push_str("(?<secret>"),
            Wanted::First => {
                let _ = write!(self.out, "(?<secret{number}>");
            }
            _ => self.out.push_str("(?:"),
        }
    }

    fn escape(&mut self) -> Result<(), String> {
        if self.eat("\\Q") {
            let text = match self.rest.split_once("\\E") {
                Some((text, rest)) => {
                    self.rest = rest;
                    text
                }
                None => std::mem::take(&mut self.rest),
            };
            for c in text.chars() {
                self.character(c);
            }
            return self.quantifier();
        }
        for (look, same) in [
            ("\\A", "\\A"),
            ("\\z", "\\z"),
            ("\\b", "\\b"),
            ("\\B", "\\B"),
        ] {
            if self.eat(look) {
                self.out.push_str(same);
                return self.quantifier();
            }
        }
        if self.eat("\\C") {
            self.out.push_str("[\\x00-\\xFF]");
            return self.quantifier();
        }
        if let Some(set) = self.perl()? {
            return self.class(set);
        }
        let c = self.escaped_char()?;
        self.literal(c)
    }

    /// `\d` and its like.
    fn perl(&mut self) -> Result<Option<Set>, String> {
        for (name, set) in [("d", DIGIT), ("w", WORD), ("s", SPACE)] {
            if self.eat(&format!("\\{name}")) {
                return Ok(Some(Set::of(set)));
            }
            if self.eat(&format!("\\{}", name.to_ascii_uppercase())) {
                return Ok(Some(Set::of(set).negated()));
            }
        }
        let negated = self.rest.starts_with("\\P");
        if !(self.eat("\\p") || self.eat("\\P")) {
            return Ok(None);
        }
        let name = if self.eat("{") {
            let (name, rest) = self
                .rest
                .split_once('}')
                .ok_or("the name of a class does not end")?;
            self.rest = rest;
            name.to_owned()
        } else {
            self.next().map(String::from).unwrap_or_default()
        };
        let wide = (0x80, LAST);
        let set = match name.as_str() {
            "L" | "Latin" => Set([LETTER, &[wide]].concat()),
            "Lu" => Set(vec![(0x41, 0x5A), wide]),
            "Ll" => Set(vec![(0x61, 0x7A), wide]),
            "N" | "Nd" => Set::of(DIGIT),
            _ => {
                return Err(format!(
                    "the Unicode class `{name}`: there are no tables for it"
                ));
            }
        };
        self.notes.push(format!(
            "the Unicode class `{name}` is read as its ASCII members and, where it has letters, everything beyond ASCII"
        ));
        Ok(Some(if negated { set.negated() } else { set }))
    }

    /// The character that an escape stands for.
    fn escaped_char(&mut self) -> Result<char, String> {
        self.next();
        let c = self.next().ok_or("a backslash at the end")?;
        let hex = |digits: &str| {
            let number = u32::from_str_radix(digits, 16).ok();
            number
                .and_then(char::from_u32)
                .ok_or_else(|| format!("`\\x{digits}` is no character"))
        };
        Ok(match c {
            'a' => '\x07',
            'f' => '\x0C',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\x0B',
            'x' if self.eat("{") => {
                let (digits, rest) = self.rest.split_once('}').ok_or("`\\x{` does not end")?;
                self.rest = rest;
                hex(digits)?
            }
            'x' => {
                let digits: String = self.rest.chars().take(2).collect();
                if digits.len() != 2 {
                    return Err("`\\x` takes two digits".to_owned());
                }
                self.rest = &self.rest[2..];
                hex(&digits)?
            }
            '1'..='7' if !self.rest.starts_with(|c: char| c.is_digit(8)) => {
                return Err("a back-reference, which Go does not have either".to_owned());
            }
            '0'..='7' => {
                let mut number = c.to_digit(8).unwrap_or(0);
                for _ in 0..2 {
                    let Some(digit) = self.rest.chars().next().and_then(|c| c.to_digit(8)) else {
                        break;
                    };
                    number = number * 8 + digit;
                    self.next();
                }
                char::from_u32(number).ok_or("an octal escape that is no character")?
            }
            _ if c.is_ascii_punctuation() || !c.is_ascii() => c,
            _ => return Err(format!("`\\{c}` is nothing that Go knows")),
        })
    }

    /// `[…]`, from the bracket on.
    fn bracket(&mut self) -> Result<Set, String> {
        self.next();
        let negated = self.eat("^");
        let mut set = Set::default();
        let mut first = true;
        while first || !self.rest.starts_with(']') {
            if self.rest.is_empty() {
                return Err("a class is not closed".to_owned());
            }
            if self.rest.starts_with("[:")
                && let Some((name, rest)) = self.rest[2..].split_once(":]")
            {
                let (name, inverse) = name.strip_prefix('^').map_or((name, false), |n| (n, true));
                let class = posix(name).ok_or_else(|| format!("there is no class `[:{name}:]`"))?;
                set.add(&if inverse { class.negated() } else { class });
                self.rest = rest;
                first = false;
                continue;
            }
            if let Some(class) = self.perl()? {
                set.add(&class);
                first = false;
                continue;
            }
            let low = self.class_char()?;
            let mut high = low;
            if self.rest.starts_with('-') && !self.rest.starts_with("-]") && self.rest.len() > 1 {
                self.next();
                high = self.class_char()?;
                if high < low {
                    return Err(format!("`{low}-{high}` is no range"));
                }
            }
            set.0.push((u32::from(low), u32::from(high)));
            first = false;
        }
        self.next();
        if self.flags.ignore_case {
            set = set.folded();
        }
        Ok(if negated { set.negated() } else { set })
    }

    fn class_char(&mut self) -> Result<char, String> {
        if self.rest.starts_with('\\') {
            self.escaped_char()
        } else {
            self.next()
                .ok_or_else(|| "a class is not closed".to_owned())
        }
    }

    fn literal(&mut self, c: char) -> Result<(), String> {
        self.character(c);
        self.quantifier()
    }

    fn character(&mut self, c: char) {
        if c.is_ascii() {
            self.out
                .push_str(&regex_syntax::escape(c.encode_utf8(&mut [0; 4])));
        } else {
            self.out.push_str("(?:");
            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                let _ = write!(self.out, "\\x{byte:02X}");
            }
            self.out.push(')');
        }
    }

    /// Writes a class, and what repeats it.
    fn class(&mut self, set: Set) -> Result<(), String> {
        let set = set.normal();
        let (mut narrow, mut wide) = (Vec::new(), Vec::new());
        for &(low, high) in &set.0 {
            if low < 0x80 {
                narrow.push((low, high.min(0x7F)));
            }
            if high >= 0x80 {
                wide.push((low.max(0x80), high));
            }
        }
        let repeated = matches!(self.rest.chars().next(), Some('*' | '+'))
            || self.rest.starts_with("{0,}")
            || self.rest.starts_with("{1,}");
        let is_most = wide.iter().map(|(low, high)| high - low).sum::<u32>() > LAST / 2;
        if wide.is_empty() && narrow.is_empty() {
            // A class that nothing is in, and nothing can be repeated either.
            self.out.push_str("[^\\x00-\\xFF]");
        } else if wide.is_empty() || (is_most && (repeated || self.unit == Unit::Byte)) {
            self.out.push('[');
            for (low, high) in narrow {
                self.range(low, high, 2);
            }
            if !wide.is_empty() {
                self.out.push_str("\\x80-\\xFF");
            }
            self.out.push(']');
        } else {
            self.out.push_str("(?u-i:[");
            for &(low, high) in &set.0 {
                self.range(low, high, 4);
            }
            self.out.push_str("])");
        }
        self.quantifier()
    }

    fn range(&mut self, low: u32, high: u32, digits: usize) {
        code(&mut self.out, low, digits);
        if high > low {
            self.out.push('-');
            code(&mut self.out, high, digits);
        }
    }

    /// What repeats the last thing written, if anything does.
    fn quantifier(&mut self) -> Result<(), String> {
        let Some(text) = repetition(self.rest)? else {
            return Ok(());
        };
        self.rest = &self.rest[text.len()..];
        self.out.push_str(text);
        if self.eat("?") {
            self.out.push('?');
        }
        if repetition(self.rest)?.is_some() {
            return Err("a repetition of a repetition, which Go does not take".to_owned());
        }
        Ok(())
    }
}

/// A member of a class; two digits are a byte, more a character.
fn code(out: &mut String, code: u32, digits: usize) {
    let _ = match u8::try_from(code) {
        Ok(b) if b.is_ascii_alphanumeric() => write!(out, "{}", char::from(b)),
        _ if digits == 2 => write!(out, "\\x{code:02X}"),
        _ => write!(out, "\\x{{{code:X}}}"),
    };
}

/// The repetition at the start of the text. A brace that starts none is a literal.
fn repetition(text: &str) -> Result<Option<&str>, String> {
    if text.starts_with(['*', '+', '?']) {
        return Ok(Some(&text[..1]));
    }
    let Some(inner) = text
        .strip_prefix('{')
        .and_then(|rest| rest.split_once('}'))
        .map(|(inner, _)| inner)
    else {
        return Ok(None);
    };
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let (low, high) = inner.split_once(',').unwrap_or((inner, inner));
    if !is_number(low) || !(high.is_empty() || is_number(high)) {
        return Ok(None);
    }
    let within = |text: &str| text.parse().is_ok_and(|n: u32| n <= MAX_REPEAT);
    if !within(low) || !(high.is_empty() || within(high)) {
        return Err(format!(
            "`{{{inner}}}` repeats more than {MAX_REPEAT} times, which Go does not take"
        ));
    }
    Ok(Some(&text[..inner.len() + 2]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn go(pattern: &str) -> String {
        translate(pattern, Wanted::Whole, Unit::Char)
            .expect(pattern)
            .regex
    }

    #[test]
    fn what_go_reads_otherwise_is_written_otherwise() {
        for (pattern, want) in [
            ("abc", "abc"),
            (r"a{2,3}b", r"a{2,3}b"),
            (r"\${VAR}", r"\$\{VAR\}"),
            (r"{\d+}", r"\{[0-9]+\}"),
            (r"a{,3}", r"a\{,3\}"),
            (r"a{x}", r"a\{x\}"),
            (r"[a&&c]", r"[\x26ac]"),
            (r"[!--b]", r"[\x21-\x2Db]"),
            (r"[[]", r"[\x5B]"),
            (r"[]a]", r"[\x5Da]"),
            (r"[[:digit:]x]", r"[0-9x]"),
            (r"\w", r"[0-9A-Z\x5Fa-z]"),
            (r"\s+", r"[\x09-\x0A\x0C-\x0D\x20]+"),
            (r"(?i)[k]", r"(?i)[Kk]"),
            (r"[^\n]*", r"[\x00-\x09\x0B-\x7F\x80-\xFF]*"),
            (".{3}", r"(?u-i:[\x{0}-\x{9}\x{B}-\x{10FFFF}]){3}"),
            (r"\x60", "`"),
            (r"é?", r"(?:\xC3\xA9)?"),
            (r"\Qa.b\E+", r"a\.b+"),
            ("(a)(?P<n>b)", "(?:a)(?:b)"),
            (r"\z", r"\z"),
            (r"(?:a|b)\/", "(?:a|b)/"),
        ] {
            assert_eq!(go(pattern), want, "{pattern}");
        }
    }

    #[test]
    fn every_translation_is_a_pattern_here() {
        for pattern in [
            r"[a&&b]",
            r"[!--z]",
            r"[^-_~]{2}",
            r"(?s).{3}é",
            r"\PL",
            "[^é]x",
            "[é-ü]+",
        ] {
            let parsed = regex_syntax::ParserBuilder::new()
                .unicode(false)
                .utf8(false)
                .build()
                .parse(&go(pattern));
            assert!(parsed.is_ok(), "{pattern}: {parsed:?}");
        }
    }

    #[test]
    fn groups_are_named_as_wanted() {
        let with = |wanted| translate("(a)(b)", wanted, Unit::Char).expect("valid");
        assert_eq!(with(Wanted::Group(2)).regex, "(?:a)(?<secret>b)");
        assert_eq!(with(Wanted::First).regex, "(?<secret>a)(?<secret2>b)");
        assert_eq!(with(Wanted::First).groups, 2);
    }

    #[test]
    fn what_go_refuses_is_refused() {
        for pattern in [
            "(?=a)",
            "(?<!a)b",
            r"(a)\1",
            "a**",
            "*a",
            "(a",
            "a)",
            "[a",
            r"\y",
            "a{2000}",
            "[z-a]",
            "(?x)a",
            r"\p{Greek}",
            "a{2}{3}",
        ] {
            assert!(
                translate(pattern, Wanted::Whole, Unit::Char).is_err(),
                "{pattern}"
            );
        }
    }
}
