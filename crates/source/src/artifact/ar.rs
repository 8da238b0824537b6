//! The archives of `ar` (as in `ar(5)`), and so Debian's packages.

use std::io::{self, Read};

use super::{Opener, damaged};

/// The longest table of long names that is believed.
const MOST_NAMES: u64 = 16 << 20;

pub(super) fn open(
    opener: &mut Opener<'_>,
    path: &str,
    reader: &mut dyn Read,
    depth: usize,
) -> io::Result<()> {
    let mut magic = [0; 8];
    reader.read_exact(&mut magic)?;
    let mut long_names = Vec::new();
    loop {
        let mut header = [0; 60];
        match reader.read(&mut header[..1])? {
            0 => return Ok(()),
            // Entries start at even places; some writers end with a line end more.
            _ if header[0] == b'\n' => continue,
            _ => reader.read_exact(&mut header[1..])?,
        }
        if &header[58..] != b"`\n" {
            return Err(damaged("a header is not where the entry before it ends"));
        }
        let size: u64 = number(&header[48..58]).ok_or_else(|| damaged("a size is not a number"))?;
        let field = header[..16].trim_ascii_end();
        let mut data = (&mut *reader).take(size);
        match field {
            b"//" => {
                (&mut data).take(MOST_NAMES).read_to_end(&mut long_names)?;
            }
            b"/" | b"/SYM64/" | b"__.SYMDEF" => {}
            _ => {
                let name = name(field, &long_names, &mut data)?;
                let left = data.limit();
                opener.entry(path, &name, &mut data, Some(left), depth)?;
            }
        }
        io::copy(&mut data, &mut io::sink())?;
        if data.limit() > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

/// The name: in the header, in the table of long names (GNU), or before the data (BSD).
fn name(field: &[u8], long_names: &[u8], data: &mut impl Read) -> io::Result<Vec<u8>> {
    if let Some(length) = field.strip_prefix(b"#1/").and_then(number) {
        let mut name = Vec::new();
        data.take(length.min(4096)).read_to_end(&mut name)?;
        return Ok(name.split(|&b| b == 0).next().unwrap_or_default().to_vec());
    }
    let place = field.strip_prefix(b"/").and_then(number);
    if let Some(rest) = place.and_then(|at| long_names.get(usize::try_from(at).ok()?..)) {
        let end = rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len());
        return Ok(rest[..end]
            .strip_suffix(b"/")
            .unwrap_or(&rest[..end])
            .to_vec());
    }
    Ok(field.strip_suffix(b"/").unwrap_or(field).to_vec())
}

fn number(field: &[u8]) -> Option<u64> {
    std::str::from_utf8(field).ok()?.trim().parse().ok()
}
