//! A set of bytes.

use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A set of bytes: one bit for each. Written as the first and the last byte of each run, as
/// most sets are of few.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ByteSet([u64; 4]);

impl ByteSet {
    /// All bytes.
    pub(crate) const ALL: Self = Self([u64::MAX; 4]);

    pub(crate) fn insert(&mut self, byte: u8) {
        self.0[usize::from(byte >> 6)] |= 1 << (byte & 63);
    }

    /// Adds all from the first to the last.
    pub(crate) fn insert_range(&mut self, first: u8, last: u8) {
        for (number, word) in self.0.iter_mut().enumerate() {
            let base = number * 64;
            let low = usize::from(first).max(base);
            let high = usize::from(last).min(base + 63);
            if low <= high {
                *word |= u64::MAX >> (63 - (high - low)) << (low - base);
            }
        }
    }

    #[inline]
    pub(crate) fn contains(&self, byte: u8) -> bool {
        self.0[usize::from(byte >> 6)] >> (byte & 63) & 1 == 1
    }

    /// How many bytes are in it.
    pub(crate) fn len(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    /// What is in both.
    pub(crate) fn common(&self, other: &Self) -> Self {
        Self(std::array::from_fn(|n| self.0[n] & other.0[n]))
    }

    pub(crate) fn union(&mut self, other: &Self) {
        for (own, other) in self.0.iter_mut().zip(other.0) {
            *own |= other;
        }
    }
}

impl FromIterator<u8> for ByteSet {
    fn from_iter<I: IntoIterator<Item = u8>>(bytes: I) -> Self {
        let mut set = Self::default();
        bytes.into_iter().for_each(|byte| set.insert(byte));
        set
    }
}

impl Serialize for ByteSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut runs = Vec::new();
        let mut last = None;
        for byte in (0..=u8::MAX).filter(|&byte| self.contains(byte)) {
            match runs.last_mut() {
                Some(end) if last == byte.checked_sub(1) => *end = byte,
                _ => runs.extend([byte, byte]),
            }
            last = Some(byte);
        }
        serializer.serialize_bytes(&runs)
    }
}

impl<'de> Deserialize<'de> for ByteSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(Runs)
    }
}

struct Runs;

impl Visitor<'_> for Runs {
    type Value = ByteSet;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("the first and the last byte of each run")
    }

    fn visit_bytes<E: Error>(self, runs: &[u8]) -> Result<ByteSet, E> {
        let mut set = ByteSet::default();
        let (runs, rest) = runs.as_chunks();
        if !rest.is_empty() {
            return Err(E::custom("half a run"));
        }
        for [first, last] in runs {
            set.insert_range(*first, *last);
        }
        Ok(set)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_comes_back_as_it_was_written() {
        for set in [
            ByteSet::default(),
            ByteSet::ALL,
            (b'0'..=b'9').chain(b'a'..=b'f').collect(),
            [0, 63, 64, 127, 128, 255].into_iter().collect(),
            (60..=200).collect(),
        ] {
            let bytes = postcard::to_stdvec(&set).expect("a vector takes it");
            assert_eq!(postcard::from_bytes::<ByteSet>(&bytes), Ok(set));
        }
        assert!(postcard::from_bytes::<ByteSet>(&[1, b'a']).is_err());
    }

    #[test]
    fn a_range_is_each_of_its_bytes() {
        for (first, last) in [
            (0, 0),
            (0, 255),
            (63, 64),
            (1, 62),
            (64, 127),
            (200, 255),
            (9, 3),
        ] {
            let mut set = ByteSet::default();
            set.insert_range(first, last);
            assert_eq!(set, (first..=last).collect(), "{first} {last}");
        }
    }
}
