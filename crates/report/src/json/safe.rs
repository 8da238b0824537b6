//! JSON that is safe to print: what a terminal might act on is written as `\u....`.

use std::io;

use serde_json::Serializer;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter};

use crate::escape::is_unsafe;

/// Writes indented JSON.
pub(super) fn pretty<W: io::Write>(out: W) -> Serializer<W, Safe<PrettyFormatter<'static>>> {
    Serializer::with_formatter(out, Safe(PrettyFormatter::new()))
}

/// Writes JSON without blanks.
pub(super) fn compact<W: io::Write>(out: W) -> Serializer<W, Safe<CompactFormatter>> {
    Serializer::with_formatter(out, Safe(CompactFormatter))
}

/// Writes strings safely, everything else as the inner one does.
pub(super) struct Safe<F>(F);

macro_rules! inner {
    ($($name:ident($($first:ident: bool)?),)+) => {
        $(fn $name<W: ?Sized + io::Write>(&mut self, out: &mut W $(, $first: bool)?) -> io::Result<()> {
            self.0.$name(out $(, $first)?)
        })+
    };
}

impl<F: Formatter> Formatter for Safe<F> {
    inner! {
        begin_array(), end_array(), begin_array_value(first: bool), end_array_value(),
        begin_object(), end_object(), begin_object_key(first: bool), end_object_key(),
        begin_object_value(), end_object_value(),
    }

    /// Controls below the blank never come here: the serializer has escaped them.
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut written = 0;
        for (at, c) in fragment.char_indices().filter(|(_, c)| is_unsafe(*c)) {
            out.write_all(&fragment.as_bytes()[written..at])?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
            written = at + c.len_utf8();
        }
        out.write_all(&fragment.as_bytes()[written..])
    }
}

#[cfg(test)]
mod tests {
    use serde::Serialize;

    use super::*;

    #[test]
    fn escaped_strings_mean_the_same() {
        let given = "a\u{1b}[0m\u{9b}1m\u{7f}\u{202e}\u{e0041}\u{1f600} \"ü\"\n";
        let mut out = Vec::new();
        given
            .serialize(&mut compact(&mut out))
            .expect("a vector takes all");
        let text = String::from_utf8(out).expect("JSON is UTF-8");
        assert!(!text.contains(is_unsafe), "{text:?}");
        assert_eq!(
            serde_json::from_str::<String>(&text).ok().as_deref(),
            Some(given)
        );
    }
}
