//! A decoded run, and what it holds in terms of the bytes it was decoded from.

use super::Codec;
use crate::map::SpanMap;
use crate::scan::Match;
use crate::secret::Secret;
use crate::span::Span;

/// Decoded text and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layer {
    /// Where the run starts in the text it was found in.
    pub(crate) start: usize,
    /// What was undone, in that order.
    pub(crate) codecs: Vec<Codec>,
    pub(crate) text: Vec<u8>,
    /// The length of the text, which may be dropped before what it holds is lifted.
    pub(crate) text_len: usize,
    /// From the text back to the run, one for each codec at most, the last one first.
    pub(crate) maps: Vec<SpanMap>,
    /// Whether the run goes on before the text or behind it: what touches that end may be
    /// a piece of something longer.
    pub(crate) cut: (bool, bool),
}

impl Layer {
    pub(crate) fn new(start: usize, codec: Codec, text: Vec<u8>, map: SpanMap) -> Self {
        Self {
            start,
            codecs: vec![codec],
            text_len: text.len(),
            text,
            maps: vec![map],
            cut: (false, false),
        }
    }

    pub(crate) fn is_inflated(&self) -> bool {
        let inflates = |codec: &Codec| matches!(codec, Codec::Gzip | Codec::Zlib);
        self.codecs.iter().any(inflates)
    }
}

/// What was found in a layer, in the terms of the text around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Deep {
    pub(crate) found: Match,
    pub(crate) value: Secret,
    /// How the value is written; empty if as it is: then only what stands around it is
    /// encoded.
    pub(crate) codecs: Vec<Codec>,
    /// The number of its run: what was found in one run has been settled there.
    pub(crate) run: u32,
}

/// Lifts what was found in a layer to the text that the layer was found in.
pub(crate) fn lift(layer: &Layer, inner: Deep, run: u32) -> Option<Deep> {
    let Deep {
        found,
        value,
        codecs,
        ..
    } = inner;
    if layer.cut.0 && found.span.start == 0 || layer.cut.1 && found.span.end >= layer.text_len {
        return None;
    }
    let outer = |span: Span| {
        let own = layer.maps.iter().fold(span, |span, map| map.original(span));
        Span::new(layer.start + own.start, layer.start + own.end)
    };
    let (span, secret) = (outer(found.span), outer(found.secret));
    // The codecs that leave a byte that they do not change as it is change the length of
    // all others.
    let keeps = |codec: &Codec| {
        matches!(
            codec,
            Codec::Percent | Codec::Escapes | Codec::Entities | Codec::Literals
        )
    };
    let is_same = layer.codecs.iter().all(keeps) && secret.len() == found.secret.len();
    let codecs = if is_same {
        codecs
    } else {
        layer.codecs.iter().copied().chain(codecs).collect()
    };
    Some(Deep {
        found: Match {
            span: Span::new(span.start.min(secret.start), span.end.max(secret.end)),
            secret,
            ..found
        },
        value,
        codecs,
        run,
    })
}
