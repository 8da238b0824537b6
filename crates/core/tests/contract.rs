//! The contracts of the engine: windows change nothing, and matches are local.

use proptest::prelude::*;
use regex_automata::meta::Regex;
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input};
use sluicegate_core::{
    Blob, Boundary, Decoded, Match, Part, Pattern, RuleSet, RuleSpec, Sink, Span,
};

#[derive(Default)]
struct Found(Vec<Match>);

impl Sink for Found {
    fn found(&mut self, _: &Blob<'_>, found: &Match) {
        self.0.push(*found);
    }
}

/// What is found in the text as it stands, and whether the decoders found something, which
/// may stand for that.
#[derive(Default)]
struct AsWritten(Vec<Match>, bool);

impl Sink for AsWritten {
    fn found(&mut self, _: &Blob<'_>, found: &Match) {
        self.0.push(*found);
    }

    fn decoded(&mut self, _: &Blob<'_>, _: &Decoded<'_>) {
        self.1 = true;
    }
}

fn scan_into<S: Sink + Default>(rules: &RuleSet, hay: &[u8]) -> S {
    let mut sink = S::default();
    rules.scan_with(
        &mut rules.scratch(),
        &Blob::new(hay).at("a.conf"),
        &mut sink,
    );
    sink
}

fn scan(rules: &RuleSet, hay: &[u8]) -> Vec<Match> {
    scan_into::<Found>(rules, hay).0
}

fn regex(id: &str, pattern: &str, anchors: &[&str]) -> RuleSpec {
    let mut spec = RuleSpec::new(id, Pattern::Regex(pattern.to_owned()));
    spec.anchors = anchors.iter().map(|a| (*a).to_owned()).collect();
    spec.placeholders = false;
    spec
}

/// Rules that overlap each other, with anchors at fixed and at open distances.
fn small_rules() -> Vec<RuleSpec> {
    let context = Pattern::Context {
        names: vec!["acme".into()],
        words: vec![],
        value: Some("[a-f]{6}".into()),
    };
    let mut open_end = regex("open-end", "beg_[a-f]+", &["beg_"]);
    open_end.max_length = Some(20);
    let mut joined = regex("joined", "sec_[a-f]{3}", &["sec_"]);
    joined.parts = vec![Part {
        rule: "fixed".into(),
        within: 40,
        required: true,
        confidence: None,
    }];
    vec![
        regex("fixed", "key_[a-f]{4}", &["key_"]),
        regex("late-anchor", "[a-f]{2,5}-us(?<secret>[a-f]{2})", &["-us"]),
        regex(
            "either-case",
            "(?i)TOKEN=(?<secret>[a-f]{3,8})",
            &["token="],
        ),
        regex("two-ways", "(?:key_|sec_)x[a-f]{2}", &["key_x", "sec_x"]),
        open_end,
        joined,
        RuleSpec {
            placeholders: false,
            ..RuleSpec::new("context", context)
        },
    ]
}

/// "acme: facade key_abcd sec_abc, token=abcd" and "key_abcd sec_abc".
const ENCODED: &str = "YWNtZTogZmFjYWRlIGtleV9hYmNkIHNlY19hYmMsIHRva2VuPWFiY2Q";
const HEX: &str = "6b65795f61626364207365635f616263";

const WORDS: [&str; 20] = [
    "key_", "sec_", "-us", "token=", "TOKEN=", "beg_", "acme", "a", "b", "cd", "ef", "x", " ", "=",
    ": ", "\n", "'", "_", "facade", "-",
];

const ENCODED_WORDS: [&str; 8] = [
    ENCODED,
    HEX,
    "\\u006bey_",
    "%3a",
    "&quot;",
    "'key_a' + 'bcd'",
    "kind: Secret\ndata:\n",
    "  acme: a2V5X2FiY2Q=\n",
];

fn text_of(words: Vec<&'static str>) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop::sample::select(words), 0..60)
        .prop_map(|parts| parts.concat().into_bytes())
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    text_of(WORDS.to_vec())
}

fn encoded_text() -> impl Strategy<Value = Vec<u8>> {
    text_of([WORDS.as_slice(), &ENCODED_WORDS].concat())
}

/// What a rule with boundaries off must find: for every anchor, the leftmost match that
/// holds it, tried at every start with nothing but the pattern.
fn naive(pattern: &str, anchor: &str, hay: &[u8]) -> Vec<Span> {
    let regex = Regex::builder()
        .syntax(syntax::Config::new().unicode(false).utf8(false))
        .build(pattern)
        .expect("a valid pattern");
    let same = |at: &usize| hay[*at..at + anchor.len()].eq_ignore_ascii_case(anchor.as_bytes());
    let last = (hay.len() + 1).saturating_sub(anchor.len());
    let mut spans: Vec<Span> = (0..last)
        .filter(same)
        .filter_map(|at| {
            (0..=at).find_map(|start| {
                let input = Input::new(hay).range(start..).anchored(Anchored::Yes);
                let found = regex.search(&input)?;
                (found.end() >= at + anchor.len()).then(|| Span::new(found.start(), found.end()))
            })
        })
        .collect();
    spans.sort();
    spans.dedup();
    spans
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn windows_find_what_a_search_without_them_finds(hay in text()) {
        for (pattern, anchor) in [
            ("key_[a-f]{4}", "key_"),
            ("[a-f]{2,5}-us[a-f]{2}", "-us"),
            ("(?i)TOKEN=[a-f]{3,8}", "token="),
            ("(?:a|bc)?[a-f]{0,3}key_x?", "key_"),
        ] {
            let mut spec = regex("r", pattern, &[anchor]);
            spec.boundary = Boundary::None;
            let rules = RuleSet::compile(&[spec]).expect("valid");
            let AsWritten(found, is_decoded) = scan_into(&rules, &hay);
            // `'ac' 'key_'` is one literal to the decoders, and its match takes the place of
            // the one within.
            prop_assume!(!is_decoded);
            let mut found: Vec<Span> = found.iter().map(|m| m.span).collect();
            found.sort();
            // Overlapping matches of one rule are settled by rank; the naive search has all.
            let all = naive(pattern, anchor, &hay);
            for span in &found {
                prop_assert!(all.contains(span), "{pattern}: {span:?} is not in {all:?}");
            }
            // One that overlaps may be covered itself, by a third.
            for span in &all {
                let is_covered = all.iter().any(|other| other != span && other.overlaps(*span));
                prop_assert!(
                    is_covered || found.contains(span),
                    "{pattern}: {span:?} is missing in {found:?}"
                );
            }
            prop_assert_eq!(found.is_empty(), all.is_empty());
        }
    }

    #[test]
    fn what_is_found_lies_in_the_text_and_in_order(hay in encoded_text()) {
        let rules = RuleSet::compile(&small_rules()).expect("valid");
        let found = scan(&rules, &hay);
        prop_assert!(found.is_sorted_by_key(|m| m.secret.start));
        for m in &found {
            prop_assert!(m.span.end <= hay.len() && m.span.contains(m.secret));
        }
    }
}

proptest! {
    // Each case is a text of a few times the reach.
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_match_depends_on_nothing_out_of_reach(
        before in encoded_text(),
        middle in encoded_text(),
        after in encoded_text(),
    ) {
        let rules = RuleSet::compile(&small_rules()).expect("valid");
        let reach = rules.reach();
        let filler = |n: usize| b"key_ token= -us acme ".iter().copied().cycle().take(n);
        let hay: Vec<u8> = before
            .iter()
            .copied()
            .chain(filler(reach / 3))
            .chain(middle)
            .chain(filler(reach / 2))
            .chain(after)
            .collect();
        for m in scan(&rules, &hay) {
            let from = m.span.start.saturating_sub(reach);
            let to = hay.len().min(m.span.end + reach);
            let moved = |s: Span| Span::new(s.start - from, s.end - from);
            let local = Match { span: moved(m.span), secret: moved(m.secret), ..m };
            let slice = scan(&rules, &hay[from..to]);
            prop_assert!(slice.contains(&local), "{m:?} is lost in the slice: {slice:?}");
        }
    }
}

#[test]
fn encoded_text_is_scanned_and_a_value_is_found_once() {
    #[derive(Default)]
    struct Decodings(Vec<(String, Vec<&'static str>)>);
    impl Sink for Decodings {
        fn found(&mut self, blob: &Blob<'_>, found: &Match) {
            let value = String::from_utf8_lossy(found.secret.of(blob.bytes));
            self.0.push((value.into_owned(), Vec::new()));
        }
        fn decoded(&mut self, _: &Blob<'_>, decoded: &Decoded<'_>) {
            let value = String::from_utf8_lossy(decoded.value);
            let codecs = decoded.codecs.iter().map(|codec| codec.as_str());
            self.0.push((value.into_owned(), codecs.collect()));
        }
    }
    let rules = RuleSet::compile(&small_rules()).expect("valid");
    for (hay, expected) in [
        ("key_abcd", vec![("key_abcd", vec![])]),
        (
            HEX,
            vec![("key_abcd", vec!["hex"]), ("sec_abc", vec!["hex"])],
        ),
        ("x = 'key_' + 'abcd'", vec![("key_abcd", vec!["literals"])]),
        ("'\\u006bey_abcd'", vec![("key_abcd", vec!["escapes"])]),
        ("'\\u006b' key_abcd", vec![("key_abcd", vec![])]),
        ("x%3Akey%5fabcd", vec![("key_abcd", vec!["percent"])]),
        (
            "v=&quot;key&lowbar;abcd&quot;",
            vec![("key_abcd", vec!["entities"])],
        ),
        (
            "kind: Secret\ndata:\n  x: a2V5X2FiY2Q=\n",
            vec![("key_abcd", vec!["base64"])],
        ),
    ] {
        let mut found = Decodings::default();
        rules.scan_with(&mut rules.scratch(), &Blob::new(hay.as_bytes()), &mut found);
        let found: Vec<_> = found
            .0
            .iter()
            .map(|(v, c)| (v.as_str(), c.clone()))
            .collect();
        assert_eq!(found, expected, "{hay}");
    }
}

#[test]
fn a_required_part_must_be_near() {
    let rules = RuleSet::compile(&small_rules()).expect("valid");
    let ids = |hay: &[u8]| -> Vec<&str> {
        scan(&rules, hay)
            .iter()
            .map(|m| rules.spec(m.rule).id.as_str())
            .collect()
    };
    assert_eq!(ids(b"key_abcd sec_abc"), ["fixed", "joined"]);
    assert_eq!(ids(b"sec_abc"), [] as [&str; 0]);
    let far = [b"key_abcd".as_slice(), &[b' '; 41], b"sec_abc"].concat();
    assert_eq!(ids(&far), ["fixed"]);
}

#[test]
fn the_types_that_are_shared_can_be() {
    fn shared<T: Send + Sync + std::panic::UnwindSafe>() {}
    shared::<RuleSet>();
    shared::<RuleSpec>();
    shared::<sluicegate_core::Report>();
    shared::<sluicegate_core::Secret>();
}
