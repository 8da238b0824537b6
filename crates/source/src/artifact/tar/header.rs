//! One header of a tar, as POSIX.1-1988, GNU and Unix version 7 write them.

/// Everything in a tar takes a multiple of so many bytes.
pub(super) const BLOCK: usize = 512;

/// A header whose checksum is right.
pub(super) struct Header(pub(super) [u8; BLOCK]);

/// Whether these bytes start with a header, going by its checksum.
pub(in super::super) fn is_header(head: &[u8]) -> bool {
    head.first_chunk()
        .is_some_and(|block| Header::read(block).is_some_and(|h| !h.name().is_empty()))
}

impl Header {
    pub(super) fn read(block: &[u8; BLOCK]) -> Option<Self> {
        let stated = octal(&block[148..156])?;
        let sum = |signed: bool| -> i64 {
            let value = |(at, &byte): (usize, &u8)| match at {
                148..156 => i64::from(b' '),
                _ if signed => i64::from(byte.cast_signed()),
                _ => i64::from(byte),
            };
            block.iter().enumerate().map(value).sum()
        };
        let stated = i64::try_from(stated).ok()?;
        // Some old writers took bytes for signed numbers.
        (sum(false) == stated || sum(true) == stated).then_some(Self(*block))
    }

    pub(super) fn kind(&self) -> u8 {
        self.0[156]
    }

    /// How many bytes follow; `None` if that is no number.
    pub(super) fn size(&self) -> Option<u64> {
        number(&self.0[124..136])
    }

    /// The name, with the part of it that POSIX puts elsewhere.
    pub(super) fn name(&self) -> Vec<u8> {
        let name = text(&self.0[..100]);
        let prefix = text(&self.0[345..500]);
        // GNU keeps other things in that place, and writes its magic number otherwise.
        if &self.0[257..263] == b"ustar\0" && !prefix.is_empty() {
            return [prefix, b"/", name].concat();
        }
        name.to_vec()
    }

    pub(super) fn link(&self) -> &[u8] {
        text(&self.0[157..257])
    }

    /// Whether more of the map of a sparse file follows (GNU).
    pub(super) fn has_more_map(&self) -> bool {
        self.0[482] != 0
    }
}

/// A field up to its first zero byte.
fn text(field: &[u8]) -> &[u8] {
    let end = memchr::memchr(0, field).unwrap_or(field.len());
    &field[..end]
}

/// A number in octal digits, or as GNU writes large ones: in binary, marked by the highest
/// bit.
fn number(field: &[u8]) -> Option<u64> {
    let (&first, rest) = field.split_first()?;
    if first & 0x80 == 0 {
        return octal(field);
    }
    let mut value = u64::from(first & 0x7F);
    for &byte in rest {
        if value >> 56 != 0 {
            return None;
        }
        value = value << 8 | u64::from(byte);
    }
    Some(value)
}

fn octal(field: &[u8]) -> Option<u64> {
    let digits = text(field).trim_ascii();
    if digits.is_empty() {
        return Some(0);
    }
    u64::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_octal_or_binary() {
        let table: &[(&[u8], Option<u64>)] = &[
            (b"00000000012\0", Some(10)),
            (b"        12 \0", Some(10)),
            (b"\0\0\0\0\0\0\0\0\0\0\0\0", Some(0)),
            (b"0000000001x\0", None),
            (b"\x80\0\0\0\0\0\0\x02\x80\0\0\0", Some(10 << 30)),
            (b"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", None),
        ];
        for (field, expected) in table {
            assert_eq!(number(field), *expected, "{field:?}");
        }
    }
}
