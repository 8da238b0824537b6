//! Source maps of revision 3 (ECMA-426): the sources that were put inside.

use std::borrow::Cow;
use std::io::{self, Read};

use serde::Deserialize;

use super::{Kept, Opener};

/// Larger ones are searched as they are.
const LARGEST: usize = 48 << 20;

/// What of a map is read; the rest says where things stand.
#[derive(Deserialize)]
struct Map<'m> {
    #[serde(borrow, default)]
    sources: Vec<Option<Cow<'m, str>>>,
    #[serde(borrow, default, rename = "sourcesContent")]
    contents: Vec<Option<Cow<'m, str>>>,
}

pub(super) fn open(opener: &mut Opener<'_>, path: &str, reader: &mut dyn Read) -> io::Result<()> {
    let mut kept = Kept::new(opener.meter);
    if !kept.fill_up_to(reader, LARGEST)? {
        let mut whole = kept.bytes.as_slice().chain(reader);
        opener.leaf(path, &mut whole, None);
        return Ok(());
    }
    let map: Option<Map<'_>> = serde_json::from_slice(&kept.bytes).ok();
    let Some(map) = map.filter(|map| map.contents.iter().any(Option::is_some)) else {
        // Only the places of sources, or something else that looked like a map.
        opener.leaf(path, &mut kept.bytes.as_slice(), None);
        return Ok(());
    };
    for (number, content) in map.contents.iter().enumerate() {
        let Some(content) = content else {
            continue;
        };
        let name = match map.sources.get(number) {
            Some(Some(name)) => name.to_string(),
            _ => format!("source {}", number + 1),
        };
        opener.meter.entry()?;
        let shown = super::inside(path, name.as_bytes());
        opener.leaf(&shown, &mut content.as_bytes(), None);
    }
    Ok(())
}
