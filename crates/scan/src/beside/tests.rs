use std::fs::File;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use sluicegate_core::{SkipReason, Skipped};
use sluicegate_rules::Rules;
use sluicegate_source::artifact::{Limits, Purse, open_file_beside};

use crate::artifact::{Common, Parts, Room};
use crate::collect::Gathered;
use crate::{Monitor, Options, Scanner};

fn tar(entries: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, data) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_size(data.len() as u64);
        builder
            .append_data(&mut header, name, data.as_slice())
            .expect("memory");
    }
    builder.into_inner().expect("memory")
}

/// Seven layers of a thousand files each, some of them compressed, the fourth damaged; each
/// deletes a file of the one below it.
fn image() -> File {
    let mut layers: Vec<(String, Vec<u8>)> = Vec::new();
    for number in 0..7 {
        let mut files: Vec<(String, Vec<u8>)> = (0..1000)
            .map(|n| {
                let text = match n % 100 {
                    0 => format!("\nsmtp_password = \"Kq{}!vR7xT\"\n", number * 1000 + n),
                    _ => String::new(),
                };
                let noise = (0..90).map(|m| format!("{:x}\n", (n * 90 + m) * 2_654_435_761_usize));
                (
                    format!("f{n}"),
                    (text + &noise.collect::<String>()).into_bytes(),
                )
            })
            .collect();
        files.push((format!(".wh.gone{number}"), Vec::new()));
        let mut layer = tar(&files);
        if number % 2 == 1 {
            let mut encoder =
                flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
            encoder.write_all(&layer).expect("memory");
            layer = encoder.finish().expect("memory");
        }
        if number == 3 {
            let middle = layer.len() / 2;
            layer.truncate(middle.max(1 << 20));
        }
        assert!(layer.len() >= 1 << 20, "{}", layer.len());
        layers.push((format!("{number}/layer.tar"), layer));
    }
    let names: Vec<String> = layers.iter().map(|(name, _)| format!("{name:?}")).collect();
    let manifest = format!(
        "[{{\"Config\":\"c.json\",\"Layers\":[{}]}}]",
        names.join(",")
    );
    layers.insert(0, ("c.json".to_owned(), b"{}".to_vec()));
    layers.push(("manifest.json".to_owned(), manifest.into_bytes()));
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(&tar(&layers)).expect("room");
    io::Seek::rewind(&mut file).expect("a file");
    file
}

fn scanner(threads: usize) -> Scanner {
    let options = Options {
        threads,
        ..Options::default()
    };
    let rules = Rules::builder().build(&[]).expect("valid");
    Scanner::new(Arc::new(rules), options)
}

/// What is found in the file: side by side on the scanner's threads, or in turn.
fn open(scanner: &Scanner, file: &File, limits: Limits, in_turn: bool) -> Gathered {
    let monitor = Monitor::default();
    let room = Room::default();
    let purse = Arc::new(Purse::new(scanner.threads()));
    let waiting = AtomicUsize::new(0);
    let common = Common {
        monitor: &monitor,
        purse: &purse,
        waiting: &waiting,
    };
    let shared = room.shared(scanner, common);
    let file = file.try_clone().expect("a file");
    if in_turn {
        let mut parts = Parts::new(shared, None);
        open_file_beside("image", file, limits, &purse, &mut parts);
        parts.hand_over();
    } else {
        let open = || {
            rayon::scope(|scope| {
                let mut parts = Parts::new(shared, Some(scope));
                open_file_beside("image", file, limits, &purse, &mut parts);
                parts.hand_over();
            });
        };
        scanner.install(open).expect("threads");
    }
    room.gathered("image")
}

type Summary = (Vec<String>, Vec<Skipped>, Vec<(String, String)>, u64, usize);

fn summary(gathered: Gathered) -> Summary {
    let mut hits: Vec<String> = gathered
        .hits
        .iter()
        .map(|hit| format!("{}:{}", hit.path, hit.start.line))
        .collect();
    hits.sort();
    let mut skipped = gathered.skipped;
    skipped.sort();
    let mut deletions = gathered.deletions;
    deletions.sort();
    (
        hits,
        skipped,
        deletions,
        gathered.files,
        gathered.images.len(),
    )
}

#[test]
fn side_by_side_gives_the_same_as_in_turn_whatever_the_limits() {
    let file = image();
    let scanners = [1, 3].map(scanner);
    let mut default = Limits::default();
    default.free_output = 1 << 30;
    let entries = |most| {
        let mut limits = default;
        limits.entries = most;
        limits
    };
    let total = |most| {
        let mut limits = default;
        limits.total = most;
        limits
    };
    let cases = [
        (default, None),
        (entries(1500), Some(SkipReason::TooManyEntries)),
        (entries(6400), Some(SkipReason::TooManyEntries)),
        (total(5 << 20), Some(SkipReason::ExpandsTooMuch)),
    ];
    for (limits, reached) in cases {
        let expected = summary(open(&scanners[0], &file, limits, true));
        let (hits, skipped, deletions, files, images) = &expected;
        let reasons: Vec<SkipReason> = skipped.iter().map(|s| s.reason).collect();
        match reached {
            // One of seven is cut in the middle.
            None => {
                assert!(hits.len() > 60 && *files > 6500 && deletions.len() == 6);
                assert_eq!(reasons, [SkipReason::Damaged]);
            }
            Some(reason) => {
                assert!(reasons.contains(&reason), "{reasons:?}");
                assert!(!hits.is_empty() && *files < 6500);
            }
        }
        assert_eq!(*images, 1);
        for scanner in &scanners {
            for _ in 0..3 {
                let got = summary(open(scanner, &file, limits, false));
                assert_eq!(got, expected, "{limits:?}, {} threads", scanner.threads());
            }
        }
    }
}
