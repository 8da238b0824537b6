//! What the built-in rules have to say, compressed: most runs read none of it, and all of it
//! would be a tenth of the program. The build script writes it in blocks of rules that
//! stand together, and a block is read when one of its rules is asked about.

use std::io::Read as _;
use std::sync::{Arc, OnceLock};

use flate2::read::ZlibDecoder;
use serde::de::DeserializeOwned;

/// So many rules are in a block.
pub(crate) const LENGTH: usize = 32;

/// One thing about each built-in rule.
pub(crate) struct Blocks<T> {
    packed: Vec<&'static [u8]>,
    read: Vec<OnceLock<Vec<Arc<T>>>>,
}

impl<T: DeserializeOwned> Blocks<T> {
    /// Those in what the build script wrote.
    pub(crate) fn of(bytes: &'static [u8]) -> Self {
        let packed: Vec<&[u8]> = postcard::from_bytes(bytes).expect(WRITTEN);
        let read = packed.iter().map(|_| OnceLock::new()).collect();
        Self { packed, read }
    }

    /// That of the rule of this number.
    pub(crate) fn get(&self, number: usize) -> &Arc<T> {
        let block = self.read[number / LENGTH].get_or_init(|| {
            let mut bytes = Vec::new();
            ZlibDecoder::new(self.packed[number / LENGTH])
                .read_to_end(&mut bytes)
                .expect(WRITTEN);
            let items: Vec<T> = postcard::from_bytes(&bytes).expect(WRITTEN);
            items.into_iter().map(Arc::new).collect()
        });
        &block[number % LENGTH]
    }
}

const WRITTEN: &str = "written by the build script with the same types";
