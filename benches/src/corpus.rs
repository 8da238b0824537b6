//! Texts of five kinds, in three tempers.

use sluicegate_rules::{Rules, expand};

use crate::random::Random;
use crate::units::{self, Kind};

/// A text, and how many matches the built-in rules find in it.
#[derive(Clone, Debug)]
pub struct Corpus {
    /// What kind of text it is.
    pub name: &'static str,
    /// A path that such a text may have.
    pub path: &'static str,
    /// The text.
    pub bytes: Vec<u8>,
    /// The number of matches.
    pub expected: usize,
}

/// Rules whose examples give the credentials to plant.
const PLANTED: &[&str] = &[
    "github-personal-access-token",
    "gitlab-personal-access-token",
    "npm-access-token",
    "sendgrid-api-key",
    "slack-bot-token",
    "stripe-live-secret-key",
];

/// One credential is planted in so many bytes.
const PLANT_EVERY: usize = 16 << 10;

/// What nearly is a credential: too short, a wrong checksum, a placeholder, a variable,
/// a public part, a name without a value. Each keeps another filter busy.
const NEAR_MISSES: &[&str] = &[
    "AKIA@{uppernum 11}",
    "aws_access_key_id = AKIA@{}XXXXXXXXXXXXXXXX",
    "GITHUB_TOKEN=ghp_@{alnum 36}",
    "token: glpat-@{alnum 11}",
    "npm_@{alnum 30} npm_config_@{lower 8}=@{lower 5}",
    "sk_live_@{repeat x 24}",
    "SLACK_TOKEN=xoxb-your-token-here",
    "password = get_password(\"database\")@{}",
    "PASSWORD=${DB_PASSWORD}",
    "\"api_key\": \"<your-api-key>\",",
    "secret: \"xxxxxxxxxxxxxxxxxxxxxxxx\"",
    "private_key_path = \"/etc/keys/@{lower 12}.pem\"",
    "-----BEGIN CERTIFICATE-----",
    "Authorization: Bearer {token}",
    "postgres://app:${DB_PASS}@{}@db.internal:5432/@{lower 6}", // sluice:allow a template
    "client_secret = os.environ[\"CLIENT_SECRET\"]",
    "tokenizer = Tokenizer(max_tokens=@{digit 4})",
    "access_key = settings.ACCESS_KEY",
];

/// One text of each kind, of about `size` bytes, with nothing in it to find.
pub fn quiet(size: usize) -> Vec<Corpus> {
    units::KINDS
        .iter()
        .map(|kind| make(kind, size, &[]))
        .collect()
}

/// The same with planted credentials.
pub fn planted(size: usize) -> Vec<Corpus> {
    let tokens = tokens(size.div_ceil(PLANT_EVERY));
    units::KINDS
        .iter()
        .map(|kind| make(kind, size, &tokens))
        .collect()
}

/// A text of about `size` bytes that is nearly all near misses, with a few credentials.
pub fn near_misses(size: usize) -> Corpus {
    let kind = Kind {
        name: "near misses",
        path: "src/settings.py",
        writer: near_miss,
        around: ("x = \"", "\"\n"),
    };
    make(&kind, size, &tokens(size.div_ceil(PLANT_EVERY)))
}

fn near_miss(random: &mut Random, out: &mut Vec<u8>) {
    let seed = random.below(usize::MAX).to_string();
    let line = expand(random.pick(NEAR_MISSES), &seed).expect("the templates above are valid");
    out.extend_from_slice(line.text.as_bytes());
    out.push(b'\n');
}

fn make(kind: &Kind, size: usize, tokens: &[String]) -> Corpus {
    // Every kind has a stream of its own, so that one can change without the others.
    let seed = kind
        .name
        .bytes()
        .fold(7, |seed: u64, byte| seed.wrapping_mul(31) + u64::from(byte));
    let mut random = Random::new(seed);
    let mut bytes = Vec::with_capacity(size + 8192);
    let mut planted = 0;
    while bytes.len() <= size {
        if bytes.len() > planted * PLANT_EVERY
            && let Some(token) = tokens.get(planted)
        {
            let (before, behind) = kind.around;
            bytes.extend_from_slice([before, token, behind].concat().as_bytes());
            planted += 1;
        }
        (kind.writer)(&mut random, &mut bytes);
    }
    Corpus {
        name: kind.name,
        path: kind.path,
        bytes,
        expected: tokens.len(),
    }
}

/// So many credentials, each another one.
fn tokens(count: usize) -> Vec<String> {
    let rules = Rules::builder()
        .build(&[])
        .expect("the built-in rules are valid");
    let templates: Vec<&str> = PLANTED
        .iter()
        .map(|id| {
            let rule = rules.set().find(id).expect("the rules above are built in");
            let examples = &rules.examples(rule).positive;
            let marked = examples.iter().find(|template| template.contains("@{<}"));
            marked
                .expect("one of their examples has its secret marked")
                .as_str()
        })
        .collect();
    (0..count)
        .map(|number| {
            let template = templates[number % templates.len()];
            let example = expand(template, &number.to_string()).expect("rules are tested");
            let (start, end) = example.marked.expect("it is marked");
            example.text[start..end].to_owned()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_gives_the_count_it_promises() {
        let size = 256 << 10;
        let rules = Rules::builder()
            .build(&[])
            .expect("the built-in rules are valid");
        let mut scratch = rules.set().scratch();
        let all = quiet(size)
            .into_iter()
            .chain(planted(size))
            .chain([near_misses(size)]);
        for corpus in all {
            let found = crate::count(rules.set(), &mut scratch, corpus.path, &corpus.bytes);
            assert_eq!(found, corpus.expected, "{} at {}", corpus.name, corpus.path);
            assert!(corpus.bytes.len() >= size && corpus.bytes.len() < size + 8192);
        }
    }

    #[test]
    fn texts_are_the_same_every_time() {
        for (a, b) in planted(32 << 10).iter().zip(planted(32 << 10)) {
            assert!(a.bytes == b.bytes, "{}", a.name);
        }
    }
}
