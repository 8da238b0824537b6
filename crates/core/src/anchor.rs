//! The one pass over the bytes: where does any anchor of any rule stand?
//!
//! An automaton reads every byte and waits for its table before it can read the next.
//! Here nothing waits: the four bytes at every position, in lower case, are looked up
//! by themselves in a small table, so that the processor works
//! on many positions at once. Each anchor enters the rarest four bytes that it holds; a
//! position that is in the table is looked up once more, in a bitmap that knows two
//! bytes more of the longer anchors, and then checked against the anchors themselves: most
//! positions that the first lets through are chance, and finding that out in the tables
//! costs two wrong guesses of the processor. An anchor of three bytes is entered with every
//! byte that may follow it; few rules have such.
//!
//! Measured against `aho-corasick` in `benches/`; the answer is the same, which a
//! property test holds.

use std::borrow::Cow;
use std::ops::Range;

use crate::bytes::ByteSet;
use crate::common::{NEAR, commonness};

/// What must stand in a text; in lower case if case is ignored.
#[derive(Clone, Debug)]
pub(crate) struct Literal {
    pub(crate) bytes: Cow<'static, [u8]>,
    pub(crate) ignore_case: bool,
}

/// A literal to look for.
#[derive(Clone, Debug)]
pub(crate) struct Needle {
    pub(crate) literal: Literal,
    /// What may follow; occurrences before anything else may or may not be reported.
    pub(crate) next: ByteSet,
    /// Where its rarest four bytes start; see [`rarest`](crate::common::rarest).
    pub(crate) rarest: u8,
}

/// 256 KiB: more than the fastest caches hold, but texts use little of it at a time. A byte
/// for each hash, not a bit, as to shift a bit out takes as long as all the rest. With half
/// as much, 1,600 rules took 5 to 15 % longer (2026-11, AMD EPYC, 48 KiB of first cache).
const TABLE_BITS: u32 = 18;
const TABLE: usize = 1 << TABLE_BITS;

/// How large the bitmap behind it is. It is asked rarely and need not stay in the fastest cache.
const SIEVE_BITS: u32 = 17;
const SIEVE_WORDS: usize = 1 << (SIEVE_BITS - 6);

/// How many bytes are looked up together.
const GRAM: usize = 4;

/// How many bytes on one side of a gram the bitmap knows as well.
const WIDER: usize = 2;

/// How many positions are looked up before the first answer is asked for.
const BLOCK: usize = 4 * PART;
const PART: usize = 16;

/// How many positions are gone through before what passed is checked: folding so many at
/// once costs little, and bytes read long after they were written, in other portions,
/// need not be waited for.
const CHUNK: usize = 512;

/// How many bytes that takes.
const FOLDED: usize = CHUNK + GRAM - 1;

/// Sets the bit that tells small letters from capitals. It folds some signs as well,
/// which only costs a check.
const FOLD: u32 = 0x2020_2020;
const FOLD_BYTE: u8 = 0x20;

/// Finds all occurrences of all needles, in order of where they are noticed.
pub(crate) struct AnchorIndex {
    /// 1 for each hash of four bytes that a needle holds.
    table: Box<[u8; TABLE]>,
    /// One bit for each hash of a gram together with its neighbours, or of a gram alone
    /// where the needle has none.
    sieve: Box<[u64; SIEVE_WORDS]>,
    /// Open addressing, a power of two long: an index into `grams`, plus one.
    slots: Vec<u32>,
    grams: Vec<Gram>,
    checks: Vec<Check>,
    literals: Vec<Literal>,
    /// How many bytes a needle has before its gram at most.
    before_gram: usize,
}

/// Where a needle enters the index: worked out once for the rules that are built in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    key: u32,
    needle: u32,
    /// How many bytes the literal has before the gram.
    offset: u8,
    /// The bit of the sieve.
    sieve: u32,
}

impl Entry {
    /// How many bytes one is written in.
    pub(crate) const WRITTEN: usize = 12;

    /// The entries of needles that are numbered from `first` on, in the order in which the
    /// index takes them.
    pub(crate) fn of(needles: &[Needle], first: usize) -> Vec<Self> {
        let mut entries = Vec::with_capacity(needles.len() * 2);
        for (number, needle) in (first..).zip(needles) {
            enter(position(number), needle, &mut entries);
        }
        entries.sort_unstable_by_key(Self::order);
        entries.dedup_by_key(|entry| entry.order());
        entries
    }

    fn order(&self) -> u64 {
        u64::from(self.key) << 32 | u64::from(self.needle)
    }

    /// Whether it can be one of these literals.
    pub(crate) fn is_of(&self, literals: &[Literal]) -> bool {
        let literal = literals.get(self.needle as usize);
        self.sieve >> SIEVE_BITS == 0 && literal.is_some_and(|l| !l.bytes.is_empty())
    }

    pub(crate) fn write(self) -> [u8; Self::WRITTEN] {
        let mut bytes = [0; Self::WRITTEN];
        bytes[..4].copy_from_slice(&self.key.to_le_bytes());
        bytes[4..8].copy_from_slice(&self.needle.to_le_bytes());
        // No literal is longer than 64 bytes, and the sieve has fewer than 2^24 bits.
        bytes[8..].copy_from_slice(&(self.sieve << 8 | u32::from(self.offset)).to_le_bytes());
        bytes
    }

    pub(crate) fn read(bytes: &[u8; Self::WRITTEN]) -> Self {
        let [k0, k1, k2, k3, n0, n1, n2, n3, offset, s0, s1, s2] = *bytes;
        Self {
            key: u32::from_le_bytes([k0, k1, k2, k3]),
            needle: u32::from_le_bytes([n0, n1, n2, n3]),
            offset,
            sieve: u32::from_le_bytes([s0, s1, s2, 0]),
        }
    }
}

/// Four folded bytes, and the range of `checks` to make where they stand.
struct Gram {
    key: u32,
    start: u32,
    end: u32,
}

/// A needle that may stand `offset` bytes before the gram.
#[derive(Clone, Copy)]
struct Check {
    /// The first eight bytes (fewer if it is shorter), folded.
    head: u64,
    /// Which bits of those count.
    mask: u64,
    needle: u32,
    offset: u8,
}

impl AnchorIndex {
    /// An index of these literals, each of at least three bytes and at most 64, with the
    /// entries of all of them in order.
    pub(crate) fn new(literals: Vec<Literal>, entries: impl Iterator<Item = Entry>) -> Self {
        let mut index = Self {
            table: Box::new([0; TABLE]),
            sieve: Box::new([0; SIEVE_WORDS]),
            slots: Vec::new(),
            grams: Vec::with_capacity(literals.len()),
            checks: Vec::with_capacity(literals.len()),
            literals,
            before_gram: 0,
        };
        for entry in entries {
            index.before_gram = index.before_gram.max(usize::from(entry.offset));
            if index.grams.last().is_none_or(|gram| gram.key != entry.key) {
                let here = position(index.checks.len());
                index.grams.push(Gram {
                    key: entry.key,
                    start: here,
                    end: here,
                });
            }
            index.sieve[(entry.sieve >> 6) as usize] |= 1 << (entry.sieve & 63);
            let literal = &index.literals[entry.needle as usize];
            index.checks.push(check(literal, entry));
            if let Some(gram) = index.grams.last_mut() {
                gram.end += 1;
            }
        }
        index.slots = vec![0; (index.grams.len() * 2).next_power_of_two().max(2)];
        for number in 0..index.grams.len() {
            let key = index.grams[number].key;
            let hash = hash(key);
            index.table[hash as usize] = 1;
            let mut slot = index.slot(key);
            while index.slots[slot] != 0 {
                slot = (slot + 1) & (index.slots.len() - 1);
            }
            index.slots[slot] = position(number) + 1;
        }
        index
    }

    /// The same with entries of which some are known, in order.
    pub(crate) fn joined(
        literals: Vec<Literal>,
        known: impl Iterator<Item = Entry>,
        others: Vec<Entry>,
    ) -> Self {
        let mut known = known.peekable();
        let mut others = others.into_iter().peekable();
        let merged = std::iter::from_fn(move || {
            let other_is_next = match (known.peek(), others.peek()) {
                (Some(known), Some(other)) => other.order() < known.order(),
                (None, _) => true,
                (Some(_), None) => false,
            };
            if other_is_next {
                others.next()
            } else {
                known.next()
            }
        });
        Self::new(literals, merged)
    }

    /// Calls `hit` with the number of the needle and where it starts, for every
    /// occurrence of every needle in `hay`.
    pub(crate) fn find_all(&self, hay: &[u8], hit: impl FnMut(usize, usize)) {
        self.find_in(hay, 0..hay.len(), hit);
    }

    /// The same for the needles that touch a stretch, which may be empty: those that start
    /// before its end and end behind its start. Some more are among them that do not.
    pub(crate) fn find_touching(
        &self,
        hay: &[u8],
        stretch: Range<usize>,
        hit: impl FnMut(usize, usize),
    ) {
        // The last bytes of a needle are no farther behind its gram than that.
        let start = stretch.start.saturating_sub(NEAR);
        let end = hay.len().min(stretch.end.saturating_add(self.before_gram));
        if end - start <= BLOCK {
            self.find_few(hay, start..end, hit);
        } else {
            self.find_in(hay, start..end, hit);
        }
    }

    /// The same as [`find_in`](Self::find_in) for a stretch of a block at most.
    fn find_few(&self, hay: &[u8], grams: Range<usize>, mut hit: impl FnMut(usize, usize)) {
        let rest = &hay[grams.start..];
        let mut folded = [FOLD_BYTE; BLOCK + GRAM - 1];
        for (to, from) in folded.iter_mut().zip(rest) {
            *to = from | FOLD_BYTE;
        }
        let mut any = 0;
        for at in (0..grams.len()).step_by(PART) {
            let part = folded[at..].first_chunk();
            let part = part.expect("a block is made of whole parts");
            any |= u64::from(self.part(part)) << at;
        }
        any &= u64::MAX >> (BLOCK - grams.len().max(1));
        while any != 0 {
            let at = grams.start + any.trailing_zeros() as usize;
            any &= any - 1;
            if self.passes_sieve(hay, at) {
                self.check(hay, at, &mut hit);
            }
        }
    }

    /// The same for those whose grams start in a stretch.
    fn find_in(&self, hay: &[u8], grams: Range<usize>, mut hit: impl FnMut(usize, usize)) {
        let mut folded = [0; FOLDED];
        let mut passed = [0u16; CHUNK];
        for base in grams.clone().step_by(CHUNK) {
            let rest = &hay[base..];
            fold(
                &rest[..rest.len().min(grams.end - base + GRAM - 1)],
                &mut folded,
            );
            let mut count = 0;
            for at in (0..(grams.end - base).min(CHUNK)).step_by(BLOCK) {
                let mut any = self.block(&folded, at);
                while any != 0 {
                    let place = at + any.trailing_zeros() as usize;
                    any &= any - 1;
                    // Written down in any case, and kept only if it is wanted: whether it
                    // is cannot be guessed.
                    passed[count] = place as u16;
                    count += usize::from(self.passes_sieve(hay, base + place));
                }
            }
            for &place in &passed[..count] {
                self.check(hay, base + usize::from(place), &mut hit);
            }
        }
    }

    /// One bit for each of the positions that is in the table.
    #[inline(always)]
    fn block(&self, folded: &[u8; FOLDED], at: usize) -> u64 {
        let part = |number: usize| {
            let part = folded[at + number * PART..].first_chunk();
            let part = part.expect("a chunk is made of whole blocks");
            u64::from(self.part(part)) << (number * PART)
        };
        // Apart, so that no part waits for another.
        part(0) | part(1) | part(2) | part(3)
    }

    /// One bit for each of the positions that is in the table.
    #[inline(always)]
    fn part(&self, part: &[u8; PART + GRAM - 1]) -> u32 {
        let mut any = 0;
        // Written so that the compiler unrolls it, into four instructions a position.
        for at in (0..PART).rev() {
            let gram = part[at..].first_chunk();
            let gram = gram.expect("a part is read with the rest of its last gram");
            any = any << 1 | self.bit(u32::from_le_bytes(*gram));
        }
        any
    }

    /// Whether the bitmap knows the gram at `at` with one of its neighbours.
    #[inline(always)]
    fn passes_sieve(&self, hay: &[u8], at: usize) -> bool {
        let around = at
            .checked_sub(WIDER)
            .and_then(|start| hay.get(start..)?.first_chunk::<8>());
        let Some(around) = around else {
            return true;
        };
        let around = u64::from_le_bytes(*around) | FOLD_HEAD;
        let mut any = 0;
        // No branches between the three: which of them it is cannot be guessed.
        for hash in [
            sieve_hash(around & BEFORE, Side::Before),
            sieve_hash(around & AFTER, Side::After),
            sieve_hash(around & ALONE, Side::None),
        ] {
            any |= self.sieve[(hash >> 6) as usize] >> (hash & 63);
        }
        any & 1 != 0
    }

    #[inline(always)]
    fn bit(&self, key: u32) -> u32 {
        u32::from(self.table[hash(key) as usize])
    }

    fn check(&self, hay: &[u8], at: usize, hit: &mut impl FnMut(usize, usize)) {
        let key = key_at(hay, at);
        let mut slot = self.slot(key);
        loop {
            let number = self.slots[slot];
            if number == 0 {
                return;
            }
            let gram = &self.grams[number as usize - 1];
            if gram.key == key {
                for check in &self.checks[gram.start as usize..gram.end as usize] {
                    if let Some(start) = at.checked_sub(usize::from(check.offset))
                        && self.stands(hay, start, check)
                    {
                        hit(check.needle as usize, start);
                    }
                }
                return;
            }
            slot = (slot + 1) & (self.slots.len() - 1);
        }
    }

    #[inline(always)]
    fn stands(&self, hay: &[u8], start: usize, check: &Check) -> bool {
        let rest = &hay[start..];
        let head = match rest.first_chunk::<8>() {
            Some(bytes) => u64::from_le_bytes(*bytes),
            None => {
                let mut bytes = [0; 8];
                bytes[..rest.len()].copy_from_slice(rest);
                u64::from_le_bytes(bytes)
            }
        };
        // Folding takes some signs for others, so the needle is compared in full as well.
        (head | FOLD_HEAD) & check.mask == check.head && {
            let literal = &self.literals[check.needle as usize];
            let text = rest.get(..literal.bytes.len()).unwrap_or_default();
            if literal.ignore_case {
                text.eq_ignore_ascii_case(&literal.bytes)
            } else {
                text == &*literal.bytes
            }
        }
    }

    fn slot(&self, key: u32) -> usize {
        // The high bits: the low ones of a product know nothing of a key's last byte.
        let bits = self.slots.len().trailing_zeros();
        (key.wrapping_mul(0x9E37_79B1) >> (32 - bits)) as usize
    }

    /// The length of a needle in bytes.
    pub(crate) fn needle_len(&self, needle: usize) -> usize {
        self.literals[needle].bytes.len()
    }

    /// Heap memory in bytes.
    pub(crate) fn memory_usage(&self) -> usize {
        size_of::<[u8; TABLE]>()
            + size_of::<[u64; SIEVE_WORDS]>()
            + self.slots.len() * size_of::<u32>()
            + self.grams.len() * size_of::<Gram>()
            + self.checks.len() * size_of::<Check>()
            + self
                .literals
                .iter()
                .map(|literal| literal.bytes.len() + size_of::<Literal>())
                .sum::<usize>()
    }
}

const FOLD_HEAD: u64 = (FOLD as u64) << 32 | FOLD as u64;

/// Of eight bytes, the first of which stands `WIDER` before a gram: the gram alone, and
/// with its neighbours on one side.
const ALONE: u64 = 0x0000_FFFF_FFFF_0000;
const BEFORE: u64 = 0x0000_FFFF_FFFF_FFFF;
const AFTER: u64 = 0xFFFF_FFFF_FFFF_0000;

/// Which neighbours of a gram are hashed with it.
#[derive(Clone, Copy)]
enum Side {
    None,
    Before,
    After,
}

#[inline(always)]
fn sieve_hash(around: u64, side: Side) -> u32 {
    let mixed = (around ^ side as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> (64 - SIEVE_BITS)) as u32
}

/// The bit of the bitmap that lets a needle through. Of both sides of the gram at `at` the one
/// with the rarer bytes is taken.
fn sieve_bit(literal: &[u8], gram: u32, at: usize) -> u32 {
    let before = at
        .checked_sub(WIDER)
        .map(|start| &literal[start..at + GRAM]);
    let after = literal.get(at..at + GRAM + WIDER);
    let side = match (before, after) {
        (None, None) => Side::None,
        (Some(_), None) => Side::Before,
        (None, Some(_)) => Side::After,
        (Some(before), Some(after)) if commonness(before) < commonness(after) => Side::Before,
        (Some(_), Some(_)) => Side::After,
    };
    let mut around = [0; 8];
    match side {
        Side::None => around[WIDER..WIDER + GRAM].copy_from_slice(&gram.to_le_bytes()),
        Side::Before => around[..WIDER + GRAM].copy_from_slice(before.unwrap_or_default()),
        Side::After => around[WIDER..].copy_from_slice(after.unwrap_or_default()),
    }
    let mask = match side {
        Side::None => ALONE,
        Side::Before => BEFORE,
        Side::After => AFTER,
    };
    sieve_hash((u64::from_le_bytes(around) | FOLD_HEAD) & mask, side)
}

/// Folds the start of a text; after its end there are blanks, for a block.
fn fold(text: &[u8], folded: &mut [u8; FOLDED]) {
    let (own, past) = folded.split_at_mut(text.len().min(FOLDED));
    for (to, from) in own.iter_mut().zip(text) {
        *to = from | FOLD_BYTE;
    }
    // No farther than the last block goes.
    let past_len = past.len().min(BLOCK + GRAM);
    past[..past_len].fill(FOLD_BYTE);
}

#[inline(always)]
fn key(bytes: [u8; GRAM]) -> u32 {
    u32::from_le_bytes(bytes) | FOLD
}

/// The key of the bytes at a position near the end, where fewer than four may be left.
fn key_at(hay: &[u8], at: usize) -> u32 {
    let rest = &hay[at..];
    match rest.first_chunk::<GRAM>() {
        Some(bytes) => key(*bytes),
        None => {
            let mut bytes = [0; GRAM];
            bytes[..rest.len()].copy_from_slice(rest);
            key(bytes)
        }
    }
}

#[inline(always)]
fn hash(key: u32) -> u32 {
    key.wrapping_mul(0x85EB_CA6B) >> (32 - TABLE_BITS)
}

fn position(number: usize) -> u32 {
    u32::try_from(number)
        .expect("a rule set holds fewer than 2^32 anchors, checked when it is built")
}

fn enter(number: u32, needle: &Needle, entries: &mut Vec<Entry>) {
    let literal = &*needle.literal.bytes;
    let mut enter = |bytes: [u8; GRAM], at: usize| {
        let key = key(bytes);
        entries.push(Entry {
            key,
            needle: number,
            offset: u8::try_from(at).expect("an anchor is at most 64 bytes long"),
            sieve: sieve_bit(literal, key, at),
        });
    };
    if literal.len() < GRAM {
        for next in (0..=u8::MAX).filter(|&b| needle.next.contains(b)) {
            enter([literal[0], literal[1], literal[2], next], 0);
        }
        return;
    }
    let at = usize::from(needle.rarest).min(literal.len() - GRAM);
    if let Some(bytes) = literal[at..].first_chunk::<GRAM>() {
        enter(*bytes, at);
    }
}

fn check(literal: &Literal, entry: Entry) -> Check {
    let length = literal.bytes.len().min(8);
    let mut head = [0; 8];
    head[..length].copy_from_slice(&literal.bytes[..length]);
    let mask = u64::MAX >> (64 - 8 * length);
    Check {
        head: (u64::from_le_bytes(head) | FOLD_HEAD) & mask,
        mask,
        needle: entry.needle,
        offset: entry.offset,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::rarest;
    use aho_corasick::AhoCorasick;
    use proptest::prelude::*;

    fn needles(words: &[(&str, bool)]) -> Vec<Needle> {
        words
            .iter()
            .map(|(word, ignore_case)| Needle {
                literal: Literal {
                    bytes: if *ignore_case {
                        word.to_ascii_lowercase()
                    } else {
                        (*word).to_owned()
                    }
                    .into_bytes()
                    .into(),
                    ignore_case: *ignore_case,
                },
                next: ByteSet::ALL,
                rarest: rarest(word.to_ascii_lowercase().as_bytes()),
            })
            .collect()
    }

    /// With some of the entries known before, and written and read.
    fn index(needles: &[Needle]) -> AnchorIndex {
        let literals = needles.iter().map(|needle| needle.literal.clone());
        let (known, others) = needles.split_at(needles.len() / 2);
        let known = Entry::of(known, 0).into_iter().map(|entry| {
            let read = Entry::read(&entry.write());
            assert_eq!(read, entry);
            read
        });
        let others = Entry::of(others, needles.len() / 2);
        AnchorIndex::joined(literals.collect(), known, others)
    }

    fn found(index: &AnchorIndex, hay: &[u8]) -> Vec<(usize, usize)> {
        let mut hits = Vec::new();
        index.find_all(hay, |needle, at| hits.push((needle, at)));
        hits.sort_unstable();
        hits
    }

    fn naive(needles: &[Needle], hay: &[u8]) -> Vec<(usize, usize)> {
        let mut hits = Vec::new();
        for (number, needle) in needles.iter().enumerate() {
            let automaton = AhoCorasick::builder()
                .ascii_case_insensitive(needle.literal.ignore_case)
                .build([&needle.literal.bytes])
                .expect("one short literal");
            for m in automaton.find_overlapping_iter(hay) {
                hits.push((number, m.start()));
            }
        }
        hits.sort_unstable();
        hits
    }

    #[test]
    fn every_place_and_case_is_found() {
        let needles = needles(&[
            ("AKIA", false),
            ("sk-", false),
            ("pwd", true),
            ("SG.", false),
            ("secret", true),
            ("-----BEGIN", false),
            ("[key]", true),
        ]);
        let index = index(&needles);
        for text in [
            "AKIA",
            "sk-",
            "PwD",
            "SG.",
            "SeCrEt",
            "-----BEGIN",
            "{key]",
            "[KEY]",
        ] {
            for pad in 0..40 {
                for tail in [0, 1, 2, 20] {
                    let hay = [&vec![b'.'; pad][..], text.as_bytes(), &vec![b'x'; tail]].concat();
                    assert_eq!(
                        found(&index, &hay),
                        naive(&needles, &hay),
                        "{text} {pad} {tail}"
                    );
                }
            }
        }
    }

    proptest! {
        #[test]
        fn the_same_as_a_naive_search(
            words in prop::collection::vec(("[abAB._]{3,10}", any::<bool>()), 1..12),
            hay in "[abAB._]{0,200}",
        ) {
            let words: Vec<(&str, bool)> = words.iter().map(|(w, c)| (w.as_str(), *c)).collect();
            let needles = needles(&words);
            let index = index(&needles);
            prop_assert_eq!(found(&index, hay.as_bytes()), naive(&needles, hay.as_bytes()));
        }
    }
}
