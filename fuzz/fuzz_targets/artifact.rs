//! Any bytes as any container, from a file and from a stream: no panic, no end without
//! end, and no more out of it than the limits allow.

#![no_main]

use std::io::{self, Read, Write};

use libfuzzer_sys::fuzz_target;
use sluicegate_core::SkipReason;
use sluicegate_source::artifact::{Image, Limits, Visitor, open_file, open_stream};

/// How much comes out before a ratio is asked for.
const FREE: u64 = 4 << 20;

#[derive(Default)]
struct Count {
    parts: u64,
    bytes: u64,
}

impl Visitor for Count {
    fn whole(&mut self, _: &str, bytes: Vec<u8>) {
        self.parts += 1;
        self.bytes += bytes.len() as u64;
    }

    fn stream(&mut self, _: &str, reader: &mut dyn Read) -> io::Result<()> {
        self.parts += 1;
        self.bytes += io::copy(reader, &mut io::sink())?;
        Ok(())
    }

    fn skipped(&mut self, path: &str, _: SkipReason, _: String) {
        assert!(path.starts_with("fuzz"));
    }

    fn image(&mut self, image: Image) {
        assert!(!image.layers.is_empty());
    }

    fn deletes(&mut self, _: &str, _: String) {}

    fn is_cancelled(&self) -> bool {
        false
    }
}

fuzz_target!(|data: &[u8]| {
    let mut limits = Limits::default();
    limits.free_output = FREE;
    limits.entries = 1000;
    limits.memory = 8 << 20;
    let mut streamed = Count::default();
    open_stream("fuzz", data, limits, &mut streamed);
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(data).expect("room");
    io::Seek::rewind(&mut file).expect("a file");
    let mut read = Count::default();
    open_file("fuzz", file, limits, &mut read);
    for count in [streamed, read] {
        let most = FREE + data.len() as u64 * limits.ratio * 4 + (4 << 20);
        assert!(
            count.bytes <= most,
            "{} bytes out of {}",
            count.bytes,
            data.len()
        );
        // The parts that formats add of their own come on top.
        assert!(
            count.parts <= limits.entries * 2 + 100,
            "{} parts",
            count.parts
        );
    }
});
