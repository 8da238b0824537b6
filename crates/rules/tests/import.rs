//! Rule files of other scanners: what they say is what is found here.
//!
//! The files are written for these tests, one feature each.

use sluicegate_core::{Blob, Match, RuleSet, Sink};
use sluicegate_rules::{Fate, ImportFormat, Imported, Rules, Scope, import};

struct Found(Vec<(String, String)>);

struct Collect<'s> {
    set: &'s RuleSet,
    found: Found,
}

impl Sink for Collect<'_> {
    fn found(&mut self, blob: &Blob<'_>, found: &Match) {
        let id = self.set.spec(found.rule).id.clone();
        let secret = String::from_utf8_lossy(found.secret.of(blob.bytes)).into_owned();
        self.found.0.push((id, secret));
    }
}

fn read(name: &str, text: &str) -> Imported {
    import(name, text, &|path| match path {
        "base.toml" => Ok(BASE.to_owned()),
        _ => Err("is not there".to_owned()),
    })
    .expect("a format that is known")
    .expect("valid")
}

fn rules(imported: &Imported) -> Rules {
    let builder = Rules::builder().builtin(false);
    let builder = builder.add(imported.clone(), Scope::OwnRules);
    builder.build(&[]).expect("the rules fit together")
}

/// What the rules find in `text` at `path`: the values, in order.
fn find(rules: &Rules, path: &str, text: &str) -> Vec<String> {
    let mut sink = Collect {
        set: rules.set(),
        found: Found(Vec::new()),
    };
    let blob = Blob::new(text.as_bytes()).at(path);
    rules
        .set()
        .scan_with(&mut rules.set().scratch(), &blob, &mut sink);
    sink.found.0.into_iter().map(|(_, secret)| secret).collect()
}

/// The same, for rules that were written in our own format and read again.
fn find_both(imported: &Imported, path: &str, text: &str) -> Vec<String> {
    let direct = find(&rules(imported), path, text);
    let written = imported.to_toml();
    let again = Rules::builder()
        .builtin(false)
        .file("written.toml", &written)
        .unwrap_or_else(|error| panic!("{error}\n{written}"))
        .build(&[])
        .expect("the rules fit together");
    assert_eq!(find(&again, path, text), direct, "{written}");
    direct
}

/// `(path, text, values)`
type Case<'c> = (&'c str, &'c str, &'c [&'c str]);

fn holds(imported: &Imported, cases: &[Case<'_>]) {
    for (path, text, want) in cases {
        assert_eq!(find_both(imported, path, text), *want, "{path}: {text}");
    }
}

const BASE: &str = r#"
[[rules]]
id = "base-token"
description = "of the base"
regex = '''base_[0-9a-z]{8}'''
keywords = ["base_"]
entropy = 1.0
[[rules.allowlists]]
stopwords = ["demo"]

[[rules]]
id = "gone"
regex = '''gone_[0-9a-z]{8}'''
"#;

#[test]
fn entropy_must_be_more_than_the_threshold() {
    let imported = read(
        "a.toml",
        "[[rules]]\nid = 'a'\nregex = 'tok_([0-9a-z]{4})'\nentropy = 1.0\n",
    );
    assert_eq!(imported.notes()[0].fate, Fate::Translated);
    // Two letters in equal parts have one bit each, which is not more than one.
    holds(
        &imported,
        &[
            ("x", "tok_aabb", &[]),
            ("x", "tok_aabc", &["aabc"]),
            ("x", "tok_aaaa", &[]),
        ],
    );
}

#[test]
fn the_secret_is_the_group_that_the_rule_names_or_the_first_that_is_not_empty() {
    let named = read(
        "a.toml",
        "[[rules]]\nid = 'a'\nregex = 'user=(\\w+) pass=(\\w+)'\nsecretgroup = 2\n",
    );
    holds(&named, &[("x", "user=me pass=you", &["you"])]);
    let first = read(
        "a.toml",
        "[[rules]]\nid = 'a'\nregex = 'pass(?:=(\\d*);|:(\\w+);)'\n",
    );
    holds(
        &first,
        &[
            ("x", "pass=12;", &["12"]),
            ("x", "pass:abc;", &["abc"]),
            ("x", "pass=;", &["pass=;"]),
        ],
    );
    let none = read("a.toml", "[[rules]]\nid = 'a'\nregex = 'pw_\\d{4}'\n");
    holds(&none, &[("x", "xpw_12345", &["pw_1234"])]);
    let wrong = read(
        "a.toml",
        "[[rules]]\nid = 'a'\nregex = 'pw_\\d{4}'\nsecretGroup = 1\n",
    );
    assert_eq!(wrong.notes()[0].fate, Fate::Refused);
}

#[test]
fn lists_of_what_passes_are_joined_as_the_file_says() {
    let with = |list: &str| {
        let rule = "[[rules]]\nid = 'a'\nregex = 'key: (tok_\\w{6})'\n";
        read("a.toml", &format!("{rule}[[rules.allowlists]]\n{list}\n"))
    };
    let text = "key: tok_abcdef # demo";
    for (list, path, passes) in [
        ("regexes = ['abc']", "x", true),
        ("regexes = ['^key']", "x", false),
        ("regexes = ['^key']\nregexTarget = 'match'", "x", true),
        ("regexes = ['demo']\nregexTarget = 'line'", "x", true),
        ("stopwords = ['ABC']", "x", true),
        ("stopwords = ['demo']", "x", false),
        ("paths = ['_test\\.py$']", "a_test.py", true),
        ("paths = ['_test\\.py$']", "a.py", false),
        ("paths = ['test']\nregexes = ['nothing']", "test/a", true),
        (
            "condition = 'AND'\npaths = ['test']\nregexes = ['nothing']",
            "test/a",
            false,
        ),
        (
            "condition = 'and'\npaths = ['test']\nregexes = ['abc']",
            "test/a",
            true,
        ),
        (
            "condition = '&&'\npaths = ['test']\nregexes = ['abc']",
            "src/a",
            false,
        ),
        (
            "condition = 'AND'\nregexes = ['abc']\nstopwords = ['def']",
            "x",
            true,
        ),
        (
            "condition = 'AND'\nregexes = ['abc']\nstopwords = ['xyz']",
            "x",
            false,
        ),
    ] {
        let want: &[&str] = if passes { &[] } else { &["tok_abcdef"] };
        assert_eq!(find_both(&with(list), path, text), want, "{list} at {path}");
    }
}

#[test]
fn lists_of_commits_are_named_and_do_not_let_files_pass() {
    let text = concat!(
        "[[rules]]\nid = 'a'\nregex = 'tok_\\w{6}'\n",
        "[[rules.allowlists]]\ncommits = ['abc']\n",
        "[[rules.allowlists]]\ncondition = 'AND'\ncommits = ['abc']\nregexes = ['tok']\n",
        "[[rules.allowlists]]\ncommits = ['abc']\nstopwords = ['zzz']\n",
    );
    let imported = read("a.toml", text);
    assert_eq!(imported.notes()[0].fate, Fate::Approximated);
    assert_eq!(imported.notes()[0].remarks.len(), 3);
    holds(
        &imported,
        &[
            ("x", "tok_abcdef", &["tok_abcdef"]),
            ("x", "tok_abczzz", &[]),
        ],
    );
}

#[test]
fn global_lists_count_for_all_rules_and_targeted_ones_for_theirs() {
    let imported = read(
        "a.toml",
        concat!(
            "[[rules]]\nid = 'a'\nregex = 'aaa_\\w{4}'\n[[rules]]\nid = 'b'\nregex = 'bbb_\\w{4}'\n",
            "[[allowlists]]\nstopwords = ['skip']\n",
            "[[allowlists]]\ntargetRules = ['b']\nstopwords = ['only']\n",
        ),
    );
    holds(
        &imported,
        &[
            ("x", "aaa_skip bbb_skip", &[]),
            ("x", "aaa_only bbb_only", &["aaa_only"]),
        ],
    );
}

#[test]
fn keywords_are_asked_for_where_the_pattern_does_not_bring_them() {
    let imported = read(
        "a.toml",
        concat!(
            "[[rules]]\nid = 'implied'\nregex = '(?i)acme_[0-9a-f]{8}'\nkeywords = ['ACME']\n",
            "[[rules]]\nid = 'near'\nregex = '\\b[0-9]{3}-[0-9]{5}\\b'\nkeywords = ['zebra', 'x']\n",
        ),
    );
    assert_eq!(imported.notes()[0].fate, Fate::Translated);
    assert_eq!(imported.notes()[1].fate, Fate::Approximated);
    let far = format!("ZEBRA{}123-45678", "\n".repeat(5000));
    let close = format!("ZEBRA{}123-45678", "\n".repeat(4000));
    holds(
        &imported,
        &[
            ("f", "ACME_0123abcd", &["ACME_0123abcd"]),
            ("f", "123-45678", &[]),
            ("f", "Zebra\n\n123-45678", &["123-45678"]),
            ("f", "123-45678\nzebra", &["123-45678"]),
            ("f", &far, &[]),
            ("f", &close, &["123-45678"]),
        ],
    );
}

#[test]
fn paths_alone_and_paths_with_patterns() {
    let imported = read(
        "a.toml",
        concat!(
            "[[rules]]\nid = 'file'\npath = '''(?i)\\.pgpass$'''\n",
            "[[rules]]\nid = 'both'\nregex = '''tok_\\w{6}'''\npath = '''^conf/'''\n",
        ),
    );
    assert_eq!(imported.notes()[0].fate, Fate::Approximated);
    holds(
        &imported,
        &[
            ("home/.PGPASS", "\n\nfirst line\nsecond", &["first line"]),
            ("home/pgpass", "first line", &[]),
            ("conf/a", "tok_abcdef", &["tok_abcdef"]),
            ("src/conf/a", "tok_abcdef", &[]),
        ],
    );
}

#[test]
fn a_required_rule_must_be_near_and_may_be_silent() {
    let imported = read(
        "a.toml",
        concat!(
            "[[rules]]\nid = 'acme.secret'\nregex = 'acmesec_\\w{6}'\n",
            "[[rules.required]]\nid = 'Acme Id'\nwithinLines = 3\n",
            "[[rules]]\nid = 'Acme Id'\nregex = 'acmeid_\\w{6}'\nskipReport = true\n",
        ),
    );
    assert_eq!(imported.notes()[0].id, "acme-secret");
    let far = format!("acmeid_abcdef{}acmesec_abcdef", "\n".repeat(3000));
    holds(
        &imported,
        &[
            ("x", "acmesec_abcdef", &[]),
            ("x", "acmeid_abcdef", &[]),
            ("x", "acmeid_abcdef\nacmesec_abcdef", &["acmesec_abcdef"]),
            ("x", &far, &[]),
        ],
    );
}

#[test]
fn a_file_adds_to_the_one_that_it_extends() {
    let imported = read(
        "a.toml",
        concat!(
            "[extend]\npath = 'base.toml'\ndisabledRules = ['gone']\n",
            "[[rules]]\nid = 'base-token'\nentropy = 2.5\nkeywords = ['more']\n",
            "[[rules.allowlists]]\nstopwords = ['also']\n",
            "[[rules]]\nid = 'own'\nregex = 'own_\\w{4}'\n",
        ),
    );
    let ids: Vec<_> = imported.notes().iter().map(|n| n.rule.as_str()).collect();
    assert!(
        ids.contains(&"base-token") && ids.contains(&"own"),
        "{ids:?}"
    );
    assert!(!ids.contains(&"gone"), "{ids:?}");
    holds(
        &imported,
        &[
            ("x", "base_abcdefgh", &["base_abcdefgh"]),
            (
                "x",
                "base_aabbccdd own_aaaa gone_abcdefgh",
                &["base_aabbccdd", "own_aaaa"],
            ),
            // The threshold of the child, over that of the base.
            ("x", "base_aaaabbbb", &[]),
            ("x", "base_demowxyz base_alsowxyz", &[]),
        ],
    );
}

#[test]
fn patterns_that_go_reads_otherwise_find_what_go_finds() {
    let imported = read(
        "a.toml",
        concat!(
            "[[rules]]\nid = 'brace'\nregex = '''var=\\${([A-Z]{2,9})}'''\n",
            "[[rules]]\nid = 'class'\nregex = '''cls=([a&&b]{3})'''\n",
            "[[rules]]\nid = 'chars'\nregex = '''chr=(.{3});'''\n",
            "[[rules]]\nid = 'look'\nregex = '''lok(?=x)'''\n",
        ),
    );
    let fates: Vec<_> = imported.notes().iter().map(|n| n.fate).collect();
    assert_eq!(fates[..3], [Fate::Translated; 3]);
    assert_eq!(fates[3], Fate::Refused);
    holds(
        &imported,
        &[
            ("x", "var=${HOME}", &["HOME"]),
            ("x", "cls=a&b", &["a&b"]),
            ("x", "chr=aéü;", &["aéü"]),
            ("x", "chr=éü;", &[]),
        ],
    );
}

#[test]
fn filters_of_betterleaks_are_asked_as_far_as_they_can_be() {
    let imported = read(
        "a.toml",
        concat!(
            "filter = '''containsAny(finding[\"secret\"], [\"sample\"])'''\n",
            "prefilter = '''matchesAny(attributes[\"path\"], [`\\.lock$`])'''\n",
            "[[rules]]\nid = 'a'\nregex = '''tok_(\\w{6,8})'''\nspecificity = 50\n",
            "filter = '''entropy(finding[\"secret\"]) <= 1.0 || !matchesAny(finding[\"secret\"], [`\\d`]) || unknown(1)'''\n",
        ),
    );
    assert_eq!(imported.format(), ImportFormat::Betterleaks);
    assert!(imported.notes()[0].remarks[0].contains("unknown"));
    holds(
        &imported,
        &[
            ("x", "tok_abcde1", &["abcde1"]),
            ("x", "tok_abcdef", &[]),
            ("x", "tok_111222", &[]),
            ("x", "tok_sample12", &[]),
            ("a.lock", "tok_abcde1", &[]),
        ],
    );
}

#[test]
fn rules_of_kingfisher_keep_their_conditions() {
    let imported = read(
        "a.yml",
        concat!(
            "rules:\n",
            "  - name: Acme token\n    id: kingfisher.acme.1\n",
            "    pattern: |\n      (?xi)\n      \\b\n      acme [_-]   # the name\n      (\n        [a-z0-9!]{8}\n      )\n",
            "    min_entropy: 1.0\n    confidence: high\n",
            "    pattern_requirements:\n      min_digits: 2\n      min_special_chars: 1\n      special_chars: '!'\n",
            "      ignore_if_contains: [ZZZ]\n",
            "    examples: ['acme_ab12!cde']\n",
            "    validation:\n      type: Http\n      content: {}\n",
            "    depends_on_rule:\n      - rule_id: kingfisher.acme.2\n        variable: ID\n",
            "  - name: Acme id\n    id: kingfisher.acme.2\n    visible: false\n    pattern: 'acmeid_([0-9]{6})'\n",
            "  - name: Back\n    id: kingfisher.acme.3\n    pattern: '(a)\\1'\n",
        ),
    );
    assert_eq!(imported.format(), ImportFormat::Kingfisher);
    let notes = imported.notes();
    assert_eq!(notes[0].fate, Fate::Translated, "{notes:?}");
    assert_eq!(notes[0].left_out, ["live validation"]);
    assert_eq!(notes[2].fate, Fate::Refused);
    assert!(notes[2].remarks[0].contains("back-reference"));
    holds(
        &imported,
        &[
            ("x", "ACME-ab12!cde", &["ab12!cde"]),
            ("x", "acme_ab1c!cde", &[]),
            ("x", "acme_ab12acde", &[]),
            ("x", "acme_ab12!zzz", &[]),
            ("x", "acmeid_123456", &[]),
            ("x", "xacme_ab12!cde", &[]),
        ],
    );
    let (ran, failures) = sluicegate_rules::check(&rules(&imported), |_| true);
    assert_eq!((ran, failures), (1, Vec::new()));
}

#[test]
fn rules_of_nosey_parker_take_their_group() {
    let imported = read(
        "a.yaml",
        concat!(
            "rules:\n- name: Pair\n  id: np.pair.1\n  pattern: 'id=(\\w{4}) key=(\\w{4})'\n",
            "- name: One\n  id: np.one.1\n  pattern: '(?i)one(?# a comment )_(\\w{4})'\n",
            "  negative_examples: ['one_abc']\n",
        ),
    );
    assert_eq!(imported.format(), ImportFormat::NoseyParker);
    assert_eq!(imported.notes()[0].fate, Fate::Approximated);
    assert_eq!(imported.notes()[1].fate, Fate::Translated);
    holds(
        &imported,
        &[("x", "id=abcd key=efgh ONE_aaaa", &["efgh", "aaaa"])],
    );
}

#[test]
fn a_file_that_its_own_scanner_would_not_take_is_an_error() {
    for (name, text, word) in [
        ("a.toml", "[[rules]]\nregex = 'a'\n", "`id`"),
        (
            "a.toml",
            "[[rules]]\nid = 'a'\nregex = 'abc'\n[rules.allowlist]\ndescription = 'x'\n",
            "no commits",
        ),
        (
            "a.toml",
            "[[rules]]\nid = 'a'\nregex = 'abc'\n[[rules.allowlists]]\nregexTarget = 'x'\nregexes = ['a']\n",
            "regexTarget",
        ),
        (
            "a.toml",
            "[[rules]]\nid = 'a'\nregex = 'abc'\n[[rules.allowlists]]\ncondition = 'x'\nregexes = ['a']\n",
            "condition",
        ),
        (
            "a.toml",
            "[extend]\nuseDefault = true\npath = 'x'\n",
            "useDefault",
        ),
        (
            "a.toml",
            "[extend]\npath = 'missing.toml'\n",
            "is not there",
        ),
        (
            "a.toml",
            "[allowlist]\nregexes = ['a']\n[[allowlists]]\nregexes = ['a']\n",
            "allowlists",
        ),
        ("a.yml", "rules:\n- id: a\n", "`pattern`"),
        ("a.yml", "rules: [\n", "YAML"),
        ("a.yml", "nothing: here\n", "`rules`"),
    ] {
        let read = |_: &str| Err("is not there".to_owned());
        let error = import(name, text, &read).expect("known").err();
        let error = error.map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains(word), "{text}: {error}");
    }
    assert!(import("a.toml", "[provider]\n[[rule]]\n", &|_| Ok(String::new())).is_none());
}

#[test]
fn a_file_that_extends_the_default_changes_our_rules() {
    let imported = read(
        "a.toml",
        concat!(
            "[extend]\nuseDefault = true\ndisabledRules = ['github-pat', 'no-such-rule']\n",
            "[allowlist]\npaths = ['^fixtures/']\n",
            "[[rules]]\nid = 'generic-api-key'\n[[rules.allowlists]]\nstopwords = ['harmless']\n",
        ),
    );
    let plain = Rules::builder().build(&[]).expect("valid");
    let changed = Rules::builder()
        .add(imported, Scope::AllRules)
        .build(&[])
        .expect("valid");
    let value = ["Tr0ub4dor", "&3xq"].concat();
    let line = format!("smtp_password = '{value}'\n");
    assert_eq!(find(&plain, "a.py", &line), [value.as_str()]);
    assert_eq!(find(&changed, "a.py", &line), [value.as_str()]);
    assert_eq!(find(&plain, "fixtures/a.py", &line), [value.as_str()]);
    assert!(find(&changed, "fixtures/a.py", &line).is_empty());
    let value = ["Harmless", "Tr0ub4dor"].concat();
    let line = format!("smtp_password = '{value}'\n");
    assert!(find(&changed, "a.py", &line).is_empty());
    assert!(plain.set().find("github-personal-access-token").is_some());
    assert!(changed.set().find("github-personal-access-token").is_none());
    assert_ne!(plain.digest(), changed.digest());
    let remarks = changed.imported()[0].remarks().join("\n");
    assert!(remarks.contains("no-such-rule"), "{remarks}");
}
