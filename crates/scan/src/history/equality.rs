//! The contract: reading what is new gives what reading everything gives.

use std::sync::LazyLock;

use proptest::prelude::*;
use sluicegate_core::Scope;
use sluicegate_git::delta::Segment;
use sluicegate_rules::Rules;

use super::probe::{Probe, Prober};

/// A piece of an object: a stretch of its base, as shares of its length, or new bytes.
#[derive(Clone, Debug)]
enum Piece {
    Copy(f64, f64),
    New(Vec<u8>),
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for group in bytes.chunks(3) {
        let byte = |n: usize| u32::from(group.get(n).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * place) & 63) as usize];
            out.push(if place <= group.len() {
                char::from(digit)
            } else {
                '='
            });
        }
    }
    out
}

fn words() -> Vec<Vec<u8>> {
    let join = |parts: &[&str]| parts.concat().into_bytes();
    let token = join(&["token = gl", "pat-", "Kq81vR7xT1zzwJalrXUt and more\n"]);
    let digits = base64(&token);
    let wrapped = digits
        .repeat(4)
        .as_bytes()
        .chunks(64)
        .collect::<Vec<_>>()
        .join(&b"\n  "[..]);
    let row = "MIIEpAIBAAKCAQEA1c7+9z5Pad7OejecsQ0bu3aumoIu0XkWlYGRbtmHZGPkxUEo\n";
    vec![
        join(&["smtp_pass", "word = \"Kq7!vR7xT1zz\"\n"]),
        join(&["smtp_pass", "word = \""]),
        join(&["Kq7!vR7xT1zz"]),
        join(&["\"\n"]),
        join(&["\r\n"]),
        join(&["\n"]),
        join(&["# "]),
        join(&["api_to", "ken: "]),
        join(&["AK", "IAY3FDZVQWRKG7LMNO"]),
        join(&["aws_secret_access_", "key = "]),
        join(&["wJalrXUtnFEMIK7MDENGbPxRfiCYzKq81vR7xT1z"]),
        join(&["gh", "p_"]),
        join(&["16C7e42F292c6912E7710c838347Ae178B4a"]),
        join(&["glp", "at-", "Kq81vR7xT1zzwJalrXUt"]),
        join(&["-----BEGIN RSA PRIVATE ", "KEY-----\n"]),
        row.as_bytes().to_vec(),
        row.repeat(8).into_bytes(),
        join(&["-----END RSA PRIVATE ", "KEY-----\n"]),
        digits.clone().into_bytes(),
        digits.as_bytes()[..40].to_vec(),
        digits.as_bytes()[40..].to_vec(),
        wrapped,
        token
            .iter()
            .flat_map(|byte| format!("{byte:02x}").into_bytes())
            .collect(),
        token.iter().flat_map(|&byte| [byte, 0]).collect(),
        join(&["{\\\"api_to", "ken\\\": \\\""]),
        join(&["\\u003d"]),
        join(&["&quot;"]),
        join(&["%22smtp_pass", "word%22%3A%22"]),
        join(&["x = \"gl", "pat-Kq81vR7xT1\" + \"zzwJalrXUt\"\n"]),
        join(&["\" + \""]),
        join(&["\"\n  \""]),
        join(&["  \"word: gl", "pat-Kq81vR7xT1zzwJalrXUt\\n\",\n"]),
        join(&["kind: Secret\ndata:\n"]),
        join(&["  smtp_pass", "word: ", &base64(b"Kq7!vR7xT1zz"), "\n"]),
        join(&["\n---\n"]),
        join(&["a"]),
        join(&["_"]),
        join(&[" "]),
        "nothing to see on this line 12345\n".repeat(3).into_bytes(),
        "nothing to see on this line 12345 ".repeat(50).into_bytes(),
        vec![0],
        vec![b'x'; 9000],
    ]
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop::sample::select(words()), 0..25).prop_map(|parts| parts.concat())
}

fn piece() -> impl Strategy<Value = Piece> {
    let cut = prop_oneof![Just(0.0), Just(1.0), 0.0..1.0f64];
    let word = prop::sample::select(words()).prop_map(Piece::New);
    prop_oneof![
        3 => (cut.clone(), cut).prop_map(|(a, b)| Piece::Copy(a.min(b), a.max(b))),
        1 => word,
    ]
}

/// Puts an object together as a delta would.
fn make(base: &[u8], pieces: &[Piece]) -> (Vec<u8>, Vec<Segment>) {
    let mut bytes = Vec::new();
    let mut segments: Vec<Segment> = Vec::new();
    for piece in pieces {
        let start = bytes.len();
        let from = match piece {
            Piece::New(new) => {
                bytes.extend_from_slice(new);
                None
            }
            Piece::Copy(a, b) => {
                let place = |share: f64| (base.len() as f64 * share) as usize;
                bytes.extend_from_slice(&base[place(*a)..place(*b)]);
                Some(place(*a))
            }
        };
        let len = bytes.len() - start;
        if len > 0 {
            segments.push(Segment {
                start,
                len,
                base: from,
            });
        }
    }
    (bytes, segments)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 300 } else { 5000 }))]

    #[test]
    fn what_is_carried_over_is_what_would_be_found(
        first in text(),
        changes in prop::collection::vec(prop::collection::vec(piece(), 1..7), 1..7),
    ) {
        static RULES: LazyLock<Rules> =
            LazyLock::new(|| Rules::builder().build(&[]).expect("the built-in rules are valid"));
        let scope = if first.len() % 2 == 0 { Scope::All } else { Scope::Common };
        let mut prober = Prober::new(RULES.set(), scope);
        let mut base = first;
        let mut probe: Probe = prober.whole(&base);
        prop_assert!(prober.is_right(&base, &probe), "the first");
        for pieces in &changes {
            let (bytes, segments) = make(&base, pieces);
            probe = prober.made_of(&bytes, &probe, base.len(), &segments);
            prop_assert!(prober.is_right(&bytes, &probe), "{segments:?}");
            base = bytes;
            if base.len() > 200_000 {
                break;
            }
        }
    }
}

#[test]
fn the_test_above_meets_values() {
    let rules = Rules::builder()
        .build(&[])
        .expect("the built-in rules are valid");
    let mut prober = Prober::new(rules.set(), Scope::All);
    let probe = prober.whole(&words().concat());
    let leads = probe
        .spots
        .iter()
        .filter(|spot| spot.lead.is_some())
        .count();
    assert!(leads >= 3, "{leads} of {:?}", probe.spots);
    let mut matches = super::probe::Matches::default();
    let spots = probe.spots.iter();
    let leads = spots.filter_map(|spot| Some((spot.anchor.at, prober.leads.get(spot.lead?))));
    rules
        .set()
        .settle(&mut rules.set().scratch(), None, leads, &mut matches);
    let codecs: std::collections::BTreeSet<&str> = matches
        .decoded
        .iter()
        .flat_map(|(_, _, codecs)| codecs.iter().map(|codec| codec.as_str()))
        .collect();
    for codec in ["base64", "hex", "literals"] {
        assert!(codecs.contains(codec), "{codec} is not among {codecs:?}");
    }
}

#[test]
fn a_place_that_differs_in_one_byte_is_looked_at_again() {
    let rules = Rules::builder()
        .build(&[])
        .expect("the built-in rules are valid");
    let mut prober = Prober::new(rules.set(), Scope::All);
    let join = |parts: &[&str]| parts.concat();
    let lines = [
        join(&["smtp_pass", "word = \"Kq7!vR7xT1zz\"\n"]),
        join(&[
            "data",
            "dog_api_key: 9f86d081884c7d65",
            "9a2feaa0c55ad015\n",
        ]),
        join(&["mailjet sec", "ret k3Vq9Zr7TwXb2Lm8", "pQs4Hd6N and more\n"]),
        join(&[
            "# the api_to",
            "ken of a/path/to/the/datadog/secret-of-all=\n",
        ]),
        join(&["<pass", "word>\n  Kq7!vR7xT1zz\n</pass", "word>\n"]),
        join(&["return getPass", "word(user, 12345678) || 'Kq7!vR7xT1zz'\n"]),
    ];
    let text = lines.concat().repeat(2).into_bytes();
    for at in 0..text.len() {
        for other in [text[at] ^ 1, b'\n', b'=', b'a'] {
            let mut changed = text.clone();
            changed[at] = other;
            let probe = prober.whole(&changed);
            assert!(prober.is_right(&changed, &probe), "{other} at {at}");
        }
        // Where a text ends matters as well.
        let probe = prober.whole(&text[at..]);
        assert!(prober.is_right(&text[at..], &probe), "from {at}");
        let probe = prober.whole(&text[..at]);
        assert!(prober.is_right(&text[..at], &probe), "to {at}");
    }
    assert!(prober.remembered > 10_000, "{}", prober.remembered);
}
