//! Trains the character model of the core: how letters follow each other in words, and
//! how classes of characters do in names and in generated values.
//!
//! The words are those of `xtask/data/words.txt`; everything else is generated here from
//! a fixed seed, so that the same tree gives the same tables. No credential that was
//! ever used is among the data.

use std::fmt::Write as _;
use std::path::Path;

const LETTERS: usize = 26;
/// What stands before the first letter of a word.
const EDGE: usize = LETTERS;
const CLASSES: usize = 4;
const START: usize = CLASSES;
/// Values are in quarters of a bit, and kept within six bits.
const STEPS_PER_BIT: f64 = 4.0;
const MOST: f64 = 24.0;
/// The character that stands for zero.
const ZERO: u8 = 64;
const SAMPLES: usize = 60_000;

/// The tables, as the core reads them.
pub(super) struct Tables {
    /// A line for every pair of letters before, a character for every letter.
    pub(super) letters: String,
    /// A line for every pair of classes before, a character for every class.
    pub(super) classes: String,
    /// What the model makes of data that it was not trained on, as a page.
    pub(super) page: String,
}

pub(super) fn train(root: &Path) -> Result<Tables, String> {
    let path = root.join("xtask/data/words.txt");
    let text = std::fs::read_to_string(&path)
        .map_err(|why| format!("cannot read {}: {why}", path.display()))?;
    let words: Vec<&str> = text.lines().filter(|word| !word.is_empty()).collect();
    let known: Vec<&str> = every_tenth(&words, false);
    let unseen: Vec<&str> = every_tenth(&words, true);
    let model = Model::of(&words, 1);
    let page = page(&Model::of(&known, 1), &unseen, words.len());
    Ok(Tables {
        letters: table(&model.letters, LETTERS),
        classes: table(&model.classes, CLASSES),
        page,
    })
}

fn every_tenth<'w>(words: &[&'w str], tenth: bool) -> Vec<&'w str> {
    let chosen = words.iter().enumerate();
    chosen
        .filter(|(at, _)| (at % 10 == 0) == tenth)
        .map(|(_, word)| *word)
        .collect()
}

/// Both tables in quarter bits: positive speaks for a word.
struct Model {
    letters: Vec<f64>,
    classes: Vec<f64>,
}

impl Model {
    fn of(words: &[&str], seed: u64) -> Self {
        let mut counts = Counts::new(LETTERS);
        for word in words {
            counts.add(word.bytes().map(letter));
        }
        let even = 1.0 / LETTERS as f64;
        let letters = counts.map(|before, next| ratio(counts.share(before, next), even));
        let mut random = Random(seed);
        let (mut human, mut machine) = (Counts::new(CLASSES), Counts::new(CLASSES));
        for _ in 0..SAMPLES {
            human.add(composed(words, &mut random).bytes().map(class));
            machine.add(generated(&mut random).bytes().map(class));
        }
        let classes =
            human.map(|before, next| ratio(human.share(before, next), machine.share(before, next)));
        Self { letters, classes }
    }

    /// How many bits speak for words; what the core computes.
    fn bits(&self, value: &str) -> f64 {
        let hex = value.bytes().all(|b| b.is_ascii_hexdigit())
            && value.bytes().any(|b| b.is_ascii_digit())
            && value.len() >= 8;
        let per_letter = if hex {
            (26.0_f64 / 6.0).log2() * STEPS_PER_BIT
        } else {
            0.0
        };
        let (mut sum, mut classes, mut letters) = (0.0, [START; 2], [EDGE; 2]);
        let mut previous = b' ';
        for byte in value.bytes() {
            let kind = class(byte);
            sum += self.classes[(classes[0] * (CLASSES + 1) + classes[1]) * CLASSES + kind];
            classes = [classes[1], kind];
            if !byte.is_ascii_alphabetic()
                || byte.is_ascii_uppercase() && previous.is_ascii_lowercase()
            {
                letters = [EDGE; 2];
            }
            if byte.is_ascii_alphabetic() {
                let next = letter(byte.to_ascii_lowercase());
                sum += self.letters[(letters[0] * (LETTERS + 1) + letters[1]) * LETTERS + next];
                sum -= per_letter;
                letters = [letters[1], next];
            }
            previous = byte;
        }
        sum / STEPS_PER_BIT
    }
}

fn ratio(word: f64, other: f64) -> f64 {
    ((word / other).log2() * STEPS_PER_BIT)
        .round()
        .clamp(-MOST, MOST)
}

fn letter(byte: u8) -> usize {
    usize::from(byte - b'a')
}

fn class(byte: u8) -> usize {
    match byte {
        b'a'..=b'z' => 0,
        b'A'..=b'Z' => 1,
        b'0'..=b'9' => 2,
        _ => 3,
    }
}

/// How often each symbol follows two others, and one.
struct Counts {
    symbols: usize,
    threes: Vec<f64>,
    twos: Vec<f64>,
}

impl Counts {
    fn new(symbols: usize) -> Self {
        // The edge is the symbol after the last.
        let before = symbols + 1;
        Self {
            symbols,
            threes: vec![0.0; before * before * symbols],
            twos: vec![0.0; before * symbols],
        }
    }

    fn three(&self, before: (usize, usize)) -> usize {
        (before.0 * (self.symbols + 1) + before.1) * self.symbols
    }

    fn add(&mut self, text: impl Iterator<Item = usize>) {
        let mut before = (self.symbols, self.symbols);
        for next in text {
            let place = self.three(before) + next;
            self.threes[place] += 1.0;
            self.twos[before.1 * self.symbols + next] += 1.0;
            before = (before.1, next);
        }
    }

    /// Contexts that are rare lean on shorter ones (Witten and Bell).
    fn share(&self, before: (usize, usize), next: usize) -> f64 {
        let lean = |row: &[f64], rest: f64| {
            let all: f64 = row.iter().sum();
            let kinds = row.iter().filter(|count| **count > 0.0).count().max(1) as f64;
            (row[next] + kinds * rest) / (all + kinds)
        };
        let two = before.1 * self.symbols;
        let one = lean(
            &self.twos[two..two + self.symbols],
            1.0 / self.symbols as f64,
        );
        let three = self.three(before);
        lean(&self.threes[three..three + self.symbols], one)
    }

    fn map(&self, value: impl Fn((usize, usize), usize) -> f64) -> Vec<f64> {
        let places = 0..=self.symbols;
        places
            .clone()
            .flat_map(|a| places.clone().map(move |b| (a, b)))
            .flat_map(|before| (0..self.symbols).map(move |next| (before, next)))
            .map(|(before, next)| value(before, next))
            .collect()
    }
}

/// One line for each context, so that a change of the data is a change of few lines.
fn table(values: &[f64], symbols: usize) -> String {
    let mut text = String::with_capacity(values.len() + values.len() / symbols);
    for row in values.chunks(symbols) {
        // Whole numbers within bounds, by the clamp above.
        text.extend(row.iter().map(|v| char::from((f64::from(ZERO) + v) as u8)));
        text.push('\n');
    }
    text
}

/// A generator of numbers: xorshift with a multiplication (Vigna, 2016).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(number).unwrap_or(0) % limit
    }

    fn pick<'t, T: ?Sized>(&mut self, of: &[&'t T]) -> &'t T {
        of[self.below(of.len())]
    }

    fn string(&mut self, alphabet: &str, length: usize) -> String {
        let alphabet = alphabet.as_bytes();
        (0..length)
            .map(|_| char::from(alphabet[self.below(alphabet.len())]))
            .collect()
    }
}

/// Names and the values that people make of words.
fn composed(words: &[&str], random: &mut Random) -> String {
    let mut word = || random.pick(words).to_owned();
    let (first, second, third) = (word(), word(), word());
    let title = |w: &str| w[..1].to_uppercase() + &w[1..];
    let digits = random.below(4) + 1;
    let number = random.string("0123456789", digits);
    match random.below(16) {
        0 | 1 => first,
        2 => title(&first),
        3 => format!("{first}_{second}"),
        4 => format!("{first}-{second}"),
        5 => format!("{first}.{second}.{third}"),
        6 => format!("{first}{}", title(&second)),
        7 => format!("{}{}{}", title(&first), title(&second), title(&third)),
        8 => format!("{}_{}", first.to_uppercase(), second.to_uppercase()),
        9 => format!("{first}{second}"),
        10 => format!("{first}{number}"),
        11 => format!("{}{number}", title(&first)),
        12 => format!("{}{number}!", title(&first)),
        13 => format!("{first}-{second}-{number}"),
        14 => format!("{first}/{second}/{third}"),
        _ => format!("{first}_{second}_{}", third.to_uppercase()),
    }
}

const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
const BASE36: &str = "abcdefghijklmnopqrstuvwxyz0123456789";
const BASE62: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const BASE64: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const PRINTABLE: &str =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&*+,-./:;=?@^_~";

/// What machines make.
fn generated(random: &mut Random) -> String {
    let length = [8, 10, 12, 16, 20, 24, 32, 40][random.below(8)];
    let alphabet = match random.below(20) {
        0..8 => BASE62,
        8..11 => BASE36,
        11..14 => "0123456789abcdef",
        14..16 => BASE64,
        16..18 => LOWER,
        _ => PRINTABLE,
    };
    random.string(alphabet, length)
}

/// A way to make strings of some length.
type Make<'m> = &'m dyn Fn(&mut Random, usize) -> String;

fn page(model: &Model, unseen: &[&str], words: usize) -> String {
    let mut text =
        "| values that the model was not trained on | share told right |\n|---|---:|\n".to_owned();
    let mut random = Random(77);
    let mut row = |what: &str, right: usize, all: usize| {
        let share = 100.0 * right as f64 / all.max(1) as f64;
        let _ = writeln!(text, "| {what} | {share:.1} % |");
    };
    let words_told = unseen.iter().filter(|w| model.bits(w) > 0.0).count();
    row(
        &format!("words ({} of {words}, held back)", unseen.len()),
        words_told,
        unseen.len(),
    );
    const TRIES: usize = 4000;
    let names = (0..TRIES)
        .filter(|_| model.bits(&composed(unseen, &mut random)) > 0.0)
        .count();
    row("names and passwords composed of those words", names, TRIES);
    let made: [(&str, Make<'_>); 6] = [
        ("lower case letters", &|r, n| r.string(LOWER, n)),
        ("lower case letters and digits", &|r, n| r.string(BASE36, n)),
        ("letters and digits", &|r, n| r.string(BASE62, n)),
        ("hexadecimal digits", &|r, n| {
            r.string("0123456789abcdef", n)
        }),
        ("base64", &|r, n| r.string(BASE64, n)),
        ("printable characters", &|r, n| r.string(PRINTABLE, n)),
    ];
    for (what, make) in made {
        for length in [6, 8, 12, 16, 32] {
            let right = (0..TRIES)
                .filter(|_| model.bits(&make(&mut random, length)) < 0.0)
                .count();
            row(&format!("random {what}, {length} long"), right, TRIES);
        }
    }
    text
}
