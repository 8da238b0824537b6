//! What people call the layers of images, and what is said of them beside findings.

use std::collections::HashMap;
use std::sync::Arc;

use sluicegate_core::ImageLayer;
use sluicegate_source::artifact::{INSIDE, Image};

use crate::blob::Worker;
use crate::collect::Gathered;

/// Gives layers of images the names that people know them by, and says what made them.
pub(crate) fn name_layers<'s>(gathered: &mut Gathered, worker: impl Fn() -> Worker<'s>) {
    if gathered.images.is_empty() {
        return;
    }
    let mut worker = worker();
    let images = std::mem::take(&mut gathered.images);
    let mut deletions: HashMap<String, Vec<String>> = HashMap::new();
    for (container, path) in gathered.deletions.drain(..) {
        deletions.entry(container).or_default().push(path);
    }
    let mut layers = HashMap::new();
    for image in &images {
        for (number, layer) in image.layers.iter().enumerate() {
            layers.insert(layer.path.as_str(), (image, number));
        }
    }
    let places = Places { layers, deletions };
    for hit in &mut gathered.hits {
        if let Some((path, image, number, inner)) = places.find(&hit.path) {
            let layer = &image.layers[number];
            hit.layer = Some(Arc::new(ImageLayer {
                number: number + 1,
                digest: layer.digest.clone(),
                created_by: layer
                    .created_by
                    .as_deref()
                    .map(|text| redacted(text, &mut worker)),
                deleted_by: places.deleted_by(image, number, inner).map(|n| n + 1),
            }));
            hit.path = path;
        }
    }
    for path in gathered
        .skipped
        .iter_mut()
        .map(|skipped| &mut skipped.path)
        .chain(gathered.unused.iter_mut().map(|unused| &mut unused.path))
    {
        if let Some((named, ..)) = places.find(path) {
            *path = named;
        }
    }
}

/// Where layers are.
struct Places<'i> {
    layers: HashMap<&'i str, (&'i Image, usize)>,
    deletions: HashMap<String, Vec<String>>,
}

impl<'i> Places<'i> {
    /// The path by the layer's name, the image, the layer's number, and the path inside.
    fn find<'p>(&self, path: &'p str) -> Option<(Arc<str>, &'i Image, usize, &'p str)> {
        if let Some(&(image, number)) = self.layers.get(path) {
            return Some((Arc::from(layer_name(image, number)), image, number, ""));
        }
        let ends = path.match_indices(INSIDE).map(|(at, _)| at);
        let (at, &(image, number)) = ends
            .rev()
            .find_map(|at| Some((at, self.layers.get(&path[..at])?)))?;
        let inner = &path[at + INSIDE.len_utf8()..];
        let named = format!("{}{INSIDE}{inner}", layer_name(image, number));
        Some((Arc::from(named), image, number, inner))
    }

    /// The first layer above that deletes the file.
    fn deleted_by(&self, image: &Image, number: usize, inner: &str) -> Option<usize> {
        let file = inner.split(INSIDE).next().unwrap_or(inner);
        let above = image.layers.iter().enumerate().skip(number + 1);
        above
            .filter(|(_, layer)| {
                self.deletions.get(&layer.path).is_some_and(|paths| {
                    paths.iter().any(|deleted| {
                        file.strip_prefix(deleted.as_str())
                            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
                    })
                })
            })
            .map(|(above, _)| above)
            .next()
    }
}

/// The path of a layer, by its number.
fn layer_name(image: &Image, number: usize) -> String {
    let digest = match &image.layers[number].digest {
        Some(digest) => format!(" ({})", digest.get(..19).unwrap_or(digest)),
        None => String::new(),
    };
    format!("{}{INSIDE}layer {}{digest}", image.path, number + 1)
}

/// The longest instruction that is shown, in characters.
const INSTRUCTION: usize = 160;

/// The instruction without the values that may be secret: arguments of the build, and
/// whatever any rule takes for one.
fn redacted(instruction: &str, worker: &mut Worker<'_>) -> String {
    let text = instruction.trim();
    // `RUN |2 NAME=value OTHER=value /bin/sh -c ...`: the arguments of the build.
    let mut out = String::new();
    let mut arguments = 0;
    for word in text.split_inclusive(' ') {
        if let Some(count) = word
            .trim()
            .strip_prefix('|')
            .and_then(|n| n.parse::<usize>().ok())
        {
            arguments = count;
        } else if arguments > 0 {
            arguments -= 1;
            if let Some((name, _)) = word.split_once('=') {
                out.push_str(name);
                out.push_str("=* ");
                continue;
            }
        }
        out.push_str(word);
    }
    for span in worker.secrets(out.as_bytes()).into_iter().rev() {
        if out.is_char_boundary(span.start) && out.is_char_boundary(span.end) {
            out.replace_range(span.start..span.end, "*");
        } else {
            return String::new();
        }
    }
    if out.chars().count() > INSTRUCTION {
        out = out.chars().take(INSTRUCTION).chain(['…']).collect();
    }
    out
}
