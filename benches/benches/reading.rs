//! Is a large file read in pieces slower than a mapped one? Both warm, both with all
//! rules and with hardly any work, so that what reading costs can be seen.
//!
//! `cargo bench -p sluicegate-benches --bench reading -- [MEGABYTES]`

use std::fs::File;
use std::hint::black_box;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Instant;

use sluicegate_benches::corpus;
use sluicegate_core::{Blob, Match, RuleSet, Sink};
use sluicegate_rules::Rules;
use sluicegate_source::{PIECE, Read, read_small};

const ROUNDS: usize = 5;

struct Count(usize);

impl Sink for Count {
    fn found(&mut self, _: &Blob<'_>, _: &Match) {
        self.0 += 1;
    }
}

/// What is done with the bytes.
#[derive(Clone, Copy)]
enum Work<'r> {
    /// Every byte is looked at once, as fast as memory gives it.
    Sum,
    /// All rules.
    Scan(&'r RuleSet),
}

impl Work<'_> {
    fn on(self, bytes: &[u8]) -> u64 {
        match self {
            Self::Sum => bytes
                .as_chunks::<8>()
                .0
                .iter()
                .fold(0, |sum, word| sum ^ u64::from_ne_bytes(*word)),
            Self::Scan(rules) => {
                let mut count = Count(0);
                rules.scan_with(&mut rules.scratch(), &Blob::new(bytes), &mut count);
                count.0 as u64
            }
        }
    }
}

fn main() -> io::Result<()> {
    let megabytes = std::env::args()
        .skip(1)
        .find_map(|word| word.parse().ok())
        .unwrap_or(1024);
    let path = make(megabytes)?;
    let rules = Rules::builder()
        .build(&[])
        .expect("the built-in rules are valid");
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "| {megabytes} MB, warm | pieces, s | mapped, s | pieces / mapped |\n|---|---|---|---|"
    )?;
    for (name, work) in [
        ("look at every byte", Work::Sum),
        ("all rules", Work::Scan(rules.set())),
    ] {
        for threads in [1, 2] {
            let (pieces, mapped) = medians(&path, work, threads)?;
            let ratio = pieces / mapped;
            writeln!(
                out,
                "| {name}, {threads} threads | {pieces:.3} | {mapped:.3} | {ratio:.2} |"
            )?;
            out.flush()?;
        }
    }
    std::fs::remove_file(path)
}

/// A file of source code, in the page cache.
fn make(megabytes: usize) -> io::Result<PathBuf> {
    let path = std::env::temp_dir().join(format!("sluicegate-reading-{}", std::process::id()));
    let mut file = File::create(&path)?;
    let text = corpus::quiet(1 << 20)
        .pop()
        .expect("there are kinds of text")
        .bytes;
    for _ in 0..megabytes {
        file.write_all(&text[..1 << 20])?;
    }
    file.sync_all()?;
    Ok(path)
}

fn medians(path: &Path, work: Work<'_>, threads: usize) -> io::Result<(f64, f64)> {
    let (mut pieces, mut mapped) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let started = Instant::now();
        black_box(in_pieces(path, work, threads)?);
        pieces.push(started.elapsed().as_secs_f64());
        let started = Instant::now();
        black_box(in_map(path, work, threads)?);
        mapped.push(started.elapsed().as_secs_f64());
    }
    let median = |mut times: Vec<f64>| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    };
    Ok((median(pieces), median(mapped)))
}

fn in_pieces(path: &Path, work: Work<'_>, threads: usize) -> io::Result<u64> {
    let Read::Large(file) = read_small(path, &mut Vec::new())? else {
        return Err(io::Error::other("give more than two megabytes"));
    };
    let each = &|first: usize| -> io::Result<u64> {
        let mut buf = Vec::new();
        let mut sum = 0;
        for number in (first as u64..file.pieces()).step_by(threads) {
            file.read_piece(number, 0, &mut buf)?;
            sum ^= work.on(&buf);
        }
        Ok(sum)
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|first| scope.spawn(move || each(first)))
            .collect();
        workers.into_iter().try_fold(0, |sum, worker| {
            Ok(sum ^ worker.join().expect("it does not panic")?)
        })
    })
}

fn in_map(path: &Path, work: Work<'_>, threads: usize) -> io::Result<u64> {
    let file = File::open(path)?;
    #[expect(
        unsafe_code,
        reason = "there is no other way to map a file; nothing else here does"
    )]
    // SAFETY: this program wrote the file under a name of its own and changes it no more.
    let map = unsafe { memmap2::Mmap::map(&file)? };
    #[cfg(unix)]
    map.advise(memmap2::Advice::Sequential)?;
    let each = &|first: usize| -> u64 {
        let pieces = map.chunks(PIECE).skip(first).step_by(threads);
        pieces.fold(0, |sum, piece| sum ^ work.on(piece))
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|first| scope.spawn(move || each(first)))
            .collect();
        Ok(workers.into_iter().fold(0, |sum, worker| {
            sum ^ worker.join().expect("it does not panic")
        }))
    })
}
