//! Delta instructions: how one object is made of another (`gitformat-pack(5)`).

use std::fmt;

/// A stretch of an object that was made from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Where it starts in the object, in bytes.
    pub start: usize,
    /// How long it is.
    pub len: usize,
    /// Where it stands in the base; `None` if it is new.
    pub base: Option<usize>,
}

impl Segment {
    /// The offset behind it.
    pub fn end(&self) -> usize {
        self.start + self.len
    }
}

/// The instructions make no sense for this base.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeltaError(&'static str);

impl fmt::Display for DeltaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for DeltaError {}

const CUT_OFF: DeltaError = DeltaError("the delta is cut off");

/// The size of the object that a delta makes.
///
/// # Errors
///
/// If it does not start with two sizes.
pub fn result_size(delta: &[u8]) -> Result<u64, DeltaError> {
    let mut rest = delta;
    size(&mut rest)?;
    size(&mut rest)
}

/// Applies `delta` to `base`. Fills `out` with the object and `segments` with what it is
/// made of, neighbours that are one stretch in both joined. Neither is read before.
///
/// # Errors
///
/// If the delta is damaged or was made for another base. `out` never grows beyond the
/// size that the delta states, which the caller has checked with [`result_size`].
pub fn apply(
    base: &[u8],
    delta: &[u8],
    out: &mut Vec<u8>,
    segments: &mut Vec<Segment>,
) -> Result<(), DeltaError> {
    out.clear();
    segments.clear();
    let mut rest = delta;
    if size(&mut rest)? != base.len() as u64 {
        return Err(DeltaError("the delta was made for a base of another size"));
    }
    let total = usize::try_from(size(&mut rest)?).map_err(|_| DeltaError("too large"))?;
    // What a damaged delta promises is not paid for before it is there.
    out.reserve(total.min(base.len().saturating_add(delta.len())));
    while let Some((&code, tail)) = rest.split_first() {
        rest = tail;
        let (bytes, from) = match code {
            0 => return Err(DeltaError("the delta has an instruction of no known kind")),
            1..=0x7F => {
                let (new, tail) = rest.split_at_checked(usize::from(code)).ok_or(CUT_OFF)?;
                rest = tail;
                (new, None)
            }
            0x80.. => {
                let from = number(code, 4, &mut rest)?;
                let length = match number(code >> 4, 3, &mut rest)? {
                    0 => 0x1_0000,
                    length => length,
                };
                let copied = base.get(from..).and_then(|tail| tail.get(..length));
                let copied = copied.ok_or(DeltaError("the delta copies what is not there"))?;
                (copied, Some(from))
            }
        };
        if bytes.len() > total - out.len() {
            return Err(DeltaError("the delta makes more than it says"));
        }
        push(segments, out.len(), bytes.len(), from);
        out.extend_from_slice(bytes);
    }
    if out.len() == total {
        Ok(())
    } else {
        Err(CUT_OFF)
    }
}

fn push(segments: &mut Vec<Segment>, start: usize, len: usize, base: Option<usize>) {
    if let Some(last) = segments.last_mut()
        && last.base.map(|from| from + last.len) == base
    {
        last.len += len;
        return;
    }
    segments.push(Segment { start, len, base });
}

/// A size in groups of seven bits, the least significant first.
fn size(rest: &mut &[u8]) -> Result<u64, DeltaError> {
    let mut value = 0u64;
    for shift in (0..63).step_by(7) {
        let (&byte, tail) = rest.split_first().ok_or(CUT_OFF)?;
        *rest = tail;
        value |= u64::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(DeltaError("a size in the delta is out of range"))
}

/// A number of which only those bytes are there whose bits in `present` are set.
fn number(present: u8, bytes: u32, rest: &mut &[u8]) -> Result<usize, DeltaError> {
    let mut value = 0;
    for place in 0..bytes {
        if present >> place & 1 == 1 {
            let (&byte, tail) = rest.split_first().ok_or(CUT_OFF)?;
            *rest = tail;
            value |= usize::from(byte) << (place * 8);
        }
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(base: &[u8], delta: &[u8]) -> Result<(Vec<u8>, Vec<Segment>), DeltaError> {
        let (mut out, mut segments) = (vec![9], Vec::new());
        apply(base, delta, &mut out, &mut segments).map(|()| (out, segments))
    }

    #[test]
    fn copies_and_insertions_make_the_object() {
        let base = b"0123456789";
        // Copy 2..5, insert "ab", copy 5..7, copy 7..9.
        let delta = [10, 9, 0x91, 2, 3, 2, b'a', b'b', 0x91, 5, 2, 0x91, 7, 2];
        let (out, segments) = run(base, &delta).expect("a good delta");
        assert_eq!(out, b"234ab5678");
        let segment = |start, len, base| Segment { start, len, base };
        assert_eq!(
            segments,
            [
                segment(0, 3, Some(2)),
                segment(3, 2, None),
                segment(5, 4, Some(5))
            ]
        );
        assert_eq!(result_size(&delta), Ok(9));
    }

    #[test]
    fn a_copy_of_no_stated_length_is_64_kib() {
        let base = vec![7; 0x1_0001];
        let delta = [0x81, 0x80, 0x04, 0x80, 0x80, 0x04, 0x81, 1];
        let (out, _) = run(&base, &delta).expect("a good delta");
        assert_eq!(out.len(), 0x1_0000);
    }

    #[test]
    fn damage_is_an_error() {
        let base = b"0123456789";
        for delta in [
            [].as_slice(),
            &[10],
            &[9, 1, 1, b'a'],
            &[10, 3, 3, b'a'],
            &[10, 3, 0x91, 9, 3],
            &[10, 3, 0x91, 9],
            &[10, 1, 2, b'a', b'b'],
            &[10, 2, 1, b'a'],
            &[10, 1, 0],
            &[0xFF; 20],
            &[10, 3, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
            // It promises more than any memory has.
            &[10, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F, 1, b'a'],
        ] {
            assert!(run(base, delta).is_err(), "{delta:?}");
        }
    }

    #[test]
    fn no_bytes_whatever_make_it_panic() {
        let base: Vec<u8> = (0..=255).collect();
        let mut state = 1u32;
        for _ in 0..20_000 {
            let mut delta = vec![0x80, 2, 20];
            for _ in 0..12 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                delta.push((state >> 24) as u8);
            }
            if let Ok((out, segments)) = run(&base, &delta) {
                assert_eq!(out.len(), 20);
                assert_eq!(segments.iter().map(|s| s.len).sum::<usize>(), 20);
            }
        }
    }
}
