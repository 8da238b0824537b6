//! Any bytes as a container, from a file and from a stream: no panic, no end without end,
//! and no more out of it than the limits allow.

use std::io::{self, Read, Write};

use sluicegate_core::SkipReason;
use sluicegate_source::artifact::{Image, Inners, Limits, Visitor, open_file, open_stream};

/// How much comes out before a ratio is asked for.
const FREE: u64 = 4 << 20;

#[derive(Default)]
struct Count {
    parts: u64,
    bytes: u64,
}

impl Visitor for Count {
    fn whole(&mut self, path: &str, bytes: Vec<u8>) {
        assert!(path.starts_with("fuzz"));
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

    fn inners(&mut self, inners: &Inners) {
        inners.open_in_turn(self);
    }

    fn image(&mut self, image: Image) {
        assert!(!image.layers.is_empty());
    }

    fn deletes(&mut self, _: &str, _: String) {}

    fn is_cancelled(&self) -> bool {
        false
    }
}

/// Opens the bytes as what they are.
pub fn open(data: &[u8]) {
    let mut limits = Limits::default();
    limits.free_output = FREE;
    limits.entries = 1000;
    limits.memory = 8 << 20;
    limits.windows = 8 << 20;
    limits.apart = 64;
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
}

/// Opens the bytes as a container of that kind: its first bytes are put right, or it is
/// built around them.
///
/// # Panics
///
/// If there is no such kind.
pub fn open_as(kind: &str, data: &[u8]) {
    let magic: &[u8] = match kind {
        "gzip" => b"\x1F\x8B\x08",
        "zlib" => b"\x78\x9C",
        "bzip2" => b"BZh91AY&SY",
        "xz" => b"\xFD7zXZ\0",
        "lzma" => b"\x5D\0\0\0\x01\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\0",
        "zstd" => b"\x28\xB5\x2F\xFD",
        "lz4" => b"\x04\x22\x4D\x18",
        "zip" => b"PK\x03\x04",
        "seven" => b"7z\xBC\xAF\x27\x1C",
        "ar" => b"!<arch>\n",
        "cpio" => b"070701",
        "rpm" => b"\xED\xAB\xEE\xDB",
        "sqlite" => b"SQLite format 3\0",
        "pdf" => b"%PDF-",
        "class" => b"\xCA\xFE\xBA\xBE\0\0\0\x34",
        "git_pack" => b"PACK\0\0\0\x02",
        "git_bundle" => b"# v2 git bundle\n",
        "tar" => return open(&sums(data)),
        "source_map" => return open(&[br#"{"version":3,"sources":"#, data].concat()),
        "notebook" => return open(&[br#"{"cells":[{"cell_type":"#, data].concat()),
        "office" => return open(&document(data)),
        "image" => return open(&image(data)),
        "git_folder" => return open(&folder(data)),
        other => panic!("there is no kind `{other}`"),
    };
    let mut bytes = data.to_vec();
    if bytes.len() < magic.len() {
        bytes.resize(magic.len(), 0);
    }
    bytes[..magic.len()].copy_from_slice(magic);
    open(&bytes);
}

/// Puts the checksums right of the blocks that look like headers of a tar: nothing would
/// get past them.
fn sums(data: &[u8]) -> Vec<u8> {
    let mut bytes = data.to_vec();
    for (number, block) in bytes.chunks_exact_mut(512).enumerate() {
        if number == 0 || block[257..].starts_with(b"ustar") {
            block[257..262].copy_from_slice(b"ustar");
            block[148..156].fill(b' ');
            let sum: u32 = block.iter().map(|&b| u32::from(b)).sum();
            block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        }
    }
    bytes
}

/// A tar of these files.
fn tar(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, data) in entries {
        let mut header = [0; 512];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[124..135].copy_from_slice(format!("{:011o}", data.len()).as_bytes());
        header[156] = b'0';
        header[257..262].copy_from_slice(b"ustar");
        out.extend_from_slice(&sums(&header));
        out.extend_from_slice(data);
        out.resize(out.len().next_multiple_of(512), 0);
    }
    out
}

/// The input in four parts, at the zero bytes.
fn parts(data: &[u8]) -> [&[u8]; 4] {
    let mut parts = data.splitn(4, |&b| b == 0);
    [(); 4].map(|()| parts.next().unwrap_or_default())
}

fn image(data: &[u8]) -> Vec<u8> {
    let [manifest, index, config, layer] = parts(data);
    let blob = |sign: &str| format!("blobs/sha256/{}", sign.repeat(64));
    tar(&[
        ("manifest.json", manifest),
        ("index.json", index),
        (&blob("c"), config),
        (&blob("1"), layer),
    ])
}

fn folder(data: &[u8]) -> Vec<u8> {
    let [one, two, three, pack] = parts(data);
    let deflated = |bytes: &[u8]| {
        let mut out = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        out.write_all(bytes).expect("memory");
        out.finish().expect("memory")
    };
    let object = |kind: &str, bytes: &[u8]| {
        deflated(&[format!("{kind} {}\0", bytes.len()).as_bytes(), bytes].concat())
    };
    let name = |sign: &str| format!("x/.git/objects/{}/{}", sign.repeat(2), sign.repeat(38));
    tar(&[
        (&name("a"), &object("commit", one)),
        (&name("b"), &object("tree", two)),
        (&name("c"), &object("blob", three)),
        ("x/.git/objects/pack/pack-x.pack", pack),
    ])
}

/// A zip of one entry that is stored as it is, without a directory.
fn document(data: &[u8]) -> Vec<u8> {
    let name = b"word/document.xml";
    let xml = [
        &b"<w:document xmlns:w=\"schemas.openxmlformats.org/\">"[..],
        data,
    ]
    .concat();
    let size = u32::try_from(xml.len()).unwrap_or(0).to_le_bytes();
    let mut out = b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0".to_vec();
    out.extend([size, size].concat());
    out.extend([17, 0, 0, 0]);
    out.extend(name);
    out.extend(xml);
    out
}
