//! Images: what `docker save` writes, and the OCI image layout.
//!
//! An image is a tar of layers, each a tar itself, and of JSON that says in which order
//! they lie on each other and what made them. That may stand behind the layers, so the
//! layers are shown under the names they have, and [`Image`] says afterwards which of them
//! is which (<https://github.com/opencontainers/image-spec/blob/main/image-layout.md>).

use std::collections::{HashMap, HashSet};
use std::io::{self, Read};
use std::path::Path;

use serde_json::Value;
use sluicegate_core::SkipReason;

use super::{INSIDE, Inners, Visitor, inside};

/// An image, and its layers from the lowest to the highest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Image {
    /// The path of the container that is the image.
    pub path: String,
    /// The layers.
    pub layers: Vec<Layer>,
}

/// The path of something in an artifact, and its bytes.
pub type Part = (String, Vec<u8>);

/// A layer of an image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layer {
    /// The path that its parts were shown under.
    pub path: String,
    /// Its digest, as `sha256:` and digits, if it is known.
    pub digest: Option<String>,
    /// What made it, as the image says. Arguments in it may be secrets.
    pub created_by: Option<String>,
}

/// JSON in an image is not larger.
const LARGEST_DOCUMENT: u64 = 4 << 20;

/// All of it together is not larger.
const ALL_DOCUMENTS: usize = 32 << 20;

/// So many bytes of names of deleted files and of links are remembered of one layer.
const MOST_NOTED: usize = 8 << 20;

/// What one tar says that matters if it is an image, or a layer of one.
#[derive(Default)]
pub(super) struct Collector {
    documents: HashMap<String, Vec<u8>>,
    size: usize,
    aliases: HashMap<String, String>,
    deletions: Vec<String>,
    /// The entries that a manifest may name.
    blobs: HashSet<String>,
    noted: usize,
}

impl Collector {
    /// Whether there is room to remember so many bytes more.
    fn notes(&mut self, bytes: usize) -> bool {
        // Each takes some memory beside its bytes.
        self.noted = self.noted.saturating_add(bytes + 64);
        self.noted <= MOST_NOTED
    }

    /// Takes note of an entry's name.
    pub(super) fn entry(&mut self, name: &[u8]) {
        let name = String::from_utf8_lossy(name);
        // Some write `./` in front of all names.
        let known = plain(&name);
        let (folder, file) = known.rsplit_once('/').unwrap_or(("", &known));
        if let Some(deleted) = file.strip_prefix(".wh.")
            && self.notes(known.len())
        {
            // `.wh..wh..opq` empties the folder it lies in.
            self.deletions.push(match (deleted, folder) {
                (".wh..opq", folder) => folder.to_owned(),
                (file, "") => file.to_owned(),
                (file, folder) => format!("{folder}/{file}"),
            });
        }
        if is_blob(&known) && self.notes(known.len()) {
            self.blobs.insert(known);
        }
    }

    /// Takes note of a link: a layer may stand for another.
    pub(super) fn linked(&mut self, name: &[u8], target: Option<&[u8]>) {
        let name = plain(&String::from_utf8_lossy(name));
        let Some(target) = target.filter(|_| name.ends_with("layer.tar")) else {
            return;
        };
        let target = plain(&String::from_utf8_lossy(target));
        if !self.notes(name.len() + target.len()) {
            return;
        }
        self.aliases
            .insert(name, target.trim_start_matches("../").to_owned());
    }

    /// Reads the entry if it may be a document of an image.
    pub(super) fn wants(
        &self,
        name: &[u8],
        size: u64,
        reader: &mut dyn Read,
    ) -> io::Result<Option<Vec<u8>>> {
        let name = plain(&String::from_utf8_lossy(name));
        let is_document = name == "manifest.json"
            || name == "index.json"
            || name.starts_with("blobs/sha256/")
            || name.ends_with(".json") && !name.contains('/');
        if !is_document || size > LARGEST_DOCUMENT || self.size > ALL_DOCUMENTS {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        reader.take(LARGEST_DOCUMENT + 1).read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    }

    /// Keeps what [`wants`](Self::wants) read, if it is a document. Gives whether it is to
    /// be shown as it is.
    pub(super) fn took(&mut self, name: &[u8], bytes: &[u8]) -> bool {
        if !matches!(bytes.first(), Some(b'{' | b'[')) {
            return true;
        }
        let name = plain(&String::from_utf8_lossy(name));
        self.size += bytes.len();
        let is_configuration =
            serde_json::from_slice(bytes).is_ok_and(|v: Value| is_configuration(&v));
        self.documents.insert(name, bytes.to_vec());
        !is_configuration
    }

    /// Shows the configurations and gives the image, if it is one. Of one that was read to
    /// its end it is said which layers it lacks.
    pub(super) fn finish(
        self,
        path: &str,
        is_whole: bool,
        visitor: &mut dyn Visitor,
    ) -> Option<Image> {
        for deletion in &self.deletions {
            visitor.deletes(path, deletion.clone());
        }
        let documents: HashMap<&str, Value> = self
            .documents
            .iter()
            .filter_map(|(name, bytes)| Some((name.as_str(), serde_json::from_slice(bytes).ok()?)))
            .collect();
        let mut image = Image {
            path: path.to_owned(),
            layers: Vec::new(),
        };
        let manifests = manifests(&documents);
        // Above that not all names are known.
        if is_whole && self.noted <= MOST_NOTED {
            self.tell_missing(path, &manifests, &documents, visitor);
        }
        for (config, layers) in manifests {
            let config = documents.get(config.as_str());
            self.add_layers(&mut image, &layers, config);
        }
        let mut names: Vec<&&str> = documents.keys().collect();
        names.sort_unstable();
        for name in names {
            let document = &documents[*name];
            if is_configuration(document) {
                let shown = inside(path, format!("config ({})", short(name)).as_bytes());
                visitor.whole(&shown, flat(document).into_bytes());
            }
        }
        (!image.layers.is_empty()).then_some(image)
    }

    /// Says what the manifests name and the image does not hold. Manifests that are only in
    /// an index may lie elsewhere, those of other platforms, unless there is no other.
    fn tell_missing(
        &self,
        path: &str,
        manifests: &[(String, Vec<String>)],
        documents: &HashMap<&str, Value>,
        visitor: &mut dyn Visitor,
    ) {
        let has = |name: &String| {
            let name = self.aliases.get(name).unwrap_or(name);
            !is_blob(name) || self.blobs.contains(name) || documents.contains_key(name.as_str())
        };
        let named = manifests
            .iter()
            .flat_map(|(config, layers)| std::iter::once(config).chain(layers));
        let mut missing: Vec<&String> = named.filter(|name| !has(name)).collect();
        missing.sort_unstable();
        missing.dedup();
        for name in missing {
            let detail = format!("its manifest names `{name}`, and that is not in it");
            visitor.skipped(path, SkipReason::Damaged, detail);
        }
        let index = documents.get("index.json").filter(|_| manifests.is_empty());
        let entries = index.and_then(|index| index.get("manifests")?.as_array());
        if entries.is_some_and(|entries| entries.iter().any(|entry| blob(entry).is_some())) {
            let detail = "no manifest that its index names is in it".to_owned();
            visitor.skipped(path, SkipReason::Damaged, detail);
        }
    }

    fn add_layers(&self, image: &mut Image, layers: &[String], config: Option<&Value>) {
        let made: Vec<&str> = config
            .and_then(|c| c.get("history")?.as_array())
            .map(|all| {
                all.iter()
                    .filter(|step| step.get("empty_layer").and_then(Value::as_bool) != Some(true))
                    .map(|step| step.get("created_by").and_then(Value::as_str).unwrap_or(""))
                    .collect()
            })
            .unwrap_or_default();
        let digests = config.and_then(|c| c.get("rootfs")?.get("diff_ids")?.as_array());
        for (number, name) in layers.iter().enumerate() {
            let name = self.aliases.get(name).unwrap_or(name);
            let path = inside(&image.path, name.as_bytes());
            if image.layers.iter().any(|known| known.path == path) {
                continue;
            }
            let by_name = name
                .strip_prefix("blobs/sha256/")
                .map(|hex| format!("sha256:{hex}"));
            let by_config = || Some(digests?.get(number)?.as_str()?.to_owned());
            image.layers.push(Layer {
                path,
                digest: by_name.or_else(by_config),
                created_by: made
                    .get(number)
                    .filter(|m| !m.is_empty())
                    .map(|m| (*m).to_owned()),
            });
        }
    }
}

/// The names of the configuration and of the layers of each image.
fn manifests(documents: &HashMap<&str, Value>) -> Vec<(String, Vec<String>)> {
    let string = |v: &Value| v.as_str().map(plain);
    // What `docker save` writes.
    if let Some(all) = documents.get("manifest.json").and_then(Value::as_array) {
        return all
            .iter()
            .filter_map(|manifest| {
                let layers = manifest.get("Layers")?.as_array()?;
                let config = manifest.get("Config").and_then(string).unwrap_or_default();
                Some((config, layers.iter().filter_map(string).collect()))
            })
            .collect();
    }
    // The OCI layout: the index names manifests, or indexes that do.
    let mut open: Vec<&Value> = documents.get("index.json").into_iter().collect();
    let mut found = Vec::new();
    let mut steps = 0;
    while let Some(document) = open.pop() {
        steps += 1;
        if steps > 10_000 {
            break;
        }
        if let Some(layers) = document.get("layers").and_then(Value::as_array) {
            let config = document.get("config").and_then(blob).unwrap_or_default();
            found.push((config, layers.iter().filter_map(blob).collect()));
        }
        let entries = document.get("manifests").and_then(Value::as_array);
        for entry in entries.into_iter().flatten() {
            open.extend(blob(entry).and_then(|name| documents.get(name.as_str())));
        }
    }
    found.sort();
    found
}

/// Where the blob that a descriptor names lies in the layout.
fn blob(descriptor: &Value) -> Option<String> {
    let digest = descriptor.get("digest")?.as_str()?;
    Some(format!("blobs/{}", digest.replacen(':', "/", 1)))
}

fn is_configuration(document: &Value) -> bool {
    document.get("rootfs").is_some() && document.get("architecture").is_some()
}

/// Whether layers and configurations have such names.
fn is_blob(name: &str) -> bool {
    name.starts_with("blobs/") || name.ends_with(".tar") || name.ends_with(".json")
}

fn is_digest(name: &str) -> bool {
    name.len() == 64 && name.bytes().all(|b| b.is_ascii_hexdigit())
}

fn plain(name: &str) -> String {
    name.trim_start_matches("./")
        .trim_end_matches('/')
        .to_owned()
}

/// The first digits of a digest, which tell it from others.
fn short(name: &str) -> String {
    let hex = name
        .rsplit('/')
        .next()
        .unwrap_or(name)
        .trim_end_matches(".json");
    if is_digest(hex) {
        format!("sha256:{}", &hex[..12])
    } else {
        hex.to_owned()
    }
}

/// The strings of a configuration, one on a line: variables as they are set, labels as
/// assignments, commands as they are run.
fn flat(document: &Value) -> String {
    let mut out = String::new();
    let mut open = vec![(String::new(), document)];
    while let Some((name, value)) = open.pop() {
        match value {
            Value::String(text) if name.is_empty() || text.is_empty() => out.push_str(text),
            // `NAME=value` is an assignment already.
            Value::String(text) if name == "Env" => out.push_str(text),
            Value::String(text) => {
                out.push_str(&name);
                out.push('=');
                out.push_str(text);
            }
            Value::Array(all) => {
                open.extend(all.iter().rev().map(|inner| (name.clone(), inner)));
                continue;
            }
            Value::Object(all) => {
                open.extend(all.iter().map(|(key, inner)| (key.clone(), inner)));
                continue;
            }
            _ => continue,
        }
        out.push('\n');
    }
    out
}

/// What a folder holds that is an image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Layout {
    /// The image, if it has layers.
    pub image: Option<Image>,
    /// Its configurations as text, each with the name that reports give it.
    pub configurations: Vec<Part>,
    /// What is missing, in words.
    pub missing: Vec<String>,
}

/// What the folder holds, if it is an OCI image layout. `shown` is what reports call the
/// folder.
pub fn layout(folder: &Path, shown: &str) -> Option<Layout> {
    folder.join("oci-layout").metadata().ok()?;
    let mut collector = Collector::default();
    let mut open = vec!["index.json".to_owned()];
    while let Some(name) = open.pop() {
        if collector.documents.contains_key(&name) || collector.size > ALL_DOCUMENTS {
            continue;
        }
        // A digest is a name and no way out of the folder.
        if name.split('/').any(|part| part == "..") {
            continue;
        }
        let Ok(file) = std::fs::File::open(folder.join(&name)) else {
            continue;
        };
        let mut bytes = Vec::new();
        if file.take(LARGEST_DOCUMENT).read_to_end(&mut bytes).is_err() {
            continue;
        }
        if let Ok(document) = serde_json::from_slice::<Value>(&bytes) {
            let entries = document.get("manifests").and_then(Value::as_array);
            open.extend(entries.into_iter().flatten().filter_map(blob));
            open.extend(document.get("config").and_then(blob));
            let layers = document.get("layers").and_then(Value::as_array);
            let layers = layers.into_iter().flatten().filter_map(blob);
            collector
                .blobs
                .extend(layers.filter(|name| folder.join(name).exists()));
        }
        collector.took(name.as_bytes(), &bytes);
    }
    let mut shows = Shown::default();
    // Layers lie in the folder itself, so their paths have a `/` where others have a `!`.
    let mut image = collector.finish(shown, true, &mut shows);
    for layer in image.iter_mut().flat_map(|image| &mut image.layers) {
        let name = layer.path.get(shown.len() + INSIDE.len_utf8()..)?;
        layer.path = format!("{}/{name}", shown.trim_end_matches('/'));
    }
    Some(Layout {
        image,
        configurations: shows.parts,
        missing: shows.missing,
    })
}

/// Keeps what is shown.
#[derive(Default)]
struct Shown {
    parts: Vec<Part>,
    missing: Vec<String>,
}

impl Visitor for Shown {
    fn whole(&mut self, path: &str, bytes: Vec<u8>) {
        self.parts.push((path.to_owned(), bytes));
    }

    fn stream(&mut self, _: &str, _: &mut dyn Read) -> io::Result<()> {
        Ok(())
    }

    fn skipped(&mut self, _: &str, _: SkipReason, detail: String) {
        self.missing.push(detail);
    }

    fn inners(&mut self, _: &Inners) {}

    fn image(&mut self, _: Image) {}

    fn deletes(&mut self, _: &str, _: String) {}

    fn is_cancelled(&self) -> bool {
        false
    }
}
