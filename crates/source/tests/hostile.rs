//! Containers that are made to hurt: each ends at a limit with a name, within its time,
//! and what is good in it is shown.

mod pack;
mod shown;

use std::io::{self, Read};
use std::time::{Duration, Instant};

use pack::{ar, bzip2, cpio, gzip, lz4, rpm, seven, sparse, tar, xz, zip, zlib, zstd};
use shown::{Shown, from_file, from_stream};
use sluicegate_core::SkipReason::{
    self, Damaged, Encrypted, ExpandsTooMuch, TooDeep, TooLarge, TooManyEntries, TooMuchMemory,
    Unsupported,
};
use sluicegate_source::artifact::{Limits, open_stream};

const TEXT: &[u8] = b"line one\nline two\n";

/// What any of these may take, without optimisation and on a machine that does other things.
const BUDGET: Duration = Duration::from_secs(60);

/// Bytes that no compressor makes smaller.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let word = |_| {
        // Xorshift (Marsaglia, 2003).
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    let mut bytes: Vec<u8> = (0..length.div_ceil(8)).flat_map(word).collect();
    bytes.truncate(length);
    bytes
}

fn small() -> Limits {
    let mut limits = Limits::default();
    limits.free_output = 1 << 20;
    limits
}

#[track_caller]
fn in_time(name: &str, task: impl FnOnce() -> Shown) -> Shown {
    let started = Instant::now();
    let shown = task();
    let took = started.elapsed();
    assert!(took < BUDGET, "{name} took {took:?}");
    shown
}

#[track_caller]
fn assert_skipped(name: &str, shown: &Shown, expected: &[(&str, SkipReason)]) {
    let skipped: Vec<(&str, SkipReason)> = shown
        .skipped
        .iter()
        .map(|(path, reason)| (path.as_str(), *reason))
        .collect();
    assert_eq!(skipped, expected, "{name}: {:?}", shown.details);
}

#[track_caller]
fn assert_shows(name: &str, shown: &Shown, path: &str) {
    let part = (path.to_owned(), TEXT.to_vec());
    let paths: Vec<&String> = shown.parts.iter().map(|(path, _)| path).collect();
    assert!(
        shown.parts.contains(&part),
        "{name}: {paths:?} {:?}",
        shown.skipped
    );
}

#[test]
fn much_out_of_little_ends() {
    let zeros = vec![0; 6 << 20];
    for (name, bytes) in [
        ("gzip", gzip(&zeros)),
        ("zlib", zlib(&zeros)),
        ("bzip2", bzip2(&zeros)),
        ("xz", xz(&zeros)),
        ("zstd", zstd(&zeros)),
        ("lz4", gzip(&lz4(&zeros))),
        ("zip", zip(&[("z", &zeros)])),
        ("7z", seven(&[("z", &zeros)])),
        ("a tar in gzip", gzip(&tar(&[("z", &zeros)]))),
        ("a package", rpm(&[("z", &zeros)])),
    ] {
        let shown = in_time(name, || from_stream(&bytes, small()));
        assert_skipped(name, &shown, &[("a", ExpandsTooMuch)]);
    }
}

#[test]
fn all_that_comes_out_together_ends() {
    let bytes = noise(1 << 20);
    let entries: Vec<(&str, &[u8])> = (0..8).map(|_| ("same", bytes.as_slice())).collect();
    let mut limits = Limits::default();
    limits.total = 5 << 20;
    let shown = from_stream(&gzip(&tar(&entries)), limits);
    assert_skipped("total", &shown, &[("a", ExpandsTooMuch)]);
    assert!(!shown.parts.is_empty());
}

#[test]
fn containers_in_each_other_end() {
    for (name, wrap) in [
        (
            "tar",
            (|inner| tar(&[("x", inner)])) as fn(&[u8]) -> Vec<u8>,
        ),
        ("zip", |inner| zip(&[("x", inner)])),
        ("gzip", gzip),
        ("zstd", zstd),
        ("ar", |inner| ar(&[("x", inner)])),
        ("cpio", |inner| cpio(&[("x", inner)])),
    ] {
        let mut deep = TEXT.to_vec();
        for _ in 0..30 {
            deep = wrap(&deep);
        }
        let outer = tar(&[("deep", deep.as_slice()), ("next", TEXT)]);
        let shown = in_time(name, || from_stream(&outer, small()));
        let reasons: Vec<SkipReason> = shown.skipped.iter().map(|(_, r)| *r).collect();
        assert_eq!(reasons, [TooDeep], "{name}");
        assert_shows(name, &shown, "a!next");
    }
}

#[test]
fn entries_that_lie_on_each_other_are_paid_once() {
    // What comes out is some sixty times of what goes in: allowed, but not for 400 entries
    // that share it.
    let mut block = noise(1 << 10);
    block.resize(64 << 10, 0);
    let data = block.repeat(16);
    let one = zip(&[("z", &data)]);
    let place = |sign: &[u8]| memchr::memmem::rfind(&one, sign).expect("it is there");
    let (directory, end) = (place(b"PK\x01\x02"), place(b"PK\x05\x06"));
    let mut many = one[..directory].to_vec();
    many.extend(one[directory..end].repeat(400));
    let mut record = one[end..].to_vec();
    record[8..10].copy_from_slice(&400_u16.to_le_bytes());
    record[10..12].copy_from_slice(&400_u16.to_le_bytes());
    let size = u32::try_from((end - directory) * 400).expect("small");
    record[12..16].copy_from_slice(&size.to_le_bytes());
    many.extend(record);
    assert!(
        data.len() / one.len() < 100,
        "each for itself is within the ratio"
    );
    let shown = in_time("overlapping", || from_stream(&many, small()));
    assert_skipped("overlapping", &shown, &[("a", ExpandsTooMuch)]);
}

/// A tar that is made while it is read.
struct Endless {
    left: u64,
    block: Vec<u8>,
    at: usize,
}

impl Read for Endless {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.at == self.block.len() {
            if self.left == 0 {
                return Ok(0);
            }
            (self.left, self.at) = (self.left - 1, 0);
        }
        let count = buf.len().min(self.block.len() - self.at);
        buf[..count].copy_from_slice(&self.block[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

#[test]
fn hosts_of_tiny_entries_are_read_or_counted() {
    // A million of them is a row of `benches/hostile.py`: it takes optimisation.
    let whole = tar(&[("some/folder/tiny", b"x")]);
    let entry = whole[..1024].to_vec();
    let many = || Endless {
        left: 100_000,
        at: entry.len(),
        block: entry.clone(),
    };
    let mut counted = Counted::default();
    let started = Instant::now();
    open_stream("a", many(), Limits::default(), &mut counted);
    assert!(started.elapsed() < BUDGET, "{:?}", started.elapsed());
    assert_eq!((counted.0, counted.1), (100_000, 0));
    let mut limits = Limits::default();
    limits.entries = 1000;
    let mut counted = Counted::default();
    open_stream("a", many(), limits, &mut counted);
    assert_eq!((counted.0, counted.1), (1000, 1));
    assert_eq!(counted.2, Some(TooManyEntries));
}

/// How many parts, and how many that were not read.
#[derive(Default)]
struct Counted(u64, u64, Option<SkipReason>);

impl sluicegate_source::artifact::Visitor for Counted {
    fn whole(&mut self, _: &str, _: Vec<u8>) {
        self.0 += 1;
    }

    fn stream(&mut self, _: &str, _: &mut dyn Read) -> io::Result<()> {
        Ok(())
    }

    fn skipped(&mut self, _: &str, reason: SkipReason, _: String) {
        self.1 += 1;
        self.2 = Some(reason);
    }

    fn inners(&mut self, inners: &sluicegate_source::artifact::Inners) {
        inners.open_in_turn(self);
    }

    fn image(&mut self, _: sluicegate_source::artifact::Image) {}

    fn deletes(&mut self, _: &str, _: String) {}

    fn is_cancelled(&self) -> bool {
        false
    }
}

#[test]
fn holes_of_ten_gigabytes_cost_nothing() {
    for (name, bytes) in sparse("holes", TEXT, 10 << 30) {
        let whole = [bytes, tar(&[("next", TEXT)])].concat();
        let shown = in_time(name, || from_stream(&whole, Limits::default()));
        assert_shows(name, &shown, "a!next");
        assert_shows(name, &shown, "a!holes");
        assert_skipped(name, &shown, &[]);
    }
}

#[test]
fn headers_that_lie_are_named() {
    let mut long_tar = tar(&[("first", TEXT), ("second", TEXT)]);
    // The size of the second entry, in binary.
    long_tar[1024 + 124..1024 + 136].fill(0);
    long_tar[1024 + 124] = 0x80;
    long_tar[1024 + 128] = 0xFF;
    pack::sum(&mut long_tar[1024..1536]);
    let mut no_size = long_tar.clone();
    no_size[1024 + 124..1024 + 136].fill(b'x');
    pack::sum(&mut no_size[1024..1536]);
    let mut broken_sum = tar(&[("first", TEXT), ("second", TEXT), ("third", TEXT)]);
    broken_sum[1024] ^= 1;
    let long_name = {
        let mut header = tar(&[("././@LongLink", b"")])[..512].to_vec();
        header[156] = b'L';
        header[124..136].copy_from_slice(b"77777777777\0");
        pack::sum(&mut header);
        [
            tar(&[("first", TEXT)])[..1024].to_vec(),
            header,
            vec![b'n'; 4096],
        ]
        .concat()
    };
    let cpio_size = {
        let mut bytes = cpio(&[("first", TEXT), ("second", TEXT)]);
        let second = memchr::memmem::rfind(&bytes, b"second").expect("it is there") - 110;
        bytes[second + 54..second + 62].copy_from_slice(b"FFFFFFFF");
        bytes
    };
    let cpio_name = {
        let mut bytes = cpio(&[("first", TEXT), ("second", TEXT)]);
        let second = memchr::memmem::rfind(&bytes, b"second").expect("it is there") - 110;
        bytes[second + 94..second + 102].copy_from_slice(b"FFFFFFFF");
        bytes
    };
    let ar_size = {
        let mut bytes = ar(&[("first", TEXT), ("second", TEXT)]);
        let second = memchr::memmem::find(&bytes, b"second").expect("it is there");
        bytes[second + 48..second + 58].copy_from_slice(b"9999999999");
        bytes
    };
    let zip_with = |at: usize, value: u32| {
        let mut bytes = zip(&[("first", TEXT), ("second", TEXT)]);
        let second = memchr::memmem::rfind(&bytes, b"PK\x01\x02").expect("it is there");
        bytes[second + at..second + at + 4].copy_from_slice(&value.to_le_bytes());
        bytes
    };
    let second = ("a!second", Damaged);
    for (name, bytes, expected) in [
        (
            "a tar's size that is not there",
            long_tar,
            &[("a!second", TooLarge), ("a", Damaged)][..],
        ),
        ("a tar's size that is no number", no_size, &[("a", Damaged)]),
        ("a tar's broken header", broken_sum, &[("a", Damaged)]),
        (
            "a name of 8 GB",
            long_name,
            &[("a", TooMuchMemory), ("a", Damaged)],
        ),
        (
            "a cpio's size",
            cpio_size,
            &[("a!second", TooLarge), ("a", Damaged)],
        ),
        ("a cpio's name", cpio_name, &[("a", Damaged)]),
        (
            "an ar's size",
            ar_size,
            &[("a!second", TooLarge), ("a", Damaged)],
        ),
        ("a zip's size, too small", zip_with(24, 3), &[second]),
        ("a zip's size, too large", zip_with(24, 3 << 30), &[second]),
        ("a zip's packed size, too small", zip_with(20, 3), &[second]),
        (
            "a zip's place, outside",
            zip_with(42, u32::MAX - 1),
            &[second],
        ),
        ("a zip's checksum", zip_with(16, 7), &[second]),
    ] {
        let shown = in_time(name, || from_stream(&bytes, Limits::default()));
        assert_skipped(name, &shown, expected);
        assert_shows(name, &shown, "a!first");
    }
}

#[test]
fn memory_that_is_asked_for_is_not_given() {
    let four_gb_xz = {
        let mut bytes = xz(TEXT);
        // The size of the dictionary, and the checksum of the header that states it.
        let block = 12;
        let length = (usize::from(bytes[block]) + 1) * 4;
        let place = block + 2 + 2;
        bytes[place] = 39;
        let sum = crc32fast::hash(&bytes[block..block + length - 4]);
        bytes[block + length - 4..block + length].copy_from_slice(&sum.to_le_bytes());
        bytes
    };
    // A window of one terabyte, and a size of 4 EB that is all window.
    let zstd_window = [&[0x28, 0xB5, 0x2F, 0xFD, 0x00, 0xF0][..], &[0; 20]].concat();
    let zstd_size = [&[0x28, 0xB5, 0x2F, 0xFD, 0xE0][..], &[0x3F; 30]].concat();
    let lzma = [
        &[
            0x5D, 0, 0, 0, 0x80, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0,
        ][..],
        &[0; 64],
    ]
    .concat();
    for (name, bytes) in [
        ("a dictionary of 3 GB", four_gb_xz),
        ("a window of a terabyte", zstd_window),
        ("a content of 4 EB", zstd_size),
        ("a dictionary of 2 GB", lzma),
    ] {
        let shown = in_time(name, || from_stream(&bytes, Limits::default()));
        assert_skipped(name, &shown, &[("a", TooMuchMemory)]);
    }
    // Decoders in each other share what there is.
    let mut limits = Limits::default();
    limits.windows = 100;
    let shown = from_stream(&xz(TEXT), limits);
    assert_skipped("no memory at all", &shown, &[("a", TooMuchMemory)]);
}

/// A 7z whose list of entries is `list`, and nothing else.
fn seven_of(list: &[u8], behind: &[u8]) -> Vec<u8> {
    let mut start = Vec::new();
    start.extend_from_slice(&(behind.len() as u64).to_le_bytes());
    start.extend_from_slice(&(list.len() as u64).to_le_bytes());
    start.extend_from_slice(&crc32fast::hash(list).to_le_bytes());
    let check = crc32fast::hash(&start).to_le_bytes();
    [
        b"7z\xBC\xAF\x27\x1C\0\x04",
        &check[..],
        &start,
        behind,
        list,
    ]
    .concat()
}

#[test]
fn lists_and_dictionaries_of_7z_are_bounded() {
    // Packed by LZMA, and said to unpack to 4 GB.
    let list = [
        &[0x17, 0x06, 0, 1, 0x09, 20, 0][..],
        &[0x07, 0x0B, 1, 0, 1, 0x23, 3, 1, 1, 5, 0x5D, 0, 0, 0, 4],
        &[0x0C, 0xF0, 0, 0, 0, 0xFF, 0, 0],
    ]
    .concat();
    let bomb = seven_of(&list, &[0; 20]);
    let shown = in_time("list", || from_stream(&bomb, Limits::default()));
    assert_skipped("list", &shown, &[("a", TooMuchMemory)]);
    assert!(
        shown.details[0].contains("list of entries"),
        "{:?}",
        shown.details
    );
    // Nobody knows how long this one is.
    let strange = seven_of(&[0x17, 0x99, 1, 2, 3], &[]);
    let shown = from_stream(&strange, Limits::default());
    assert_skipped("strange", &shown, &[("a", Damaged)]);
    // What has to be remembered of a block counts like that of other decoders.
    let mut limits = Limits::default();
    limits.windows = 100;
    let shown = from_stream(&seven(&[("x", TEXT)]), limits);
    assert_skipped("windows", &shown, &[("a", TooMuchMemory)]);
}

#[test]
fn what_is_cut_off_is_one_entry_of_the_coverage() {
    let noise = noise(40_000);
    let entries: [(&str, &[u8]); 2] = [("first", TEXT), ("second", &noise)];
    let tarred = tar(&entries);
    for (name, bytes) in [
        ("tar", tarred.clone()),
        ("gzip", gzip(&tarred)),
        ("bzip2", bzip2(&tarred)),
        ("xz", xz(&tarred)),
        ("zstd", zstd(&tarred)),
        ("lz4", lz4(&tarred)),
        ("zip", zip(&entries)),
        ("7z", seven(&entries)),
        ("cpio", cpio(&entries)),
        ("ar", ar(&entries)),
        ("rpm", rpm(&entries)),
    ] {
        for keep in [3, 5, 9] {
            let cut = &bytes[..bytes.len() * keep / 10];
            for shown in [from_stream(cut, Limits::default()), from_file(cut)] {
                let [(path, Damaged)] = shown.skipped.as_slice() else {
                    panic!("{name}, {keep} tenths: {:?}", shown.skipped);
                };
                assert!(path.starts_with('a'), "{path}");
            }
        }
        // Wherever it is cut, nothing panics, and nothing is said to be whole.
        for length in (0..60).map(|n| bytes.len() * n / 60) {
            let shown = from_stream(&bytes[..length], Limits::default());
            let is_told = !shown.skipped.is_empty();
            let is_short = length < 1024;
            assert!(is_told || is_short || name == "tar", "{name} at {length}");
        }
    }
}

#[test]
fn a_zip_without_its_directory_is_read_and_told_once() {
    let whole = zip(&[("first", TEXT), ("second", TEXT)]);
    let directory = memchr::memmem::find(&whole, b"PK\x01\x02").expect("it is there");
    for length in [directory, directory + 20, whole.len() - 3] {
        let shown = from_file(&whole[..length]);
        assert_shows("zip", &shown, "a!first");
        assert_shows("zip", &shown, "a!second");
        assert_skipped("zip", &shown, &[("a", Damaged)]);
    }
}

#[test]
fn what_is_locked_or_closed_is_named_and_not_searched() {
    let mut locked = zip(&[("first", TEXT), ("second", TEXT)]);
    let second = memchr::memmem::rfind(&locked, b"PK\x01\x02").expect("it is there");
    locked[second + 8] |= 1;
    let shown = from_file(&locked);
    assert_shows("zip", &shown, "a!first");
    assert_skipped("zip", &shown, &[("a!second", Encrypted)]);
    for (start, reason) in [
        (&b"Salted__"[..], Encrypted),
        (b"age-encryption.org/v1\n", Encrypted),
        (b"LUKS\xBA\xBE\0\x02", Encrypted),
        (b"Rar!\x1A\x07\x01\x00", Unsupported),
        (b"MSCF\0\0\0\0", Unsupported),
        (b"hsqs\0\0", Unsupported),
    ] {
        let bytes = [start, TEXT, &noise(3000)].concat();
        let shown = from_file(&bytes);
        assert_skipped("closed", &shown, &[("a", reason)]);
        assert!(shown.parts.is_empty(), "its bytes are not text");
    }
}

#[test]
fn links_that_lead_to_each_other_are_not_followed() {
    let mut bytes = tar(&[("one", b""), ("two", b""), ("three", TEXT)]);
    for (at, target) in [(0, "two"), (512, "one")] {
        bytes[at + 156] = b'2';
        bytes[at + 157..at + 157 + target.len()].copy_from_slice(target.as_bytes());
        pack::sum(&mut bytes[at..at + 512]);
    }
    let shown = from_stream(&bytes, Limits::default());
    assert_eq!(shown.parts.len(), 1);
    assert_shows("links", &shown, "a!three");
    // An index of an image that names itself, and so no manifest.
    let itself = format!(
        r#"{{"manifests":[{{"digest":"sha256:{}"}}]}}"#,
        "a".repeat(64)
    );
    let blob = format!("blobs/sha256/{}", "a".repeat(64));
    let image = tar(&[
        ("index.json", itself.as_bytes()),
        (&blob, itself.as_bytes()),
        ("oci-layout", b"{}"),
    ]);
    let shown = in_time("index", || from_stream(&image, Limits::default()));
    assert_skipped("index", &shown, &[("a", Damaged)]);
}

#[test]
fn names_that_occur_twice_are_two_parts() {
    let other: &[u8] = b"the other\n";
    for (name, bytes) in [
        ("tar", tar(&[("same", TEXT), ("same", other)])),
        ("cpio", cpio(&[("same", TEXT), ("same", other)])),
        ("ar", ar(&[("same", TEXT), ("same", other)])),
        (
            "zip",
            pack::twice(&zip(&[("same", TEXT), ("sam3", other)]), b"sam3", b"same"),
        ),
    ] {
        let shown = from_stream(&bytes, Limits::default());
        let expected = [
            ("a!same".to_owned(), TEXT.to_vec()),
            ("a!same".to_owned(), other.to_vec()),
        ];
        assert_eq!(shown.parts, expected, "{name}");
    }
}

#[test]
fn names_lead_nowhere() {
    let names = [
        "../../etc/passwd",
        "/abs",
        "C:\\x",
        "a\u{1b}[31m\nb",
        "..\\..\\x",
        "x!y",
    ];
    let entries: Vec<(&str, &[u8])> = names.iter().map(|name| (*name, TEXT)).collect();
    for bytes in [zip(&entries), cpio(&entries)] {
        let shown = from_file(&bytes);
        let paths: Vec<&str> = shown.parts.iter().map(|(p, _)| p.as_str()).collect();
        let expected: Vec<String> = names.iter().map(|name| format!("a!{name}")).collect();
        assert_eq!(paths, expected);
    }
}

#[test]
fn names_in_layers_are_remembered_as_far_as_memory_goes() {
    let long = format!("{}.wh.x", "d/".repeat(300_000));
    let mut builder = tar::Builder::new(Vec::new());
    for _ in 0..60 {
        let mut header = tar::Header::new_gnu();
        header.set_size(0);
        builder
            .append_data(&mut header, &long, io::empty())
            .expect("memory");
    }
    let bytes = gzip(&builder.into_inner().expect("memory"));
    let shown = in_time("names", || from_stream(&bytes, Limits::default()));
    let noted: usize = shown.deleted.iter().map(|(_, path)| path.len()).sum();
    assert!(!shown.deleted.is_empty() && noted <= 8 << 20, "{noted}");
    assert_eq!(shown.parts.len(), 60, "the files are there all the same");
}

#[test]
fn a_pdf_whose_stream_is_cut_says_so() {
    let packed = zlib(&vec![b' '; (32 << 20) + 1]);
    let start = b"%PDF-1.7\n1 0 obj\n<< /Filter /FlateDecode >>\nstream\n".as_slice();
    let end = b"\nendstream\nendobj\n%%EOF".as_slice();
    let shown = from_file(&[start, &packed, end].concat());
    assert_skipped("pdf", &shown, &[("a", TooMuchMemory)]);
    let packed = zlib(b"BT (one) Tj ET");
    let shown = from_file(&[start, &packed, end].concat());
    assert_skipped("pdf", &shown, &[]);
}
