//! Extended headers of POSIX.1-2001: `length keyword=value` on each line.

/// What an extended header says of the next entry.
#[derive(Default)]
pub(super) struct Pax {
    pub(super) path: Option<Vec<u8>>,
    pub(super) link: Option<Vec<u8>>,
    pub(super) size: Option<u64>,
    /// Whether the entry's data starts with the map of a sparse file (GNU, format 1.0).
    pub(super) map_goes_first: bool,
}

impl Pax {
    /// Reads the records; those that break the rules end it.
    pub(super) fn read(mut rest: &[u8], into: &mut Self) {
        while let Some((record, after)) = record(rest) {
            rest = after;
            let Some(at) = memchr::memchr(b'=', record) else {
                continue;
            };
            let (key, value) = (&record[..at], &record[at + 1..]);
            match key {
                b"path" if into.path.is_none() => into.path = Some(value.to_vec()),
                // The name that a sparse file really has.
                b"GNU.sparse.name" => into.path = Some(value.to_vec()),
                b"linkpath" => into.link = Some(value.to_vec()),
                b"size" => {
                    into.size = std::str::from_utf8(value).ok().and_then(|v| v.parse().ok());
                }
                b"GNU.sparse.major" => into.map_goes_first = value == b"1",
                _ => {}
            }
        }
    }
}

/// The first record without its length and its line end, and what follows it.
fn record(rest: &[u8]) -> Option<(&[u8], &[u8])> {
    let blank = memchr::memchr(b' ', &rest[..rest.len().min(20)])?;
    let length: usize = std::str::from_utf8(&rest[..blank]).ok()?.parse().ok()?;
    let record = rest.get(blank + 1..length)?;
    Some((record.strip_suffix(b"\n")?, &rest[length..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_that_lie_about_their_length_end_it() {
        let mut pax = Pax::default();
        Pax::read(b"11 path=ab\n10 size=7\n99 linkpath=x\n", &mut pax);
        assert_eq!(pax.path.as_deref(), Some(&b"ab"[..]));
        assert_eq!(pax.size, Some(7));
        assert_eq!(pax.link, None);
        for broken in [&b"0 path=a\n"[..], b"5", b"", b"1 \n", b"x path=a\n"] {
            let mut pax = Pax::default();
            Pax::read(broken, &mut pax);
            assert_eq!(pax.path, None, "{broken:?}");
        }
    }
}
