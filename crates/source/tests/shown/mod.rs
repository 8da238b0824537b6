//! Keeps what an artifact shows.

#![allow(dead_code, unused_imports, reason = "each test file uses some of it")]

use std::io::{self, Read, Write};

use sluicegate_core::SkipReason;
use sluicegate_source::artifact::{Image, Inners, Limits, Visitor, open_file, open_stream};

/// All that an artifact showed.
#[derive(Default)]
pub(crate) struct Shown {
    pub(crate) parts: Vec<(String, Vec<u8>)>,
    pub(crate) skipped: Vec<(String, SkipReason)>,
    pub(crate) details: Vec<String>,
    pub(crate) images: Vec<Image>,
    pub(crate) deleted: Vec<(String, String)>,
}

impl Visitor for Shown {
    fn whole(&mut self, path: &str, bytes: Vec<u8>) {
        self.parts.push((path.to_owned(), bytes));
    }

    fn stream(&mut self, path: &str, reader: &mut dyn Read) -> io::Result<()> {
        let length = io::copy(reader, &mut io::sink())?;
        self.parts
            .push((path.to_owned(), format!("{length} bytes").into_bytes()));
        Ok(())
    }

    fn skipped(&mut self, path: &str, reason: SkipReason, detail: String) {
        self.skipped.push((path.to_owned(), reason));
        self.details.push(detail);
    }

    fn inners(&mut self, inners: &Inners) {
        inners.open_in_turn(self);
    }

    fn image(&mut self, image: Image) {
        self.images.push(image);
    }

    fn deletes(&mut self, container: &str, path: String) {
        self.deleted.push((container.to_owned(), path));
    }

    fn is_cancelled(&self) -> bool {
        false
    }
}

pub(crate) fn from_stream(bytes: &[u8], limits: Limits) -> Shown {
    let mut shown = Shown::default();
    open_stream("a", bytes, limits, &mut shown);
    shown
}

pub(crate) fn from_file(bytes: &[u8]) -> Shown {
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(bytes).expect("room");
    io::Seek::rewind(&mut file).expect("a file");
    let mut shown = Shown::default();
    open_file("a", file, Limits::default(), &mut shown);
    shown
}
