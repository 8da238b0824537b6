//! What is in an artifact is found under its whole path, as it would be in a folder.

use std::io::Write;
use std::sync::Arc;

use sluicegate_core::{Report, SkipReason};
use sluicegate_rules::Rules;
use sluicegate_scan::{Monitor, Options, Scanner, Target};

/// A password that the detector for assignments is sure of; never the same.
fn line(number: usize) -> String {
    format!("smtp_password = \"Kq{number}!vR7xT\"\n")
}

fn tar(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, data) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_size(data.len() as u64);
        builder
            .append_data(&mut header, name, *data)
            .expect("memory");
    }
    builder.into_inner().expect("memory")
}

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(data).expect("memory");
    encoder.finish().expect("memory")
}

fn scan(target: Target, threads: usize, depth: usize) -> Report {
    let mut options = Options::default();
    options.threads = threads;
    options.archive_depth = depth;
    let words = Scanner::watch_words(&options.markers);
    let rules = Rules::builder()
        .build(&words)
        .expect("the built-in rules are valid");
    Scanner::new(Arc::new(rules), options)
        .scan(&[target], &Monitor::default())
        .expect("the target is there")
}

fn bytes(name: &str, bytes: Vec<u8>) -> Target {
    Target::Bytes {
        name: name.to_owned(),
        bytes,
    }
}

fn places(report: &Report) -> Vec<String> {
    let mut places: Vec<String> = report
        .findings
        .iter()
        .flat_map(|finding| &finding.occurrences)
        .map(|o| format!("{}:{}", o.path, o.start.line))
        .collect();
    places.sort();
    places
}

/// An image as `docker save` writes it: what the lower layer brings the upper one deletes.
fn image() -> Vec<(String, Vec<u8>)> {
    let secret = format!("one\n{}", line(1));
    let lower = tar(&[("app/config.env", secret.as_bytes())]);
    let upper = tar(&[("app/.wh.config.env", b""), ("etc/motd", b"hello\n")]);
    let name = |sign: &str| format!("blobs/sha256/{}", sign.repeat(64));
    let config = format!(
        r#"{{"architecture":"x","rootfs":{{"diff_ids":["sha256:1","sha256:2"]}},
        "config":{{"Env":["SMTP_PASSWORD=Kq{}!vR7xT"]}},
        "history":[{{"created_by":"RUN |1 SMTP_PASSWORD=Kq{}!vR7xT /bin/sh -c make"}},
                   {{"created_by":"RUN rm"}}]}}"#,
        2, 3
    );
    let manifest = format!(
        r#"[{{"Config":"{}","Layers":["{}","{}"]}}]"#,
        name("c"),
        name("1"),
        name("2")
    );
    vec![
        (name("1"), lower),
        (name("2"), gzip(&upper)),
        (name("c"), config.into_bytes()),
        ("manifest.json".to_owned(), manifest.into_bytes()),
    ]
}

#[test]
fn paths_go_through_containers_and_threads_change_nothing() {
    let many: Vec<(String, String)> = (0..300)
        .map(|n| (format!("f{n}.env"), format!("\n\n{}", line(n))))
        .collect();
    let entries: Vec<(&str, &[u8])> = many
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_bytes()))
        .collect();
    let inner = gzip(&tar(&entries));
    let outer = tar(&[("lib/x.tgz", &inner), ("plain.env", line(777).as_bytes())]);
    let mut expected: Vec<String> = (0..300)
        .map(|n| format!("a.tar!lib/x.tgz!f{n}.env:3"))
        .collect();
    expected.push("a.tar!plain.env:1".to_owned());
    expected.sort();
    for threads in [1, 2, 5] {
        let report = scan(bytes("a.tar", outer.clone()), threads, 8);
        assert_eq!(places(&report), expected, "{threads} threads");
        assert!(!report.coverage.is_incomplete());
    }
    let report = scan(bytes("a.tar", outer), 2, 1);
    assert_eq!(places(&report), ["a.tar!plain.env:1"]);
    let skipped = &report.coverage.skipped[0];
    assert_eq!(skipped.reason, SkipReason::TooDeep);
    assert_eq!(&*skipped.path, "a.tar!lib/x.tgz");
    assert!(report.coverage.is_incomplete());
}

#[test]
fn a_large_part_is_read_as_a_stream() {
    let mut text = "nothing to see here\n".repeat(400_000);
    text.push_str(&line(1));
    let report = scan(bytes("a.tar", tar(&[("big.log", text.as_bytes())])), 2, 8);
    assert_eq!(places(&report), ["a.tar!big.log:400001"]);
}

#[test]
fn what_a_large_part_gave_before_it_broke_off_is_reported() {
    let noise = |n: usize| format!("{:x}\n", n.wrapping_mul(2_654_435_761));
    let log = line(1) + &(0..400_000).map(noise).collect::<String>();
    let packed = gzip(log.as_bytes());
    for length in [packed.len() - 4, packed.len() * 9 / 10] {
        let report = scan(bytes("log.gz", packed[..length].to_vec()), 2, 8);
        assert_eq!(places(&report), ["log.gz:1"], "{length}");
        let skipped = &report.coverage.skipped;
        assert!(skipped.len() == 1 && skipped[0].reason == SkipReason::Damaged);
    }
}

#[test]
fn a_secret_in_an_image_names_its_layer_and_who_hides_it() {
    let parts = image();
    let entries: Vec<(&str, &[u8])> = parts.iter().map(|(n, d)| (n.as_str(), &d[..])).collect();
    let report = scan(bytes("image.tar", tar(&entries)), 2, 8);
    let layer_path = "image.tar!layer 1 (sha256:111111111111)!app/config.env";
    let all = places(&report);
    assert!(all.contains(&format!("{layer_path}:2")), "{all:?}");
    // The variable, and the argument of the build in the history.
    let configured = all
        .iter()
        .filter(|p| p.starts_with("image.tar!config (sha256:cccccccccccc)"));
    assert_eq!(configured.count(), 2, "{all:?}");
    let occurrence = report
        .findings
        .iter()
        .flat_map(|finding| &finding.occurrences)
        .find(|o| &*o.path == layer_path)
        .expect("seen above");
    let layer = occurrence.layer.as_deref().expect("it is in a layer");
    assert_eq!((layer.number, layer.deleted_by), (1, Some(2)));
    let made = layer.created_by.as_deref().expect("the image says it");
    assert_eq!(made, "RUN |1 SMTP_PASSWORD=* /bin/sh -c make");
}

#[test]
fn names_in_an_image_may_start_with_a_dot() {
    let plain = image();
    let dotted: Vec<(String, Vec<u8>)> = plain
        .iter()
        .map(|(name, data)| (format!("./{name}"), data.clone()))
        .collect();
    let [plain, dotted] = [plain, dotted].map(|parts| {
        let parts: Vec<(&str, &[u8])> = parts.iter().map(|(n, d)| (&n[..], &d[..])).collect();
        scan(bytes("image.tar", raw_tar(&parts)), 2, 8)
    });
    assert!(places(&plain).len() == 3 && places(&plain) == places(&dotted));
    assert!(dotted.coverage.skipped.is_empty());
    // The file at the root of the layer, which the layer above deletes there.
    let parts = [
        ("./a.tar", raw_tar(&[("./x.env", line(1).as_bytes())])),
        ("./b.tar", raw_tar(&[("./.wh.x.env", b"")])),
        (
            "./manifest.json",
            br#"[{"Layers":["a.tar","b.tar"]}]"#.to_vec(),
        ),
    ];
    let parts = parts
        .each_ref()
        .map(|(name, data)| (*name, data.as_slice()));
    let report = scan(bytes("image.tar", raw_tar(&parts)), 2, 8);
    let layer = report.findings[0].occurrences[0].layer.as_deref();
    assert_eq!(layer.expect("it is in a layer").deleted_by, Some(2));
}

/// The same as [`tar`] with names as they are given.
fn raw_tar(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, data) in entries {
        let mut header = tar::Header::new_gnu();
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(data.len() as u64);
        header.set_cksum();
        builder.append(&header, *data).expect("memory");
    }
    builder.into_inner().expect("memory")
}

#[test]
fn what_an_image_lacks_is_said() {
    let whole = image();
    for gone in 0..whole.len() {
        let parts: Vec<(&str, &[u8])> = (0..whole.len())
            .filter(|&number| number != gone)
            .map(|number| (whole[number].0.as_str(), whole[number].1.as_slice()))
            .collect();
        let report = scan(bytes("image.tar", tar(&parts)), 2, 8);
        let skipped: Vec<(&str, SkipReason)> = report
            .coverage
            .skipped
            .iter()
            .map(|skipped| (skipped.detail.as_str(), skipped.reason))
            .collect();
        let said = format!(
            "its manifest names `{}`, and that is not in it",
            whole[gone].0
        );
        // Without the manifest nobody knows that it is an image.
        let expected = [(said.as_str(), SkipReason::Damaged)];
        assert_eq!(skipped, expected[..usize::from(gone < 3)]);
    }
}

#[test]
fn what_a_folder_that_is_an_image_lacks_is_said() {
    for (gone, says) in [
        ("1", "its manifest names"),
        ("c", "its manifest names"),
        ("d", "no manifest that its index names"),
    ] {
        let folder = layout();
        let blob = folder.path().join("blobs/sha256").join(gone.repeat(64));
        std::fs::remove_file(blob).expect("it was there");
        let report = scan(Target::Path(folder.path().to_owned()), 2, 8);
        let skipped = &report.coverage.skipped;
        assert!(
            skipped.len() == 1 && skipped[0].detail.starts_with(says),
            "{gone}: {skipped:?}"
        );
        assert_eq!(skipped[0].reason, SkipReason::Damaged);
    }
}

#[test]
fn an_image_that_is_a_folder_is_an_image() {
    let folder = layout();
    let report = scan(Target::Path(folder.path().to_owned()), 2, 8);
    let root = folder.path().display();
    let expected = format!("{root}!layer 1 (sha256:111111111111)!app/config.env:2");
    assert!(places(&report).contains(&expected), "{:?}", places(&report));
    assert!(report.coverage.skipped.is_empty());
}

#[test]
fn artifacts_beside_each_other_and_large_parts_of_small_ones_are_read_on_any_threads() {
    let folder = tempfile::tempdir().expect("a folder");
    let large = "nothing to see here\n".repeat(200_000);
    for number in 0..5 {
        let noise = |n: usize| format!("{:x}\n", (n + number) * 2_654_435_761);
        let noise: String = (0..40_000).map(noise).collect();
        let text = noise + &line(number);
        let whole = tar(&[("app/config.env", text.as_bytes())]);
        assert!(whole.len() > 256 << 10, "not opened by whoever meets it");
        std::fs::write(folder.path().join(format!("{number}.tar")), whole).expect("room");
        let small = gzip((large.clone() + &line(100 + number)).as_bytes());
        assert!(small.len() < 256 << 10);
        std::fs::write(folder.path().join(format!("{number}.gz")), small).expect("room");
    }
    let mut cut = std::fs::read(folder.path().join("0.tar")).expect("it is there");
    cut.truncate(300 << 10);
    std::fs::write(folder.path().join("cut.tar"), cut).expect("room");
    let mut expected: Vec<String> = (0..5)
        .flat_map(|n| {
            let root = folder.path().display();
            [
                format!("{root}/{n}.gz:200001"),
                format!("{root}/{n}.tar!app/config.env:40001"),
            ]
        })
        .collect();
    expected.sort();
    for threads in [1, 2, 5] {
        let report = scan(Target::Path(folder.path().to_owned()), threads, 8);
        assert_eq!(places(&report), expected, "{threads} threads");
        let skipped = &report.coverage.skipped;
        assert!(skipped.len() == 1 && skipped[0].reason == SkipReason::Damaged);
        assert_eq!(report.coverage.files, 11);
    }
}

/// The same image as an OCI layout in a folder; its manifest is the blob of all `d`.
fn layout() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let blobs = folder.path().join("blobs/sha256");
    std::fs::create_dir_all(&blobs).expect("a folder");
    for (name, data) in &image()[..3] {
        std::fs::write(folder.path().join(name), data).expect("room");
    }
    let descriptor = |sign: &str| format!(r#"{{"digest":"sha256:{}"}}"#, sign.repeat(64));
    let manifest = format!(
        r#"{{"config":{},"layers":[{},{}]}}"#,
        descriptor("c"),
        descriptor("1"),
        descriptor("2")
    );
    std::fs::write(blobs.join("d".repeat(64)), manifest).expect("room");
    let index = format!(r#"{{"manifests":[{}]}}"#, descriptor("d"));
    std::fs::write(folder.path().join("index.json"), index).expect("room");
    std::fs::write(folder.path().join("oci-layout"), "{}").expect("room");
    folder
}
