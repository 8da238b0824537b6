//! How a value reads: as a word, as something random, or as a placeholder.
//!
//! Two tables say how letters and classes of characters follow each other; they are
//! trained by `cargo run -p xtask -- gen` on words and on generated values, and
//! `docs/model.md` says how they do on others. A third part knows the words that people
//! write where a secret will stand.

mod stock;

pub(crate) use stock::stock;

const LETTERS: usize = 26;
const CLASSES: usize = 4;
/// A character for every letter after every pair of letters, and a line break.
const LETTER_TABLE: &[u8] = include_bytes!("letters.txt");
const CLASS_TABLE: &[u8] = include_bytes!("classes.txt");
/// The character that stands for zero, in the tables.
const ZERO: i32 = 64;
/// The tables count in quarters of a bit.
const STEPS_PER_BIT: f32 = 4.0;
/// What a letter that is one of six, and not of 26, tells less: log2 of 26/6, in steps.
const HEX_LETTER: i32 = 8;

/// How many bits speak for words (above zero) or for a random value (below).
pub(crate) fn word_bits(value: &[u8]) -> f32 {
    let per_letter = if is_hex(value) { HEX_LETTER } else { 0 };
    let mut sum = 0;
    let mut classes = [CLASSES; 2];
    let mut letters = [LETTERS; 2];
    let mut previous = b' ';
    for &byte in value {
        if !byte.is_ascii() {
            // Letters of another script say nothing; the next word starts anew.
            letters = [LETTERS; 2];
            continue;
        }
        let kind = class(byte);
        sum += entry(CLASS_TABLE, CLASSES, classes, kind);
        classes = [classes[1], kind];
        if !byte.is_ascii_alphabetic() || byte.is_ascii_uppercase() && previous.is_ascii_lowercase()
        {
            letters = [LETTERS; 2];
        }
        if byte.is_ascii_alphabetic() {
            let next = usize::from(byte.to_ascii_lowercase() - b'a');
            sum += entry(LETTER_TABLE, LETTERS, letters, next) - per_letter;
            letters = [letters[1], next];
        }
        previous = byte;
    }
    sum as f32 / STEPS_PER_BIT
}

fn entry(table: &[u8], symbols: usize, before: [usize; 2], next: usize) -> i32 {
    let row = before[0] * (symbols + 1) + before[1];
    i32::from(table[row * (symbols + 1) + next]) - ZERO
}

fn class(byte: u8) -> usize {
    match byte {
        b'a'..=b'z' => 0,
        b'A'..=b'Z' => 1,
        b'0'..=b'9' => 2,
        _ => 3,
    }
}

/// Whether the value is made of hexadecimal digits, and not a word such as `facade`.
fn is_hex(value: &[u8]) -> bool {
    value.len() >= 8
        && value.iter().all(u8::is_ascii_hexdigit)
        && value.iter().any(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_whole() {
        for (table, symbols) in [(LETTER_TABLE, LETTERS), (CLASS_TABLE, CLASSES)] {
            let rows = (symbols + 1) * (symbols + 1);
            assert_eq!(table.len(), rows * (symbols + 1));
            assert!(table.chunks(symbols + 1).all(|row| row[symbols] == b'\n'));
        }
    }

    #[test]
    fn words_are_told_from_random_values() {
        for word in [
            "sunshine",
            "databasePassword",
            "my-secret-name",
            "Winter2024",
            "facade",
        ] {
            assert!(word_bits(word.as_bytes()) > 0.0, "{word}");
        }
        for random in [
            "xkqzvwtp",
            "q8Zr3kT1vN",
            "7f3a9c1e5b2d8046",
            "bPz!4kqW",
            "h7Qm2vXw9LrT",
        ] {
            assert!(word_bits(random.as_bytes()) < 0.0, "{random}");
        }
    }
}
