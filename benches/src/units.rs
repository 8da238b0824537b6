//! The kinds of text, each written unit by unit: a sentence, a statement, a line.

use crate::random::Random;

/// A kind of text.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) path: &'static str,
    /// Writes one unit.
    pub(crate) writer: fn(&mut Random, &mut Vec<u8>),
    /// What stands before and behind a planted credential.
    pub(crate) around: (&'static str, &'static str),
}

pub(crate) const KINDS: &[Kind] = &[
    Kind {
        name: "prose",
        path: "docs/guide.txt",
        writer: sentence,
        around: ("It said ", " and went on.\n"),
    },
    Kind {
        name: "minified JavaScript",
        path: "static/app.min.js",
        writer: statement,
        around: ("var z=\"", "\";"),
    },
    Kind {
        name: "base64 JSON",
        path: "data/blobs.json",
        writer: record,
        around: ("{\"v\":\"", "\"},\n"),
    },
    Kind {
        name: "logs",
        path: "var/service.log",
        writer: log_line,
        around: ("2026-01-02T03:04:05Z WARN seen ", " twice\n"),
    },
    Kind {
        name: "source code",
        path: "src/module.py",
        writer: function,
        around: ("    value = \"", "\"\n"),
    },
];

/// Words in order of how often they are used.
const WORDS: &[&str] = &[
    "the",
    "of",
    "and",
    "to",
    "a",
    "in",
    "is",
    "that",
    "it",
    "for",
    "as",
    "with",
    "was",
    "on",
    "are",
    "this",
    "by",
    "be",
    "from",
    "or",
    "one",
    "have",
    "not",
    "but",
    "at",
    "which",
    "can",
    "all",
    "their",
    "there",
    "when",
    "been",
    "has",
    "more",
    "if",
    "will",
    "would",
    "about",
    "what",
    "some",
    "time",
    "so",
    "up",
    "out",
    "them",
    "then",
    "into",
    "its",
    "only",
    "other",
    "new",
    "these",
    "two",
    "may",
    "first",
    "any",
    "like",
    "now",
    "such",
    "over",
    "our",
    "even",
    "most",
    "after",
    "also",
    "made",
    "many",
    "must",
    "before",
    "through",
    "years",
    "where",
    "way",
    "well",
    "should",
    "because",
    "each",
    "people",
    "state",
    "world",
    "still",
    "work",
    "between",
    "life",
    "being",
    "under",
    "never",
    "same",
    "another",
    "know",
    "while",
    "last",
    "might",
    "great",
    "since",
    "against",
    "right",
    "came",
    "used",
    "number",
    "during",
    "system",
    "service",
    "server",
    "request",
    "message",
    "question",
    "example",
    "account",
    "public",
    "private",
    "process",
    "change",
    "access",
    "measure",
    "library",
    "standard",
    "connection",
    "history",
    "document",
    "network",
    "session",
    "key",
    "user",
    "language",
    "pattern",
    "secret",
    "token",
    "password",
    "credential",
    "release",
    "configuration",
    "certificate",
    "description",
];

const ALNUM: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const HEX: &[u8] = b"0123456789abcdef";

fn put(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
}

fn sentence(random: &mut Random, out: &mut Vec<u8>) {
    for number in 0..random.between(5, 24) {
        let word = random.pick_early(WORDS);
        if number == 0 {
            let mut letters = word.chars();
            out.extend(letters.next().map(|c| c.to_ascii_uppercase() as u8));
            put(out, letters.as_str());
        } else {
            put(out, if random.one_in(11) { ", " } else { " " });
            put(out, word);
        }
    }
    put(
        out,
        if random.one_in(6) {
            ".\n\n"
        } else if random.one_in(3) {
            ".\n"
        } else {
            ". "
        },
    );
}

/// A name in the style of code.
fn name(random: &mut Random, joint: &str) -> String {
    let count = random.between(1, 3);
    let words: Vec<&str> = (0..count).map(|_| random.pick_early(WORDS)).collect();
    if !joint.is_empty() {
        return words.join(joint);
    }
    let mut name = words[0].to_owned();
    for word in &words[1..] {
        name.push_str(&word[..1].to_ascii_uppercase());
        name.push_str(&word[1..]);
    }
    name
}

fn statement(random: &mut Random, out: &mut Vec<u8>) {
    let short = |random: &mut Random| random.text(b"abcdefghijklmnopqrstuvwxyz", 1);
    let (a, b, c) = (short(random), short(random), short(random));
    let (field, method) = (name(random, ""), name(random, ""));
    let number = random.below(10_000);
    let text = match random.below(7) {
        0 => format!("function {a}({b},{c}){{return {b}.{method}({c},{number})}}"),
        1 => format!("{a}.prototype.{method}=function({b}){{this.{field}={b}||null}};"),
        2 => format!("if({a}&&{a}.{field}){{{b}=void 0,{c}=!0}}else {b}.{method}();"),
        3 => format!("var {a}={b}.{field},{c}={a}?{a}.length:{number};"),
        4 => format!("{a}={{{field}:{b},type:\"{method}\",id:{number}}},"),
        5 => format!("for(var {a}=0;{a}<{b}.length;{a}++){c}.push({b}[{a}].{field});"),
        _ => format!("\"use strict\";Object.defineProperty({a},\"{field}\",{{value:!0}});"),
    };
    put(out, &text);
    if random.one_in(4000) {
        out.push(b'\n');
    }
}

fn record(random: &mut Random, out: &mut Vec<u8>) {
    let (id, kind) = (random.below(1_000_000), name(random, "-"));
    let length = random.between(50, 900) * 4;
    let data = random.text(ALNUM, length);
    put(
        out,
        &format!("{{\"id\":{id},\"type\":\"{kind}\",\"data\":\"{data}\"}},\n"),
    );
}

fn uuid(random: &mut Random) -> String {
    [8, 4, 4, 4, 12]
        .map(|length| random.text(HEX, length))
        .join("-")
}

fn log_line(random: &mut Random, out: &mut Vec<u8>) {
    let level = random.pick(&["INFO", "INFO", "INFO", "DEBUG", "WARN", "ERROR"]);
    let (hour, minute, second) = (random.below(24), random.below(60), random.below(60));
    let (module, millis) = (name(random, "."), random.below(5000));
    let octets = [10, random.below(256), random.below(256), random.below(256)];
    let address = octets.map(|n| n.to_string()).join(".");
    put(
        out,
        &format!("2026-03-04T{hour:02}:{minute:02}:{second:02}.{millis:04}Z {level} [{module}] "),
    );
    let what = match random.below(4) {
        0 => {
            let (path, id) = (name(random, "/"), random.below(100_000));
            format!(
                "{address} GET /api/{path}/{id} 200 in {millis} ms, trace={}",
                uuid(random)
            )
        }
        1 => format!("request {} took {millis} ms at {address}", uuid(random)),
        2 => format!(
            "session {} renewed for user {}",
            random.text(HEX, 16),
            random.below(9999)
        ),
        _ => format!(
            "cache miss: {} of {} entries, sha {}",
            millis,
            name(random, "_"),
            random.text(HEX, 40)
        ),
    };
    put(out, &what);
    out.push(b'\n');
}

fn function(random: &mut Random, out: &mut Vec<u8>) {
    let (title, one, two) = (name(random, "_"), name(random, "_"), name(random, "_"));
    put(
        out,
        &format!("\n\ndef {title}(self, {one}, {two}=None):\n    \"\"\""),
    );
    sentence(random, out);
    put(out, "\n    \"\"\"\n");
    for _ in 0..random.between(2, 12) {
        let (a, b) = (name(random, "_"), name(random, "_"));
        let line = match random.below(6) {
            0 => format!(
                "    if {a} is None or {b} != {}:\n        return self.{title}\n",
                random.below(99)
            ),
            1 => format!("    {a} = self.{b}({one}, timeout={})\n", random.below(60)),
            2 => format!("    for {a} in {two} or ():\n        {b}.append({a}.{one})\n"),
            3 => format!(
                "    # {} {} {}\n",
                random.pick(WORDS),
                random.pick(WORDS),
                random.pick(WORDS)
            ),
            4 => format!("    logger.debug(\"%s: {a} was {b}\", {one})\n"),
            _ => format!("    {a}[\"{b}\"] = {one} + {two}\n"),
        };
        put(out, &line);
    }
}
