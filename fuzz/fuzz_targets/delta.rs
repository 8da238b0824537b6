//! Any bytes as a delta: an error, or an object that is made as the segments say.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sluicegate_git::delta::{apply, result_size};

/// Applies instruction by instruction, after the description in `gitformat-pack(5)`.
fn naive(base: &[u8], delta: &[u8]) -> Option<Vec<u8>> {
    let mut rest = delta.iter().copied();
    let mut size = || {
        let (mut value, mut shift) = (0u64, 0);
        loop {
            let byte = rest.next()?;
            value |= u64::from(byte & 0x7F).checked_shl(shift)?;
            shift += 7;
            if byte < 0x80 {
                return Some(value);
            }
            if shift > 56 {
                return None;
            }
        }
    };
    let (from, to) = (size()?, size()?);
    if from != base.len() as u64 {
        return None;
    }
    let mut out = Vec::new();
    while let Some(code) = rest.next() {
        if code & 0x80 == 0 {
            for _ in 0..code {
                out.push(rest.next()?);
            }
            if code == 0 {
                return None;
            }
            continue;
        }
        let mut take = |bits: u8, count: u8| {
            let mut value = 0usize;
            for bit in 0..count {
                if bits >> bit & 1 == 1 {
                    value |= usize::from(rest.next()?) << (8 * bit);
                }
            }
            Some(value)
        };
        let at = take(code & 0x0F, 4)?;
        let length = match take(code >> 4 & 0x07, 3)? {
            0 => 0x1_0000,
            length => length,
        };
        out.extend_from_slice(base.get(at..at.checked_add(length)?)?);
        if out.len() as u64 > to {
            return None;
        }
    }
    (out.len() as u64 == to).then_some(out)
}

fuzz_target!(|input: (&[u8], &[u8])| {
    let (base, delta) = input;
    // The walk checks this size against its limit before it makes the object.
    let Ok(size) = result_size(delta) else {
        return;
    };
    if size > 1 << 20 {
        return;
    }
    let (mut out, mut segments) = (vec![1, 2, 3], Vec::new());
    let made = apply(base, delta, &mut out, &mut segments);
    assert_eq!(made.is_ok().then(|| out.clone()), naive(base, delta));
    if made.is_err() {
        return;
    }
    let mut at = 0;
    for segment in &segments {
        assert_eq!(segment.start, at);
        at = segment.end();
        if let Some(from) = segment.base {
            assert_eq!(out[segment.start..at], base[from..from + segment.len]);
        }
    }
    assert_eq!(at, out.len());
});
