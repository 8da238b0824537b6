//! One object of a pack, made of whatever it is made of.

use gix_index::hash::oid;

use super::delta;
use super::inflate::Inflate;
use super::plan::{Base, Pack};
use crate::object::Kind;
use crate::walk::Failure;

/// No chain of deltas is longer; git itself makes at most 4095.
const MAX_CHAIN: usize = 1 << 16;

/// Reads the object whose entry is at `offset`. `other` gives objects that are not in this
/// pack.
pub(crate) fn read(
    pack: &Pack,
    mut offset: u64,
    max_size: u64,
    other: impl FnOnce(&oid) -> Result<Option<(Kind, Vec<u8>)>, Failure>,
) -> Result<(Kind, Vec<u8>), Failure> {
    let damaged = |why: String| Failure::Damaged(why);
    let mut inflate = Inflate::new();
    let mut deltas: Vec<Vec<u8>> = Vec::new();
    let (kind, mut bytes) = loop {
        let entry = pack.entry(offset, None).map_err(damaged)?;
        if deltas.is_empty() && matches!(entry.base, Base::Whole(_)) && entry.size as u64 > max_size
        {
            return Err(Failure::TooLarge(entry.size as u64));
        }
        let mut data = Vec::new();
        inflate
            .run(entry.data, entry.size, &mut data)
            .map_err(damaged)?;
        if deltas.is_empty() && !matches!(entry.base, Base::Whole(_)) {
            let size = delta::result_size(&data).map_err(|why| damaged(why.to_string()))?;
            if size > max_size {
                return Err(Failure::TooLarge(size));
            }
        }
        if deltas.len() >= MAX_CHAIN {
            return Err(damaged("its deltas are in a circle".to_owned()));
        }
        match entry.base {
            Base::Whole(kind) => break (kind, data),
            Base::Offset(base) => offset = base,
            Base::Id(base) => match pack.entry_of(&base) {
                Some(base) => offset = base,
                None => {
                    deltas.push(data);
                    let missing = || damaged("its base is missing".to_owned());
                    break other(&base)?.ok_or_else(missing)?;
                }
            },
        }
        deltas.push(data);
    };
    let (mut made, mut segments) = (Vec::new(), Vec::new());
    for delta in deltas.iter().rev() {
        delta::apply(&bytes, delta, &mut made, &mut segments)
            .map_err(|why| damaged(why.to_string()))?;
        std::mem::swap(&mut bytes, &mut made);
    }
    Ok((kind, bytes))
}
