//! Office documents: the text of the XML inside, as people read it. A value that is
//! typed in one piece is often cut by tags there (ECMA-376 part 1; OASIS OpenDocument 1.3).

use std::io::{self, BufRead, BufReader, Read};

/// Whether the entry of a document with this name holds its text.
pub(super) fn holds_text(name: &[u8]) -> bool {
    let Some(name) = name.strip_suffix(b".xml") else {
        return false;
    };
    let folders: [&[u8]; 6] = [
        b"word/",
        b"xl/sharedStrings",
        b"xl/worksheets/",
        b"xl/comments",
        b"ppt/slides/",
        b"ppt/notesSlides/",
    ];
    name == b"content" || folders.iter().any(|folder| name.starts_with(folder))
}

/// How much of a document says that it is one.
const NAMESPACES: usize = 4096;

/// The namespaces of the documents whose text is known.
const KNOWN: [&[u8]; 3] = [
    b"schemas.openxmlformats.org/",
    b"purl.oclc.org/ooxml/",
    b"opendocument:xmlns:office",
];

/// Elements that end a line, by their names without the prefix.
const LINES: [&[u8]; 7] = [b"p", b"h", b"br", b"cr", b"si", b"row", b"line-break"];

/// Elements that end a cell or widen a gap.
const GAPS: [&[u8]; 6] = [b"c", b"tc", b"tab", b"s", b"table-cell", b"v"];

/// The longest tag of which the name is looked at, and the longest entity.
const TAG: usize = 64;

/// The text of a document; what is none comes out as it is.
pub(super) struct Text<R> {
    source: BufReader<R>,
    is_known: Option<bool>,
    state: State,
    out: Vec<u8>,
    at: usize,
}

enum State {
    Text,
    /// Within a tag: its start, without the bracket.
    Tag(Vec<u8>),
    /// Within an entity: its start, without the sign.
    Entity(Vec<u8>),
}

impl<R: Read> Text<R> {
    pub(super) fn new(inner: R) -> Self {
        Self {
            source: BufReader::with_capacity(32 << 10, inner),
            is_known: None,
            state: State::Text,
            out: Vec::new(),
            at: 0,
        }
    }

    fn byte(&mut self, byte: u8) {
        match &mut self.state {
            State::Text => match byte {
                b'<' => self.state = State::Tag(Vec::new()),
                b'&' => self.state = State::Entity(Vec::new()),
                _ => self.out.push(byte),
            },
            State::Tag(tag) if byte == b'>' => {
                let sign = sign_of(tag);
                self.state = State::Text;
                self.out.extend(sign);
            }
            State::Tag(tag) => {
                if tag.len() < TAG {
                    tag.push(byte);
                } else if let Some(last) = tag.last_mut() {
                    // Whether it closes itself stands at its end.
                    *last = byte;
                }
            }
            State::Entity(name) if byte == b';' || name.len() >= TAG => {
                let text = entity(name);
                self.out.extend_from_slice(&text);
                if byte != b';' {
                    self.out.push(byte);
                }
                self.state = State::Text;
            }
            State::Entity(name) => name.push(byte),
        }
    }

    /// Reads on until there is something to give.
    fn more(&mut self) -> io::Result<bool> {
        while self.out.is_empty() {
            let piece = self.source.fill_buf()?;
            if piece.is_empty() {
                if let State::Entity(name) = std::mem::replace(&mut self.state, State::Text) {
                    self.out = entity(&name);
                    return Ok(!self.out.is_empty());
                }
                return Ok(false);
            }
            let piece = piece.to_vec();
            self.source.consume(piece.len());
            let start = &piece[..piece.len().min(NAMESPACES)];
            let is_known = *self.is_known.get_or_insert_with(|| {
                KNOWN
                    .iter()
                    .any(|known| memchr::memmem::find(start, known).is_some())
            });
            if is_known {
                piece.iter().for_each(|&byte| self.byte(byte));
            } else {
                self.out = piece;
            }
        }
        Ok(true)
    }
}

impl<R: Read> Read for Text<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.at == self.out.len() {
            self.out.clear();
            self.at = 0;
            if !self.more()? {
                return Ok(0);
            }
        }
        let rest = &self.out[self.at..];
        let count = rest.len().min(buf.len());
        buf[..count].copy_from_slice(&rest[..count]);
        self.at += count;
        Ok(count)
    }
}

/// What stands in the text for a tag.
fn sign_of(tag: &[u8]) -> Option<u8> {
    let closes = tag.first() == Some(&b'/') || tag.last() == Some(&b'/');
    let name = tag.strip_prefix(b"/").unwrap_or(tag);
    let end = name
        .iter()
        .position(|b| b.is_ascii_whitespace() || *b == b'/')
        .unwrap_or(name.len());
    let name = name[..end].rsplit(|&b| b == b':').next()?;
    if !closes {
        None
    } else if LINES.contains(&name) {
        Some(b'\n')
    } else {
        GAPS.contains(&name).then_some(b'\t')
    }
}

fn entity(name: &[u8]) -> Vec<u8> {
    let number = |digits: &[u8], base| {
        let text = std::str::from_utf8(digits).ok()?;
        char::from_u32(u32::from_str_radix(text, base).ok()?)
    };
    let character = match name {
        b"amp" => Some('&'),
        b"lt" => Some('<'),
        b"gt" => Some('>'),
        b"quot" => Some('"'),
        b"apos" => Some('\''),
        [b'#', b'x', digits @ ..] => number(digits, 16),
        [b'#', digits @ ..] => number(digits, 10),
        _ => None,
    };
    match character {
        Some(character) => character.to_string().into_bytes(),
        None => [b"&", name].concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_put_together_over_tags() {
        let word = br#"<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml">"#;
        let table: &[(&[u8], &str)] = &[
            (
                b"<w:p><w:r><w:t>one</w:t></w:r><w:r><w:t xml:space=\"preserve\">two</w:t></w:r></w:p><w:p/>x",
                "onetwo\n\nx",
            ),
            (b"<w:t>a &lt;&#65;&#x42;&amp;b &odd</w:t>", "a <AB&b &odd</w:t>"),
            (b"<row><c r=\"A1\"><v>1</v></c><c><v>2</v></c></row>", "1\t\t2\t\t\n"),
        ];
        for (body, expected) in table {
            let whole = [&word[..], body].concat();
            let mut text = String::new();
            Text::new(whole.as_slice())
                .read_to_string(&mut text)
                .expect("memory");
            assert_eq!(text, *expected);
        }
        let other = b"<config><a key=\"value\"/></config>";
        let mut same = Vec::new();
        Text::new(&other[..])
            .read_to_end(&mut same)
            .expect("memory");
        assert_eq!(same, other, "what is no document stays as it is");
    }
}
