//! Streams that are unpacked on a thread of their own.

use std::io::Write;
use std::time::Duration;

use flate2::{Compression, write::GzEncoder};

use super::super::meter::{Input, Limits};
use super::*;

/// Bytes that compress to about half.
fn content(length: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let mut byte = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        b"0123456789abcdef"[(state >> 28) as usize]
    };
    (0..length).map(|_| byte()).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = GzEncoder::new(Vec::new(), Compression::fast());
    out.write_all(bytes).expect("memory takes it");
    out.finish().expect("memory takes it")
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    let options = lzma_rust2::XzOptions::with_preset(0);
    let mut out = lzma_rust2::XzWriter::new(Vec::new(), options).expect("memory takes it");
    out.write_all(bytes).expect("memory takes it");
    out.finish().expect("memory takes it")
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    let level = ruzstd::encoding::CompressionLevel::Fastest;
    ruzstd::encoding::compress_to_vec(bytes, level)
}

fn lz4(bytes: &[u8]) -> Vec<u8> {
    let mut out = lz4_flex::frame::FrameEncoder::new(Vec::new());
    out.write_all(bytes).expect("memory takes it");
    out.finish().expect("memory takes it")
}

/// What comes out, the kind of error at the end, and how much was read after each read.
type Outcome = (Vec<u8>, Option<io::ErrorKind>, Vec<u64>);

fn all(mut plain: Box<dyn Read + '_>, pause: Duration, meter: &Meter) -> Outcome {
    let (mut out, mut taken) = (Vec::new(), Vec::new());
    let mut buf = vec![0; 300_000];
    loop {
        std::thread::sleep(pause);
        let got = plain.read(&mut buf);
        taken.push(meter.read());
        match got {
            Ok(0) => return (out, None, taken),
            Ok(got) => out.extend_from_slice(&buf[..got]),
            Err(why) => return (out, Some(why.kind()), taken),
        }
    }
}

fn read(format: Format, packed: &[u8], pause: Duration) -> Outcome {
    read_with(&Meter::alone(Limits::default()), format, packed, pause)
}

/// The same inside another stream, where there is less room.
fn read_inside(packed: &[u8], pause: Duration) -> Outcome {
    let meter = Meter::alone(Limits::default());
    assert!(meter.enter_stream());
    read_with(&meter, Format::Gzip, packed, pause)
}

fn read_with(meter: &Meter, format: Format, packed: &[u8], pause: Duration) -> Outcome {
    let mut input = Input::new(packed, meter);
    let plain = open(format, &mut input, meter).expect("it starts");
    all(plain, pause, meter)
}

#[test]
fn the_same_comes_out_on_a_thread_of_its_own() {
    let text = content(1_500_000);
    for (format, packed) in [
        (Format::Gzip, gzip(&text)),
        (Format::Xz, xz(&text)),
        (Format::Zstd, zstd(&text)),
        (Format::Lz4, lz4(&text)),
    ] {
        assert!(packed.len() > 2 * SHORT, "{format:?}");
        let mut bad = packed.clone();
        bad[packed.len() / 2] ^= 0x55;
        let cut = &packed[..packed.len() * 2 / 3];
        for (packed, is_whole) in [(&packed[..], true), (cut, false), (&bad, false)] {
            let (own, error, _) = read(format, packed, Duration::ZERO);
            let meter = Meter::alone(Limits::default());
            let plain = decode::plain(format, packed, &meter).expect("it starts");
            let (direct, why, _) = all(plain, Duration::ZERO, &meter);
            // Not every format has a checksum that tells of a changed byte.
            assert_eq!(error, why, "{format:?}");
            assert!(error.is_none() || !is_whole, "{format:?}");
            // What a read that fails has got so far is lost, and how much that is depends
            // on how much was asked for. LZ4 gives nothing of a block that is cut.
            let common = own.len().min(direct.len());
            assert!(common > 0 || format == Format::Lz4, "{format:?}");
            assert!(own[..common] == direct[..common], "{format:?}");
            assert!(!is_whole || own == text && direct == text, "{format:?}");
        }
    }
}

#[test]
fn how_far_is_read_does_not_depend_on_who_is_faster() {
    let packed = gzip(&content(4 << 20));
    let (_, _, quick) = read_inside(&packed, Duration::ZERO);
    let (_, _, slow) = read_inside(&packed, Duration::from_millis(5));
    assert_eq!(quick, slow);
    let (_, _, quick_outside) = read(Format::Gzip, &packed, Duration::ZERO);
    let (_, _, slow_outside) = read(Format::Gzip, &packed, Duration::from_millis(5));
    assert_eq!(quick_outside, slow_outside);
    assert!(quick[0] < quick_outside[0], "there is less room inside");
    // It reads ahead, and not without end.
    let most = SHORT as u64 + NEAR.fed * FED as u64;
    assert!(
        quick[0] > SHORT as u64 && quick[0] <= 2 * most,
        "{}",
        quick[0]
    );
}

#[test]
fn long_streams_of_nothing_are_fed_on() {
    let packed = gzip(b"").repeat(100_000);
    assert!(packed.len() as u64 > (NEAR.fed + 8) * FED as u64);
    let whole = [packed, gzip(b"the end")].concat();
    let (out, error, _) = read_inside(&whole, Duration::ZERO);
    assert_eq!((out.as_slice(), error), (b"the end".as_slice(), None));
}

#[test]
fn memory_is_asked_for_and_given_back() {
    let packed = xz(&content(1_500_000));
    let mut limits = Limits::default();
    let meter = Meter::alone(limits);
    let mut input = Input::new(packed.as_slice(), &meter);
    let mut plain = open(Format::Xz, &mut input, &meter).expect("it starts");
    plain.read_exact(&mut [0; 100]).expect("it goes on");
    assert!(meter.windows() > 0);
    drop(plain);
    assert_eq!(meter.windows(), 0);
    limits.windows = 1000;
    let meter = Meter::alone(limits);
    let mut input = Input::new(packed.as_slice(), &meter);
    let mut plain = open(Format::Xz, &mut input, &meter).expect("it starts");
    let why = plain.read(&mut [0; 100]).expect_err("there is no room");
    assert_eq!(why.kind(), io::ErrorKind::OutOfMemory);
    let again = plain.read(&mut [0; 100]);
    assert!(again.is_err(), "what failed has no end");
}

#[test]
fn only_the_outermost_stream_has_much_room() {
    let meter = Meter::alone(Limits::default());
    let packed = gzip(&content(1_500_000));
    let (mut one, mut two) = (packed.as_slice(), packed.as_slice());
    let outer = open(Format::Gzip, &mut one, &meter).expect("it starts");
    let inner = open(Format::Gzip, &mut two, &meter).expect("it starts");
    assert!(!meter.enter_stream(), "both are open");
    drop(inner);
    assert!(!meter.enter_stream(), "the outer one is open still");
    drop(outer);
    assert!(meter.enter_stream(), "none is open");
}
