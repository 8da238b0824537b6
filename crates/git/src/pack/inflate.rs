//! Inflates entries of known size.

use flate2::{Decompress, FlushDecompress, Status};

/// Inflates, with one state for many entries.
pub(crate) struct Inflate(Decompress);

impl Inflate {
    pub(crate) fn new() -> Self {
        Self(Decompress::new(true))
    }

    /// Fills `out` with the `size` bytes that `data` starts with, inflated.
    pub(crate) fn run(
        &mut self,
        data: &[u8],
        size: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), String> {
        self.0.reset(true);
        out.clear();
        out.resize(size, 0);
        let status = self
            .0
            .decompress(data, out, FlushDecompress::Finish)
            .map_err(|why| why.to_string())?;
        if status == Status::StreamEnd && self.0.total_out() == size as u64 {
            Ok(())
        } else {
            Err("the compressed data has another size than it states".to_owned())
        }
    }
}
