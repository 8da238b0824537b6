//! Commits, trees and tags as bytes (`gitformat-pack(5)`, `git-cat-file(1)`).

use gix_index::hash::ObjectId;

/// What an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The contents of a file.
    Blob,
    /// A folder.
    Tree,
    /// A commit.
    Commit,
    /// An annotated tag.
    Tag,
}

impl Kind {
    pub(crate) fn from_word(word: &[u8]) -> Option<Self> {
        match word {
            b"blob" => Some(Self::Blob),
            b"tree" => Some(Self::Tree),
            b"commit" => Some(Self::Commit),
            b"tag" => Some(Self::Tag),
            _ => None,
        }
    }
}

/// A commit, as far as history needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit<'c> {
    /// The folder it holds.
    pub tree: ObjectId,
    /// The commits it follows.
    pub parents: Vec<ObjectId>,
    /// The line of its author: name, address, seconds since 1970 and time zone.
    pub author: &'c [u8],
    /// When it was committed, in seconds since 1970.
    pub committed: i64,
    /// What it says.
    pub message: &'c [u8],
}

/// Reads a commit; `None` if it is damaged.
pub fn commit(bytes: &[u8]) -> Option<Commit<'_>> {
    let (head, message) = split_message(bytes);
    let mut tree = None;
    let mut parents = Vec::new();
    let (mut author, mut committed) = (b"".as_slice(), 0);
    for line in head.split(|&b| b == b'\n') {
        let (word, rest) = split_once(line, b' ').unwrap_or((line, b""));
        match word {
            b"tree" => tree = ObjectId::from_hex(rest).ok(),
            b"parent" => parents.push(ObjectId::from_hex(rest).ok()?),
            b"author" => author = rest,
            b"committer" => committed = seconds(rest),
            _ => {}
        }
    }
    Some(Commit {
        tree: tree?,
        parents,
        author,
        committed,
        message,
    })
}

/// What a commit or a tag says.
pub fn message(bytes: &[u8]) -> &[u8] {
    split_message(bytes).1
}

/// What an annotated tag is on.
pub fn tag_target(bytes: &[u8]) -> Option<ObjectId> {
    let line = bytes.split(|&b| b == b'\n').next()?;
    ObjectId::from_hex(line.strip_prefix(b"object ")?).ok()
}

fn split_message(bytes: &[u8]) -> (&[u8], &[u8]) {
    match bytes.windows(2).position(|pair| pair == b"\n\n") {
        Some(at) => (&bytes[..at], &bytes[at + 2..]),
        None => (bytes, b""),
    }
}

fn split_once(line: &[u8], sign: u8) -> Option<(&[u8], &[u8])> {
    let at = line.iter().position(|&b| b == sign)?;
    Some((&line[..at], &line[at + 1..]))
}

/// The time in a line about a person.
fn seconds(line: &[u8]) -> i64 {
    person(line).map_or(0, |person| person.seconds)
}

/// Who did something, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// `Name <address>`; bytes that are not UTF-8 are replaced.
    pub name: String,
    /// Seconds since 1970.
    pub seconds: i64,
    /// Minutes that the clock was ahead of UTC.
    pub offset: i32,
}

impl Person {
    /// When it was done, by the clock of who did it, as in RFC 3339.
    pub fn date(&self) -> String {
        let local = self.seconds.saturating_add(i64::from(self.offset) * 60);
        let (days, second) = (local.div_euclid(86_400), local.rem_euclid(86_400));
        // Howard Hinnant's `civil_from_days`: years begin in March, so that the odd day
        // comes last.
        let shifted = days.saturating_add(719_468);
        let (era, day) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let in_year = day - (365 * year + year / 4 - year / 100);
        let month = (5 * in_year + 2) / 153;
        let in_month = in_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        let year = year + era * 400 + i64::from(month <= 2);
        let sign = if self.offset < 0 { '-' } else { '+' };
        let offset = self.offset.abs();
        format!(
            "{year:04}-{month:02}-{in_month:02}T{:02}:{:02}:{:02}{sign}{:02}:{:02}",
            second / 3600,
            second / 60 % 60,
            second % 60,
            offset / 60,
            offset % 60
        )
    }
}

/// Reads a line such as `A U Thor <a@example.org> 1700000000 +0100`.
pub fn person(line: &[u8]) -> Option<Person> {
    let close = line.iter().rposition(|&b| b == b'>')?;
    let mut words = line[close + 1..]
        .split(|&b| b == b' ')
        .filter(|word| !word.is_empty())
        .map(|word| std::str::from_utf8(word).unwrap_or_default());
    let seconds = words.next()?.parse().ok()?;
    let zone: i32 = words.next().and_then(|zone| zone.parse().ok()).unwrap_or(0);
    Some(Person {
        name: String::from_utf8_lossy(&line[..=close]).into_owned(),
        seconds,
        offset: (zone / 100 * 60 + zone % 100).clamp(-24 * 60, 24 * 60),
    })
}

/// An entry of a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TreeEntry<'t> {
    /// The name.
    pub name: &'t [u8],
    /// What it names.
    pub id: &'t [u8],
    /// Whether it is a folder.
    pub is_tree: bool,
    /// Whether it is a commit of another repository.
    pub is_submodule: bool,
}

/// The entries of a folder, up to the first that is damaged; ids have `hash_len` bytes.
pub fn tree(bytes: &[u8], hash_len: usize) -> impl Iterator<Item = TreeEntry<'_>> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let nul = memchr::memchr(0, rest)?;
        let (mode, name) = split_once(&rest[..nul], b' ')?;
        let (id, tail) = rest[nul + 1..].split_at_checked(hash_len)?;
        rest = tail;
        Some(TreeEntry {
            name,
            id,
            is_tree: mode == b"40000" || mode == b"040000",
            is_submodule: mode == b"160000",
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_is_read_with_every_kind_of_header() {
        let id = "0123456789012345678901234567890123456789";
        let text = format!(
            "tree {id}\nparent {id}\nparent {id}\nauthor A <a@x> 12 +0130\n\
             committer B <b@x> 34 -0800\ngpgsig -----BEGIN\n more\n\nsummary\n\nbody\n"
        );
        let commit = commit(text.as_bytes()).expect("a good commit");
        assert_eq!((commit.parents.len(), commit.committed), (2, 34));
        assert_eq!(commit.message, b"summary\n\nbody\n");
        let author = person(commit.author).expect("a good line");
        assert_eq!(
            (author.name.as_str(), author.seconds, author.offset),
            ("A <a@x>", 12, 90)
        );
        assert_eq!(super::commit(b"parent x\n\nno tree"), None);
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        let date = |seconds, offset| {
            let name = String::new();
            Person {
                name,
                seconds,
                offset,
            }
            .date()
        };
        for (seconds, offset, expected) in [
            (0, 0, "1970-01-01T00:00:00+00:00"),
            (951_782_400, 0, "2000-02-29T00:00:00+00:00"),
            (1_700_000_000, 90, "2023-11-14T23:43:20+01:30"),
            (1_709_251_199, -480, "2024-02-29T15:59:59-08:00"),
            (-1, 0, "1969-12-31T23:59:59+00:00"),
        ] {
            assert_eq!(date(seconds, offset), expected);
        }
        date(i64::MAX, 1440);
        date(i64::MIN, -1440);
    }

    #[test]
    fn a_damaged_folder_ends_at_the_damage() {
        let bytes = [
            b"100644 a\0".as_slice(),
            &[1; 20],
            b"40000 b\0",
            &[2; 20],
            b"1006",
        ]
        .concat();
        let names: Vec<_> = tree(&bytes, 20)
            .map(|e| (e.name.to_vec(), e.is_tree))
            .collect();
        assert_eq!(names, [(b"a".to_vec(), false), (b"b".to_vec(), true)]);
        assert_eq!(tree(&bytes[..20], 20).count(), 0);
    }
}
