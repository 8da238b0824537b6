//! The one pass over the bytes: where does any anchor of any rule stand?
//!
//! An automaton reads every byte and waits for the table before it can read the
//! next. Here nothing waits: every second position is looked up by itself, the three
//! bytes that stand there in a small bitmap, so that the processor overlaps the
//! look-ups. That works because every anchor of four bytes holds two runs of three,
//! one at an even and one at an odd distance, and so one of them meets an even
//! position wherever the anchor stands. The rarest such runs are chosen. A hit in the
//! bitmap is checked against the anchors themselves.
//!
//! An anchor of three bytes has one run only; for odd positions all 256 runs that
//! hold two of its bytes are entered. Few rules have such anchors.
//!
//! Measured against `aho-corasick` in `benches/`; the answer is the same, which a
//! property test holds.

/// A literal to look for.
#[derive(Clone, Debug)]
pub(crate) struct Needle {
    pub(crate) literal: Vec<u8>,
    pub(crate) ignore_case: bool,
}

const BITMAP_BITS: u32 = 18;
const BITMAP_WORDS: usize = 1 << (BITMAP_BITS - 6);
const RUN: usize = 3;

/// Finds all occurrences of all needles, in order of where they are noticed.
pub(crate) struct AnchorIndex {
    /// One bit for each hash of three bytes at which something may start.
    bitmap: Box<[u64; BITMAP_WORDS]>,
    /// Open addressing, a power of two long: an index into `runs`, plus one.
    slots: Vec<u32>,
    runs: Vec<Run>,
    checks: Vec<Check>,
    needles: Vec<Needle>,
}

/// Three bytes, and the range of `checks` to make where they stand.
struct Run {
    key: u32,
    start: u32,
    end: u32,
}

/// A needle that may stand `offset` bytes before the run.
#[derive(Clone, Copy)]
struct Check {
    /// The first eight bytes (fewer if it is shorter), lower-cased if case is open.
    head: u64,
    /// Which bits of those count.
    mask: u64,
    /// Bits to set before comparing, so that letters match in either case.
    fold: u64,
    needle: u32,
    /// May be -1: the run starts one byte before a needle of three bytes.
    offset: i16,
}

impl AnchorIndex {
    /// An index of these needles, each of at least three bytes.
    pub(crate) fn new(needles: Vec<Needle>) -> Self {
        let mut entries: Vec<(u32, Check)> = Vec::new();
        for (number, needle) in needles.iter().enumerate() {
            enter(number, needle, &mut entries);
        }
        entries.sort_by_key(|(key, check)| (*key, check.needle, check.offset));
        let mut index = Self {
            bitmap: Box::new([0; BITMAP_WORDS]),
            slots: Vec::new(),
            runs: Vec::new(),
            checks: Vec::with_capacity(entries.len()),
            needles,
        };
        for (key, check) in entries {
            if index.runs.last().is_none_or(|run| run.key != key) {
                let here = position(index.checks.len());
                index.runs.push(Run {
                    key,
                    start: here,
                    end: here,
                });
            }
            index.checks.push(check);
            if let Some(run) = index.runs.last_mut() {
                run.end += 1;
            }
        }
        index.slots = vec![0; (index.runs.len() * 2).next_power_of_two().max(2)];
        for number in 0..index.runs.len() {
            let key = index.runs[number].key;
            let hash = hash(key);
            index.bitmap[(hash >> 6) as usize] |= 1 << (hash & 63);
            let mut slot = index.slot(key);
            while index.slots[slot] != 0 {
                slot = (slot + 1) & (index.slots.len() - 1);
            }
            index.slots[slot] = position(number) + 1;
        }
        index
    }

    /// Calls `hit` with the number of the needle and where it starts, for every
    /// occurrence of every needle in `hay`.
    pub(crate) fn find_all(&self, hay: &[u8], mut hit: impl FnMut(usize, usize)) {
        if hay.len() < RUN {
            return;
        }
        // Position 0 needs no step back; a needle of three bytes at position 0 is met
        // by its own run, so no run that starts before the text is ever needed.
        let mut base = 0;
        let mut blocks = hay.windows(BLOCK + 2).step_by(BLOCK);
        for block in &mut blocks {
            let mut any = 0;
            let mut bits = [0u64; PROBES];
            for (probe, bit) in bits.iter_mut().enumerate() {
                let at = probe * 2;
                let key = u32::from_le_bytes([block[at], block[at + 1], block[at + 2], 0]);
                let hash = hash(key);
                *bit = (self.bitmap[(hash >> 6) as usize] >> (hash & 63)) & 1;
                any |= *bit << probe;
            }
            while any != 0 {
                let at = any.trailing_zeros() as usize * 2;
                any &= any - 1;
                self.check(hay, base + at, &mut hit);
            }
            base += BLOCK;
        }
        while base + RUN <= hay.len() {
            let key = u32::from_le_bytes([hay[base], hay[base + 1], hay[base + 2], 0]);
            let hash = hash(key);
            if (self.bitmap[(hash >> 6) as usize] >> (hash & 63)) & 1 != 0 {
                self.check(hay, base, &mut hit);
            }
            base += 2;
        }
        // A needle of three bytes at an odd position whose run would reach past the end.
        let last = hay.len() - RUN;
        if last % 2 == 1 {
            self.check_tail(hay, last, &mut hit);
        }
    }

    #[inline(never)]
    fn check(&self, hay: &[u8], at: usize, hit: &mut impl FnMut(usize, usize)) {
        let key = u32::from_le_bytes([hay[at], hay[at + 1], hay[at + 2], 0]);
        let mut slot = self.slot(key);
        loop {
            let number = self.slots[slot];
            if number == 0 {
                return;
            }
            let run = &self.runs[number as usize - 1];
            if run.key == key {
                for check in &self.checks[run.start as usize..run.end as usize] {
                    let start = at as isize - isize::from(check.offset);
                    if let Ok(start) = usize::try_from(start)
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

    /// Needles of exactly three bytes at the very end of the text.
    #[cold]
    fn check_tail(&self, hay: &[u8], at: usize, hit: &mut impl FnMut(usize, usize)) {
        let tail = &hay[at..];
        for (number, needle) in self.needles.iter().enumerate() {
            if needle.literal.len() == RUN && same(tail, needle) && at > 0 {
                // Met from the position before already if its run holds the first two
                // bytes; then it was reported.
                if !needle_run_is_before(needle) {
                    hit(number, at);
                }
            }
        }
    }

    fn stands(&self, hay: &[u8], start: usize, check: &Check) -> bool {
        let Some(rest) = hay.get(start..) else {
            return false;
        };
        let head = match rest.first_chunk::<8>() {
            Some(bytes) => u64::from_le_bytes(*bytes),
            None => {
                let mut bytes = [0; 8];
                bytes[..rest.len()].copy_from_slice(rest);
                u64::from_le_bytes(bytes)
            }
        };
        if (head | check.fold) & check.mask != check.head {
            return false;
        }
        let needle = &self.needles[check.needle as usize];
        let length = needle.literal.len();
        // The folded comparison takes `@` for a backquote, so letters are compared once more.
        rest.len() >= length && same(&rest[..length], needle)
    }

    fn slot(&self, key: u32) -> usize {
        (key.wrapping_mul(0x9E37_79B1) >> 8) as usize & (self.slots.len() - 1)
    }

    /// The length of a needle in bytes.
    pub(crate) fn needle_len(&self, needle: usize) -> usize {
        self.needles[needle].literal.len()
    }

    /// Heap memory in bytes.
    pub(crate) fn memory_usage(&self) -> usize {
        size_of::<[u64; BITMAP_WORDS]>()
            + self.slots.len() * size_of::<u32>()
            + self.runs.len() * size_of::<Run>()
            + self.checks.len() * size_of::<Check>()
            + self
                .needles
                .iter()
                .map(|n| n.literal.len() + size_of::<Needle>())
                .sum::<usize>()
    }
}

const PROBES: usize = 8;
const BLOCK: usize = PROBES * 2;

fn hash(key: u32) -> u32 {
    key.wrapping_mul(0x85EB_CA6B) >> (32 - BITMAP_BITS)
}

fn position(number: usize) -> u32 {
    u32::try_from(number)
        .expect("a rule set holds fewer than 2^32 anchors, checked when it is built")
}

fn same(text: &[u8], needle: &Needle) -> bool {
    if needle.ignore_case {
        text.eq_ignore_ascii_case(&needle.literal)
    } else {
        text == needle.literal
    }
}

fn enter(number: usize, needle: &Needle, entries: &mut Vec<(u32, Check)>) {
    let literal = &needle.literal;
    debug_assert!(literal.len() >= RUN);
    let mut add = |bytes: [u8; RUN], offset: i16| {
        let check = check(number, needle, offset);
        let fixed = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], 0]);
        for case in 0..8u32 {
            let mut key = fixed;
            let mut wanted = true;
            for (place, byte) in bytes.iter().enumerate() {
                if case >> place & 1 == 1 {
                    wanted &= needle.ignore_case && byte.is_ascii_alphabetic();
                    key ^= 0x20 << (8 * place);
                }
            }
            if wanted {
                entries.push((key, check));
            }
        }
    };
    if literal.len() == RUN {
        add([literal[0], literal[1], literal[2]], 0);
        for other in 0..=u8::MAX {
            // Entered for every byte, so case variants of `other` come by themselves.
            if needle.ignore_case && other.is_ascii_uppercase() {
                continue;
            }
            if needle_run_is_before(needle) {
                add([other, literal[0], literal[1]], -1);
            } else {
                add([literal[1], literal[2], other], 1);
            }
        }
        return;
    }
    for parity in 0..2 {
        let best = (parity..=literal.len() - RUN)
            .step_by(2)
            .min_by_key(|&at| commonness(&literal[at..at + RUN], needle.ignore_case));
        if let Some(at) = best {
            let offset = i16::try_from(at).expect("an anchor is at most 64 bytes long");
            add([literal[at], literal[at + 1], literal[at + 2]], offset);
        }
    }
}

/// Of the two runs that can stand for a needle of three bytes at an odd position,
/// whether the rarer is the one that starts a byte before it.
fn needle_run_is_before(needle: &Needle) -> bool {
    let l = &needle.literal;
    commonness(&l[..2], needle.ignore_case) <= commonness(&l[1..], needle.ignore_case)
}

fn check(number: usize, needle: &Needle, offset: i16) -> Check {
    let length = needle.literal.len().min(8);
    let mut head = [0; 8];
    let mut mask = [0; 8];
    let mut fold = [0; 8];
    for (place, &byte) in needle.literal[..length].iter().enumerate() {
        mask[place] = 0xFF;
        head[place] = byte;
        if needle.ignore_case && byte.is_ascii_alphabetic() {
            fold[place] = 0x20;
            head[place] = byte | 0x20;
        }
    }
    Check {
        head: u64::from_le_bytes(head),
        mask: u64::from_le_bytes(mask),
        fold: u64::from_le_bytes(fold),
        needle: position(number),
        offset,
    }
}

/// How often bytes stand together in source code, roughly, as a sum of logarithms.
/// Only the order matters, and only to choose between runs of one anchor.
fn commonness(bytes: &[u8], ignore_case: bool) -> u32 {
    bytes
        .iter()
        .map(|&b| weight(b) + u32::from(ignore_case && b.is_ascii_alphabetic()))
        .sum()
}

fn weight(byte: u8) -> u32 {
    match byte {
        b' ' => 14,
        b'e' | b't' => 12,
        b'a' | b'i' | b'n' | b'o' | b'r' | b's' => 11,
        b'c' | b'd' | b'l' | b'm' | b'p' | b'u' => 10,
        b'b' | b'f' | b'g' | b'h' | b'\n' | b'.' | b'0' | b'"' | b'/' => 9,
        b'v' | b'w' | b'y' | b'k' | b'_' | b'-' | b'=' | b'1' | b'2' | b':' | b'\'' => 8,
        b'x' | b'3'..=b'9' | b'E' | b'T' | b'S' | b'A' | b'R' | b'C' | b'I' | b'N' => 7,
        b'q' | b'j' | b'z' | b'O' | b'D' | b'L' | b'P' | b'M' => 6,
        b'A'..=b'Z' => 5,
        0x21..=0x7E => 6,
        _ => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aho_corasick::AhoCorasick;
    use proptest::prelude::*;

    fn needles(words: &[(&str, bool)]) -> Vec<Needle> {
        words
            .iter()
            .map(|(word, ignore_case)| Needle {
                literal: if *ignore_case {
                    word.to_ascii_lowercase()
                } else {
                    (*word).to_owned()
                }
                .into_bytes(),
                ignore_case: *ignore_case,
            })
            .collect()
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
                .ascii_case_insensitive(needle.ignore_case)
                .build([&needle.literal])
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
        let index = AnchorIndex::new(needles.clone());
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
            let index = AnchorIndex::new(needles.clone());
            prop_assert_eq!(found(&index, hay.as_bytes()), naive(&needles, hay.as_bytes()));
        }
    }
}
