//! Databases of SQLite 3: the rows of every table, as lines of `column=value`
//! (<https://sqlite.org/fileformat2.html>). Rows that were deleted but not yet written
//! over are in pages of no table; those are shown as they are.

use std::collections::HashSet;
use std::io::{self, Read, SeekFrom};

use sluicegate_core::text::{self, Wide};

use super::{Opener, ReadSeek, damaged, inside};

/// Text is shown in parts of about this many bytes.
const PART: usize = 1 << 20;

/// Larger values are cut.
const LARGEST_VALUE: u64 = 16 << 20;

pub(super) fn open(
    opener: &mut Opener<'_>,
    path: &str,
    input: &mut dyn ReadSeek,
) -> io::Result<()> {
    let mut database = Database::new(input)?;
    let mut schema = Rows::new(
        "schema".to_owned(),
        ["type", "name", "tbl_name", "rootpage", "sql"]
            .map(str::to_owned)
            .to_vec(),
    );
    let mut tables = Vec::new();
    database.table(1, &mut |row| {
        if let [
            _,
            Value::Text(name),
            _,
            Value::Number(root),
            Value::Text(sql),
            ..,
        ] = row.as_slice()
            && *root > 0
        {
            tables.push((text(name), *root, columns(&text(sql))));
        }
        schema.add(&row);
        Ok(())
    })?;
    schema.show(opener, path)?;
    for (name, root, columns) in tables {
        let mut rows = Rows::new(name, columns);
        let root = u32::try_from(root).map_err(|_| damaged("a table starts at no page"))?;
        database.table(root, &mut |row| {
            rows.add(&row);
            if rows.text.len() >= PART {
                rows.show(opener, path)
            } else {
                Ok(())
            }
        })?;
        rows.show(opener, path)?;
    }
    database.others(&mut |page, bytes| {
        opener.meter.entry()?;
        opener.leaf(
            &inside(path, format!("page {page}").as_bytes()),
            &mut &*bytes,
            None,
        );
        Ok(())
    })
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The names of the columns in a `CREATE TABLE`; roughly, for they only label values.
fn columns(sql: &str) -> Vec<String> {
    let Some(open) = sql.find('(') else {
        return Vec::new();
    };
    let mut depth = 0_usize;
    let mut names = vec![String::new()];
    for sign in sql[open + 1..].chars() {
        match sign {
            '(' => depth += 1,
            ')' if depth == 0 => break,
            ')' => depth -= 1,
            ',' if depth == 0 => names.push(String::new()),
            _ if depth == 0 => {
                if let Some(name) = names.last_mut() {
                    name.push(sign);
                }
            }
            _ => {}
        }
    }
    let first = |column: &String| {
        let word = column.split_whitespace().next().unwrap_or_default();
        word.trim_matches(['"', '\'', '`', '[', ']']).to_owned()
    };
    names.iter().map(first).collect()
}

/// The rows of one table as text.
struct Rows {
    name: String,
    columns: Vec<String>,
    text: Vec<u8>,
    part: usize,
}

impl Rows {
    fn new(name: String, columns: Vec<String>) -> Self {
        Self {
            name,
            columns,
            text: Vec::new(),
            part: 0,
        }
    }

    fn add(&mut self, row: &[Value]) {
        for (number, value) in row.iter().enumerate() {
            let Value::Text(bytes) = value else { continue };
            if let Some(column) = self.columns.get(number) {
                self.text.extend_from_slice(column.as_bytes());
                self.text.push(b'=');
            }
            self.text.extend_from_slice(bytes);
            self.text.push(b'\n');
        }
        self.text.push(b'\n');
    }

    fn show(&mut self, opener: &mut Opener<'_>, path: &str) -> io::Result<()> {
        if self.text.trim_ascii().is_empty() {
            return Ok(());
        }
        opener.meter.entry()?;
        self.part += 1;
        let name = match self.part {
            1 => self.name.clone(),
            part => format!("{} ({part})", self.name),
        };
        let shown = inside(path, name.as_bytes());
        opener.leaf(&shown, &mut std::mem::take(&mut self.text).as_slice(), None);
        Ok(())
    }
}

enum Value {
    /// Text, or bytes that may be text.
    Text(Vec<u8>),
    Number(i64),
    Other,
}

struct Database<'i> {
    input: &'i mut dyn ReadSeek,
    page_size: usize,
    /// Without what is kept free at the end of each page.
    usable: usize,
    pages: u32,
    /// How its text is written, unless that is UTF-8.
    wide: Option<Wide>,
    seen: HashSet<u32>,
}

impl<'i> Database<'i> {
    fn new(input: &'i mut dyn ReadSeek) -> io::Result<Self> {
        let mut header = [0; 100];
        input.rewind()?;
        input.read_exact(&mut header)?;
        let page_size = match u16::from_be_bytes([header[16], header[17]]) {
            1 => 65536,
            size if size >= 512 && size.is_power_of_two() => usize::from(size),
            size => return Err(damaged(format!("no page has {size} bytes"))),
        };
        let usable = page_size - usize::from(header[20]);
        if usable < 480 {
            return Err(damaged("its pages have no room"));
        }
        let length = input.seek(SeekFrom::End(0))?;
        let pages = u32::try_from(length.div_ceil(page_size as u64)).unwrap_or(u32::MAX);
        let wide = match header[59] {
            2 => Some(Wide::Utf16Le),
            3 => Some(Wide::Utf16Be),
            _ => None,
        };
        Ok(Self {
            input,
            page_size,
            usable,
            pages,
            wide,
            seen: HashSet::new(),
        })
    }

    fn page(&mut self, number: u32) -> io::Result<Vec<u8>> {
        if number == 0 || number > self.pages {
            return Err(damaged(format!("there is no page {number}")));
        }
        let at = u64::from(number - 1) * self.page_size as u64;
        self.input.seek(SeekFrom::Start(at))?;
        let mut page = Vec::with_capacity(self.page_size);
        (&mut *self.input)
            .take(self.page_size as u64)
            .read_to_end(&mut page)?;
        page.resize(self.page_size, 0);
        Ok(page)
    }

    /// Calls `each` for every row of the table whose tree starts at this page.
    fn table(
        &mut self,
        root: u32,
        each: &mut dyn FnMut(Vec<Value>) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut open = vec![root];
        while let Some(number) = open.pop() {
            if !self.seen.insert(number) {
                continue;
            }
            let page = self.page(number)?;
            let at = if number == 1 { 100 } else { 0 };
            let head = page.get(at..).unwrap_or_default();
            match head.first() {
                Some(0x0D) => self.rows(&page, at, each)?,
                Some(0x05) => {
                    let cells = usize::from(be16(head, 3));
                    // The last is taken first, so the order of the rows is kept.
                    open.push(be32(head, 8));
                    for cell in (0..cells).rev() {
                        let place = usize::from(be16(head, 12 + cell * 2));
                        open.push(be32(&page, place));
                    }
                }
                // Tables without row ids are indexes; their pages are shown as they are.
                _ => {
                    self.seen.remove(&number);
                }
            }
        }
        Ok(())
    }

    fn rows(
        &mut self,
        page: &[u8],
        at: usize,
        each: &mut dyn FnMut(Vec<Value>) -> io::Result<()>,
    ) -> io::Result<()> {
        let cells = usize::from(be16(page, at + 3));
        for cell in 0..cells {
            let place = usize::from(be16(page, at + 8 + cell * 2));
            let Some(payload) = self.payload(page, place)? else {
                continue;
            };
            each(self.record(&payload))?;
        }
        Ok(())
    }

    /// The payload of a cell, with what of it stands in other pages.
    fn payload(&mut self, page: &[u8], place: usize) -> io::Result<Option<Vec<u8>>> {
        let mut rest = page.get(place..self.usable).unwrap_or_default();
        let (Some(size), Some(_)) = (varint(&mut rest), varint(&mut rest)) else {
            return Ok(None);
        };
        let most = self.usable - 35;
        let wanted = usize::try_from(size.min(LARGEST_VALUE)).unwrap_or(usize::MAX);
        if size <= most as u64 {
            return Ok(rest.get(..wanted).map(<[u8]>::to_vec));
        }
        let least = (self.usable - 12) * 32 / 255 - 23;
        let over = usize::try_from((size - least as u64) % (self.usable as u64 - 4)).unwrap_or(0);
        let local = if least + over <= most {
            least + over
        } else {
            least
        };
        let (Some(start), Some(next)) = (rest.get(..local), rest.get(local..local + 4)) else {
            return Ok(None);
        };
        let mut payload = start.to_vec();
        let mut next = be32(next, 0);
        while next != 0 && payload.len() < wanted && self.seen.insert(next) {
            let page = self.page(next)?;
            next = be32(&page, 0);
            payload.extend_from_slice(&page[4..self.usable]);
        }
        payload.truncate(wanted);
        Ok(Some(payload))
    }

    fn record(&self, payload: &[u8]) -> Vec<Value> {
        let mut rest = payload;
        let Some(length) = varint(&mut rest).and_then(|n| usize::try_from(n).ok()) else {
            return Vec::new();
        };
        let start = payload.len() - rest.len();
        let mut types = payload.get(start..length).unwrap_or_default();
        let mut data = payload.get(length..).unwrap_or_default();
        let mut values = Vec::new();
        while let Some(kind) = varint(&mut types) {
            let size = match kind {
                0 | 8 | 9 => 0,
                1..=4 => usize::try_from(kind).unwrap_or(0),
                5 => 6,
                6 | 7 => 8,
                10 | 11 => return values,
                _ => usize::try_from((kind - 12) / 2).unwrap_or(usize::MAX),
            };
            // A value may be cut, and then it is the last.
            let (value, after) = data.split_at(size.min(data.len()));
            data = after;
            values.push(match kind {
                1..=6 => Value::Number(value.iter().fold(0, |n, &b| n << 8 | i64::from(b))),
                0..=11 => Value::Other,
                _ => Value::Text(self.decoded(value, kind % 2 == 1)),
            });
        }
        values
    }

    fn decoded(&self, value: &[u8], is_text: bool) -> Vec<u8> {
        match self.wide {
            Some(wide) if is_text => text::decode(value, wide).0,
            _ => value.to_vec(),
        }
    }

    /// Calls `each` for every page that belongs to no table.
    fn others(&mut self, each: &mut dyn FnMut(u32, &[u8]) -> io::Result<()>) -> io::Result<()> {
        for number in 1..=self.pages {
            if !self.seen.contains(&number) {
                let page = self.page(number)?;
                if page.iter().any(|&b| b != 0) {
                    each(number, &page)?;
                }
            }
        }
        Ok(())
    }
}

/// Big-endian numbers; 0 where the page is too short for one.
fn be16(bytes: &[u8], at: usize) -> u16 {
    bytes
        .get(at..at + 2)
        .map_or(0, |b| u16::from_be_bytes([b[0], b[1]]))
}

fn be32(bytes: &[u8], at: usize) -> u32 {
    u32::from(be16(bytes, at)) << 16 | u32::from(be16(bytes, at + 2))
}

/// A number in one to nine bytes, which are taken off.
fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for count in 1..=9 {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        if count == 9 {
            return Some(value << 8 | u64::from(byte));
        }
        value = value << 7 | u64::from(byte & 0x7F);
        if byte < 0x80 {
            break;
        }
    }
    Some(value)
}
