//! Folders of git in archives: their objects are put together when the archive has ended,
//! because what names a file may come behind it.

use std::io::{self, Cursor, Read};

use super::super::{Format, HEAD, Kept, Opener, ReadSeek, format, inside};
use super::database::Database;

/// Larger objects that lie alone are shown at once, without a name, in bytes.
const LARGEST_LOOSE: usize = 4 << 20;

/// The folders of git that were met in containers that are still open.
#[derive(Default)]
pub(in super::super) struct Repositories<'m>(Vec<Folder<'m>>);

struct Folder<'m> {
    container: String,
    /// Its path in the container; empty if the container is the folder.
    path: Vec<u8>,
    depth: usize,
    loose: Vec<Kept<'m>>,
    packs: Vec<Kept<'m>>,
    hash: Option<gix_hash::Kind>,
}

/// Where an entry belongs, by its name.
struct Place<'n> {
    folder: &'n [u8],
    is_pack: bool,
    hash: Option<gix_hash::Kind>,
}

/// `some/.git/objects/ab/cdef...` or `some/.git/objects/pack/pack-....pack`.
fn place(name: &[u8]) -> Option<Place<'_>> {
    let name = name.strip_prefix(b"./").unwrap_or(name);
    let mut parts = name.rsplitn(3, |&b| b == b'/');
    let (file, inner, rest) = (parts.next()?, parts.next()?, parts.next()?);
    let folder = rest.strip_suffix(b"objects")?;
    let folder = match folder {
        b"" => folder,
        _ => folder.strip_suffix(b"/")?,
    };
    let is_hex = |text: &[u8]| text.iter().all(u8::is_ascii_hexdigit);
    let (is_pack, hash) = match (inner, file.len()) {
        (b"pack", _) if file.ends_with(b".pack") => (true, None),
        ([_, _], 38) if is_hex(inner) && is_hex(file) => (false, Some(gix_hash::Kind::Sha1)),
        ([_, _], 62) if is_hex(inner) && is_hex(file) => (false, Some(gix_hash::Kind::Sha256)),
        _ => return None,
    };
    Some(Place {
        folder,
        is_pack,
        hash,
    })
}

/// Whether an entry of that name is part of a folder of git.
pub(in super::super) fn is_kept(name: &[u8]) -> bool {
    place(name).is_some()
}

/// Keeps an entry that is part of a folder of git, or shows it at once if there is no
/// memory for it. Gives whether it was one.
pub(in super::super) fn keep(
    opener: &mut Opener<'_>,
    container: &str,
    name: &[u8],
    reader: &mut dyn Read,
    depth: usize,
) -> io::Result<bool> {
    let Some(place) = place(name) else {
        return Ok(false);
    };
    let shown = inside(container, name);
    let mut kept = Kept::new(opener.meter);
    let most = if place.is_pack {
        usize::MAX
    } else {
        LARGEST_LOOSE
    };
    let outcome = kept.fill_up_to(reader, most);
    let expected = if place.is_pack {
        Format::Pack
    } else {
        Format::Loose
    };
    let head = &kept.bytes[..kept.bytes.len().min(HEAD)];
    let is_whole = matches!(outcome, Ok(true)) && format(head) == Some(expected);
    if !is_whole {
        // Not what its name says, too much of it, or damaged: shown as far as it goes.
        let broken = outcome.err();
        let bytes = std::mem::take(&mut kept.bytes);
        drop(kept);
        let mut whole = Cursor::new(bytes).chain(Broken(broken)).chain(reader);
        opener.stream(&shown, &mut whole, None, depth);
        return Ok(true);
    }
    kept.settle();
    let folders = &mut opener.repositories.0;
    let known = folders
        .iter()
        .position(|f| f.container == container && f.path == place.folder);
    let number = known.unwrap_or_else(|| {
        folders.push(Folder {
            container: container.to_owned(),
            path: place.folder.to_vec(),
            depth,
            loose: Vec::new(),
            packs: Vec::new(),
            hash: None,
        });
        folders.len() - 1
    });
    let folder = &mut folders[number];
    folder.hash = folder.hash.or(place.hash);
    match place.is_pack {
        true => folder.packs.push(kept),
        false => folder.loose.push(kept),
    }
    Ok(true)
}

/// Gives an error once, where reading met it.
pub(in super::super) struct Broken(pub(in super::super) Option<io::Error>);

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

/// Shows the folders of git in a container that has ended.
pub(in super::super) fn show_folders(opener: &mut Opener<'_>, container: &str) {
    while let Some(at) = opener
        .repositories
        .0
        .iter()
        .position(|folder| folder.container == container)
    {
        let mut folder = opener.repositories.0.remove(at);
        let shown = match folder.path.as_slice() {
            b"" => container.to_owned(),
            path => inside(container, path),
        };
        let mut database = Database::new(folder.hash);
        for kept in &mut folder.packs {
            let bytes = std::mem::take(&mut kept.bytes);
            database.add_pack(Box::new(Cursor::new(bytes)) as Box<dyn ReadSeek>, 0);
        }
        for kept in &mut folder.loose {
            database.add_loose(std::mem::take(&mut kept.bytes));
        }
        if let Err(why) = database.show(opener, &shown, folder.depth) {
            opener.failed(&shown, &why);
        }
    }
}
