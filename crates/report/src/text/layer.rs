//! The layer of an image that holds a value, in words.

use std::io;

use sluicegate_core::Occurrence;

use super::style::{Ink, Pen};
use crate::escape::{visible, wrap};
use crate::value::Values;

/// The columns of the names of notes.
const LABEL: usize = 8;

/// Writes what made the layer and whether another hides the file, if that is known.
pub(super) fn write(
    occurrence: &Occurrence,
    gutter: usize,
    values: &Values<'_>,
    pen: &mut Pen<'_>,
) -> io::Result<()> {
    let Some(layer) = occurrence.layer.as_deref() else {
        return Ok(());
    };
    let blank = " ".repeat(gutter);
    let width = pen.width().saturating_sub(gutter + 5 + LABEL);
    let mut note = |label: &str, text: &str| -> io::Result<()> {
        for (at, line) in wrap(text, width).iter().enumerate() {
            let label = pen.padded(Ink::Label, if at == 0 { label } else { "" }, LABEL);
            pen.line(format_args!("  {blank}   {label}{line}"))?;
        }
        Ok(())
    };
    if let Some(made) = &layer.created_by {
        note("made by", &visible(&values.words(made)))?;
    }
    match layer.deleted_by {
        Some(above) => note(
            "where",
            &format!("layer {above} deletes the file, but it is still in the image"),
        ),
        None => Ok(()),
    }
}
