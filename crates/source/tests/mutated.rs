//! Containers with bytes changed, added and cut off: the checks of the fuzz targets, on few
//! inputs, in every run of the tests.

#[expect(unreachable_pub, reason = "where it is at home it is public")]
#[path = "../../../fuzz/src/artifact.rs"]
mod artifact;
mod pack;

use pack::{ar, bzip2, cpio, gzip, lz4, rpm, seven, tar, xz, zip, zlib, zstd};

/// How many changed inputs of each kind.
const ROUNDS: u64 = 150;

/// Xorshift (Marsaglia, 2003).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 8).unwrap_or(0) % limit.max(1)
    }

    fn change(&mut self, seed: &[u8]) -> Vec<u8> {
        let mut bytes = seed.to_vec();
        for _ in 0..=self.below(6) {
            let at = self.below(bytes.len());
            match self.below(5) {
                0 => bytes.truncate(at.max(1)),
                1 => bytes.insert(at, [0, 1, 0x7F, 0xFF][self.below(4)]),
                2 => bytes[at] = [0, 1, 0x7F, 0xFF][self.below(4)],
                3 => {
                    let end = (at + self.below(64)).min(bytes.len());
                    let part = bytes[at..end].to_vec();
                    bytes.splice(at..at, part);
                }
                _ => bytes[at] ^= 1 << self.below(8),
            }
        }
        bytes
    }
}

#[test]
fn changed_bytes_neither_panic_nor_get_around_a_limit() {
    let text = b"name = value\nother = 1\n".repeat(20);
    let entries: [(&str, &[u8]); 2] = [("app/config.env", &text), ("b", b"b")];
    let seeds = [
        ("gzip", gzip(&tar(&entries))),
        ("zlib", zlib(&text)),
        ("bzip2", bzip2(&text)),
        ("xz", xz(&text)),
        (
            "lzma",
            b"\x5D\0\0\0\x01\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\0\x3A\x19\x4A".to_vec(),
        ),
        ("zstd", zstd(&text)),
        ("lz4", lz4(&text)),
        ("zip", zip(&entries)),
        ("seven", seven(&entries)),
        ("ar", ar(&entries)),
        ("cpio", cpio(&entries)),
        ("rpm", rpm(&entries)),
        ("tar", tar(&entries)),
        (
            "sqlite",
            b"SQLite format 3\0\x10\0\x01\x01\0\x40\x20\x20".repeat(300),
        ),
        (
            "pdf",
            b"%PDF-1.4 (a) stream\nBT (b\\101) <41> Tj ET\nendstream".to_vec(),
        ),
        (
            "class",
            b"\xCA\xFE\xBA\xBE\0\0\0\x34\0\x03\x01\0\x02ab\x05\0\0\0\0\0\0\0\0".to_vec(),
        ),
        (
            "git_pack",
            b"PACK\0\0\0\x02\0\0\0\x01\x33\x78\x9C\x4B\x4C\x4A\x06\0\x02\x4D\x01\x27".to_vec(),
        ),
        (
            "git_bundle",
            b"# v2 git bundle\n\nPACK\0\0\0\x02\0\0\0\x01\x33\x78\x9C\x4B\x4C\x4A\x06\0".to_vec(),
        ),
        (
            "source_map",
            br#"["a"],"sourcesContent":["text"]}"#.to_vec(),
        ),
        (
            "notebook",
            br#""code","source":["a"],"outputs":[{"text":["x"]}]}]}"#.to_vec(),
        ),
        (
            "office",
            b"<w:p><w:t>a&amp;b</w:t></w:p></w:document>".to_vec(),
        ),
        (
            "image",
            b"[{\"Config\":\"c\",\"Layers\":[\"x\"]}]\0{\"manifests\":[]}\0{\"rootfs\":{}}\0x"
                .to_vec(),
        ),
        (
            "git_folder",
            b"tree bbbb\n\nmessage\x00100644 a\0text\0PACK".to_vec(),
        ),
    ];
    let mut chance = Chance(0x9E37_79B9_7F4A_7C15);
    for (kind, seed) in &seeds {
        artifact::open_as(kind, seed);
        artifact::open(seed);
        for _ in 0..ROUNDS {
            artifact::open_as(kind, &chance.change(seed));
        }
    }
}
