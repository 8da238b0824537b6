//! tar: entries one after the other, and what they say of an image.

use std::io::{self, Read};

use ::tar::{Archive, EntryType};

use super::Opener;
use super::image::Collector;

pub(super) fn open(
    opener: &mut Opener<'_>,
    path: &str,
    reader: &mut dyn Read,
    depth: usize,
) -> io::Result<()> {
    let mut image = Collector::default();
    let outcome = entries(opener, path, reader, depth, &mut image);
    // Also if it ends early: the layers that were there are layers.
    if let Some(image) = image.finish(path, opener.visitor) {
        opener.visitor.image(image);
    }
    outcome
}

fn entries(
    opener: &mut Opener<'_>,
    path: &str,
    reader: &mut dyn Read,
    depth: usize,
    image: &mut Collector,
) -> io::Result<()> {
    let mut archive = Archive::new(reader);
    // What follows a first end mark is shown as well: some readers go on, too.
    archive.set_ignore_zeros(true);
    for entry in archive.entries()? {
        let mut entry = entry?;
        let name = entry.path_bytes().into_owned();
        match entry.header().entry_type() {
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {}
            EntryType::Directory => continue,
            other => {
                // A link's target, and names of kinds unknown, are all there is of them.
                if other.is_symlink() || other.is_hard_link() {
                    image.linked(&name, entry.link_name_bytes().as_deref());
                }
                continue;
            }
        }
        image.entry(&name);
        let size = entry.size();
        if let Some(bytes) = image.wants(&name, size, &mut entry)? {
            let shown = image.took(&name, &bytes);
            if shown {
                opener.entry(path, &name, &mut bytes.as_slice(), Some(size), depth)?;
            } else {
                opener.meter.entry()?;
            }
            continue;
        }
        opener.entry(path, &name, &mut entry, Some(size), depth)?;
    }
    Ok(())
}
