//! Object ids as keys of tables.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// The first sixteen bytes of an object id: enough to tell objects apart, and small.
pub(crate) type Key = u128;

pub(crate) fn key(id: &[u8]) -> Key {
    id.first_chunk::<16>()
        .map_or(0, |head| u128::from_be_bytes(*head))
}

/// Ids are digests, so a part of one is a hash of it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }

    fn write_u128(&mut self, key: u128) {
        self.0 = key as u64;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

pub(crate) type BuildKeyHasher = BuildHasherDefault<KeyHasher>;

pub(crate) type KeyMap<V> = HashMap<Key, V, BuildKeyHasher>;

/// A quick hash of short names. Somebody who makes names that clash only slows down the
/// scan of their own repository.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct NameHasher(u64);

impl NameHasher {
    fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(23) ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
}

impl Hasher for NameHasher {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.add(u64::from_le_bytes(*word));
        }
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        self.add(u64::from_le_bytes(last));
    }

    fn write_usize(&mut self, number: usize) {
        self.add(number as u64);
    }

    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 32
    }
}
