//! Class files of Java: the texts among their constants, each on a line (The Java Virtual
//! Machine Specification, 4.4). In the file a length stands right before each, which is
//! a letter or a digit as often as not.

use std::io::{self, Read};

use super::{Opener, damaged};

pub(super) fn open(opener: &mut Opener<'_>, path: &str, reader: &mut dyn Read) -> io::Result<()> {
    let mut head = [0; 10];
    reader.read_exact(&mut head)?;
    let count = u16::from_be_bytes([head[8], head[9]]);
    let mut text = Vec::new();
    let outcome = constants(count, reader, &mut text);
    // What follows are instructions; they hold numbers of constants.
    let outcome = outcome.and_then(|()| io::copy(reader, &mut io::sink()).map(|_| ()));
    opener.leaf(path, &mut text.as_slice(), None);
    outcome
}

fn constants(count: u16, reader: &mut dyn Read, text: &mut Vec<u8>) -> io::Result<()> {
    let mut number = 1;
    while number < count {
        let mut tag = [0];
        reader.read_exact(&mut tag)?;
        let length = match tag[0] {
            1 => {
                let mut length = [0; 2];
                reader.read_exact(&mut length)?;
                let start = text.len();
                let length = usize::from(u16::from_be_bytes(length));
                text.resize(start + length, 0);
                reader.read_exact(&mut text[start..])?;
                text.push(b'\n');
                0
            }
            7 | 8 | 16 | 19 | 20 => 2,
            15 => 3,
            3 | 4 | 9..=12 | 17 | 18 => 4,
            // Long numbers take two places.
            5 | 6 => {
                number += 1;
                8
            }
            other => return Err(damaged(format!("there is no constant of kind {other}"))),
        };
        let mut skipped = [0; 8];
        reader.read_exact(&mut skipped[..length])?;
        number += 1;
    }
    Ok(())
}
