//! Source maps of revision 3 (ECMA-426): the sources that were put inside.

use std::io::{self, Read};

use serde_json::Value;
use sluicegate_core::SkipReason;

use super::{Kept, Opener};

pub(super) fn open(opener: &mut Opener<'_>, path: &str, reader: &mut dyn Read) -> io::Result<()> {
    let mut kept = Kept {
        bytes: Vec::new(),
        meter: opener.meter,
        taken: 0,
    };
    if !kept.fill(reader)? {
        let detail = "too large to be held in memory".to_owned();
        opener.visitor.skipped(path, SkipReason::TooLarge, detail);
        return Ok(());
    }
    let map: Option<Value> = serde_json::from_slice(&kept.bytes).ok();
    let list = |name: &str| map.as_ref()?.get(name)?.as_array();
    let Some(contents) = list("sourcesContent").filter(|all| !all.is_empty()) else {
        // Only the places of sources, or something else that looked like a map.
        opener.leaf(path, &mut kept.bytes.as_slice(), None);
        return Ok(());
    };
    for (number, content) in contents.iter().enumerate() {
        let Some(content) = content.as_str() else {
            continue;
        };
        let name = list("sources")
            .and_then(|names| names.get(number)?.as_str())
            .map_or_else(|| format!("source {}", number + 1), str::to_owned);
        opener.meter.entry()?;
        opener.leaf(
            &super::inside(path, name.as_bytes()),
            &mut content.as_bytes(),
            None,
        );
    }
    Ok(())
}
