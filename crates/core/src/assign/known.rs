//! What the words of a name are known as: all lists in one table, as a name in a large
//! history is judged a million times.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::ops::BitOr;
use std::sync::LazyLock;

use super::about::ABOUT;
use super::words::{ASKS, KEY_OF_DATA, KEY_OWNERS, MADE_UP, NOT_SECRET, PASSWORD, TOKEN};

/// The lists that a word is in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Known(u8);

impl Known {
    pub(super) const PASSWORD: Self = Self(1);
    pub(super) const TOKEN: Self = Self(2);
    pub(super) const KEY_OWNER: Self = Self(4);
    pub(super) const KEY_OF_DATA: Self = Self(8);
    pub(super) const ABOUT: Self = Self(16);
    pub(super) const NOT_SECRET: Self = Self(32);
    pub(super) const MADE_UP: Self = Self(64);
    pub(super) const ASKS: Self = Self(128);

    /// What this word, in lower case, is known as.
    pub(super) fn of(word: &str) -> Self {
        WORDS.get(word).copied().unwrap_or_default()
    }

    /// Whether the word is in this list.
    pub(super) fn is(self, list: Self) -> bool {
        self.0 & list.0 != 0
    }
}

impl BitOr for Known {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

static WORDS: LazyLock<HashMap<&str, Known, BuildHasherDefault<Mixed>>> = LazyLock::new(|| {
    let mut words: HashMap<_, Known, _> = HashMap::default();
    for (list, known) in [
        (PASSWORD, Known::PASSWORD),
        (TOKEN, Known::TOKEN),
        (KEY_OWNERS, Known::KEY_OWNER),
        (KEY_OF_DATA, Known::KEY_OF_DATA),
        (ABOUT, Known::ABOUT),
        (NOT_SECRET, Known::NOT_SECRET),
        (MADE_UP, Known::MADE_UP),
        (ASKS, Known::ASKS),
    ] {
        for word in list {
            let before = words.entry(*word).or_default();
            *before = *before | known;
        }
    }
    words
});

/// Mixes eight bytes at once. The words in the table are ours, so nobody chooses them to
/// collide.
#[derive(Default)]
struct Mixed(u64);

impl Hasher for Mixed {
    fn write(&mut self, bytes: &[u8]) {
        for part in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..part.len()].copy_from_slice(part);
            let mixed = self.0.rotate_left(23) ^ u64::from_le_bytes(word);
            self.0 = mixed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        }
    }

    fn finish(&self) -> u64 {
        // The table goes by the low bits, and the high ones of a product know most.
        self.0 ^ self.0 >> 32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_known_by_every_list_it_is_in() {
        assert!(Known::of("password").is(Known::PASSWORD));
        assert!(!Known::of("password").is(Known::TOKEN));
        assert!(Known::of("is").is(Known::NOT_SECRET) && Known::of("is").is(Known::ASKS));
        assert_eq!(Known::of("passwordx"), Known::default());
        assert_eq!(Known::of(""), Known::default());
    }
}
