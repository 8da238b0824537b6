//! Artifacts from the command line: through a pipe, at the gate, and made to hurt.

use std::io::Write as _;
use std::process::Stdio;

use crate::support::{Ran, Sandbox, ran, token, token_line};

type Entries<'e> = &'e [(&'e str, &'e [u8])];

fn tar(entries: Entries<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, data) in entries {
        let mut header = [0; 512];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[100..107].copy_from_slice(b"0000644");
        header[124..135].copy_from_slice(format!("{:011o}", data.len()).as_bytes());
        header[156] = b'0';
        header[257..265].copy_from_slice(b"ustar\x0000");
        header[148..156].fill(b' ');
        let sum: u32 = header.iter().map(|&b| u32::from(b)).sum();
        header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        out.extend_from_slice(&header);
        out.extend_from_slice(data);
        out.resize(out.len().next_multiple_of(512), 0);
    }
    out.resize(out.len() + 1024, 0);
    out
}

/// The lower layer brings a file with a token, and the upper one deletes it.
fn layers() -> [Vec<u8>; 2] {
    let secret = format!("# settings\n{}\n", token_line());
    let noise = vec![0x7F; 100_000];
    [
        tar(&[("app/config.env", secret.as_bytes()), ("bin/x", &noise)]),
        tar(&[("app/.wh.config.env", b"")]),
    ]
}

fn config() -> String {
    format!(
        r#"{{"architecture":"amd64","config":{{"Env":["A=b"],"Labels":{{"maintainer":"x"}}}},
        "rootfs":{{"type":"layers","diff_ids":["sha256:{}","sha256:{}"]}},
        "history":[{{"created_by":"COPY config.env /app/"}},{{"created_by":"RUN rm /app/config.env"}}]}}"#,
        "1".repeat(64),
        "2".repeat(64)
    )
}

fn blob(sign: &str) -> String {
    format!("blobs/sha256/{}", sign.repeat(64))
}

/// As `docker save` writes it since version 25: an OCI layout with a manifest of its own.
fn saved() -> Vec<u8> {
    let [lower, upper] = layers();
    let manifest = format!(
        r#"[{{"Config":"{}","RepoTags":["app:1"],"Layers":["{}","{}"]}}]"#,
        blob("c"),
        blob("1"),
        blob("2")
    );
    tar(&[
        (&blob("1"), &lower),
        (&blob("2"), &upper),
        (&blob("c"), config().as_bytes()),
        ("manifest.json", manifest.as_bytes()),
        ("oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#),
    ])
}

/// As it did before: a folder for each layer.
fn saved_long_ago() -> Vec<u8> {
    let [lower, upper] = layers();
    let (one, two) = ("1".repeat(64), "2".repeat(64));
    let name = format!("{}.json", "c".repeat(64));
    let manifest = format!(
        r#"[{{"Config":"{name}","RepoTags":["app:1"],"Layers":["{one}/layer.tar","{two}/layer.tar"]}}]"#
    );
    tar(&[
        (&format!("{one}/VERSION"), b"1.0"),
        (&format!("{one}/json"), br#"{"id":"x"}"#),
        (&format!("{one}/layer.tar"), &lower),
        (&format!("{two}/VERSION"), b"1.0"),
        (&format!("{two}/layer.tar"), &upper),
        (&name, config().as_bytes()),
        ("manifest.json", manifest.as_bytes()),
        ("repositories", br#"{"app":{"1":"x"}}"#),
    ])
}

/// An OCI layout in a tar, without what `docker` adds.
fn layout() -> Vec<u8> {
    let [lower, upper] = layers();
    let digest = |sign: &str| format!(r#"{{"digest":"sha256:{}"}}"#, sign.repeat(64));
    let index = format!(r#"{{"schemaVersion":2,"manifests":[{}]}}"#, digest("d"));
    let manifest = format!(
        r#"{{"schemaVersion":2,"config":{},"layers":[{},{}]}}"#,
        digest("c"),
        digest("1"),
        digest("2")
    );
    tar(&[
        ("oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#),
        ("index.json", index.as_bytes()),
        (&blob("1"), &lower),
        (&blob("2"), &upper),
        (&blob("c"), config().as_bytes()),
        (&blob("d"), manifest.as_bytes()),
    ])
}

fn piped(sandbox: &Sandbox, input: Vec<u8>, args: &[&str]) -> Ran {
    let mut child = sandbox
        .command(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("it is piped");
    // The program may have seen enough before all is written.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let ran = ran(child);
    writer.join().expect("it ends");
    ran
}

fn put(sandbox: &Sandbox, name: &str, bytes: &[u8]) {
    std::fs::write(sandbox.path().join(name), bytes).expect("room");
}

#[test]
fn an_image_comes_through_a_pipe() {
    for (image, digest) in [(saved(), "1"), (layout(), "1"), (saved_long_ago(), "1")] {
        let sandbox = Sandbox::new();
        let path = format!("-!layer 1 (sha256:{})!app/config.env", digest.repeat(12));
        let text = piped(&sandbox, image.clone(), &["scan", "-"]).ends(1);
        assert!(text.stdout.contains(&format!("{path}:2")), "{text:#?}");
        assert!(!text.stdout.contains(&token()), "{text:#?}");
        let json = piped(&sandbox, image, &["scan", "-", "--format", "json"])
            .ends(1)
            .json();
        let findings = json["findings"].as_array().expect("a list");
        assert_eq!(findings.len(), 1, "{json:#}");
        let occurrence = &findings[0]["occurrences"][0];
        assert_eq!(occurrence["path"], path.as_str(), "{occurrence:#}");
        let layer = &occurrence["layer"];
        assert_eq!(layer["number"], 1, "{occurrence:#}");
        assert_eq!(
            layer["created_by"], "COPY config.env /app/",
            "{occurrence:#}"
        );
        assert_eq!(layer["deleted_by"], 2, "{occurrence:#}");
        assert_eq!(sandbox.names(), [""; 0], "nothing is written");
    }
}

#[test]
fn an_image_is_judged_before_its_release() {
    let sandbox = Sandbox::new();
    put(&sandbox, "image.tar", &saved());
    sandbox.file(
        "sbom.json",
        r#"{"bomFormat":"CycloneDX","specVersion":"1.5"}"#,
    );
    let args = [
        "gate",
        "--stage",
        "release",
        "image.tar",
        "--evidence",
        "sbom.json",
    ];
    let text = sandbox.run(&args).ends(20);
    let place = format!(
        "image.tar!layer 1 (sha256:{})!app/config.env:2",
        "1".repeat(12)
    );
    assert!(text.stdout.contains(&place), "{text:#?}");
    let json = sandbox
        .run(&[&args[..], &["--format", "json"]].concat())
        .ends(20);
    let decision = json.json();
    assert_eq!(decision["decision"], "block", "{decision:#}");
    let inputs = decision["evidence"]["inputs"].as_array().expect("a list");
    let sbom = inputs.iter().find(|input| input["name"] == "sbom.json");
    let digest = sbom.and_then(|s| s["digest"].as_str()).unwrap_or_default();
    assert_eq!(digest.len(), 64, "{decision:#}");

    let clean = tar(&[("app/readme.txt", b"nothing to see\n")]);
    put(&sandbox, "clean.tar", &clean);
    sandbox
        .run(&["gate", "--stage", "release", "clean.tar"])
        .ends(0);
}

#[test]
fn a_part_that_could_not_be_read_is_no_allow() {
    let sandbox = Sandbox::new();
    let whole = tar(&[("a.txt", b"nothing\n"), ("b.txt", &[b'x'; 9000])]);
    put(&sandbox, "cut.tar", &whole[..whole.len() - 6000]);
    put(&sandbox, "locked.enc", b"Salted__0123456789");
    for (name, reason) in [("cut.tar", "damaged"), ("locked.enc", "encrypted")] {
        let scanned = sandbox.run(&["scan", name]).ends(3);
        let all = format!("{}{}", scanned.stdout, scanned.stderr);
        assert!(all.contains(reason), "{all}");
        let judged = sandbox.run(&["gate", "--stage", "release", name]);
        assert!(matches!(judged.code, Some(10 | 20)), "{judged:#?}");
        assert!(judged.stdout.contains(reason), "{judged:#?}");
    }
}

#[test]
fn names_in_archives_do_nothing_to_terminals() {
    let sandbox = Sandbox::new();
    let name = "\u{1b}[2J\u{1b}[31mx\r\n::error::y\u{202e}.env";
    let text = format!("{}\n", token_line());
    put(&sandbox, "a.tar", &tar(&[(name, text.as_bytes())]));
    for format in ["text", "json", "jsonl", "sarif"] {
        let ran = sandbox.run(&["scan", "a.tar", "--format", format]).ends(1);
        let is_harmless = |c: char| c == '\n' || !(c.is_control() || c == '\u{202e}');
        assert!(ran.stdout.chars().all(is_harmless), "{format}: {ran:#?}");
        assert!(!ran.stdout.contains("\n::error::y"), "{format}: {ran:#?}");
    }
    for format in ["text", "github", "junit", "markdown", "gitlab"] {
        let args = ["gate", "--stage", "release", "a.tar", "--format", format];
        let ran = sandbox.run(&args).ends(20);
        let is_harmless = |c: char| c == '\n' || !(c.is_control() || c == '\u{202e}');
        assert!(ran.stdout.chars().all(is_harmless), "{format}: {ran:#?}");
        assert!(!ran.stdout.contains("\n::error::y"), "{format}: {ran:#?}");
    }
}

/// Runs with no more address space than this, in KiB; asking for more ends the program.
#[cfg(target_os = "linux")]
fn run_within(sandbox: &Sandbox, kib: u32, args: &[&str]) -> Ran {
    let script = format!("ulimit -v {kib} && exec \"$0\" \"$@\"");
    let child = std::process::Command::new("sh")
        .args(["-c", &script])
        .arg(crate::support::binary())
        .args(args)
        .env_clear()
        .env("MALLOC_ARENA_MAX", "1")
        .current_dir(sandbox.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a shell");
    ran(child)
}

#[cfg(target_os = "linux")]
#[test]
fn what_asks_for_memory_does_not_get_it() {
    let sandbox = Sandbox::new();
    let long_name = {
        // 8 GB of a name, as far as the header is believed.
        let mut bytes = tar(&[("././@LongLink", b"")])[..512].to_vec();
        bytes[156] = b'L';
        bytes[124..136].copy_from_slice(b"77777777777\0");
        bytes[148..156].fill(b' ');
        let sum: u32 = bytes.iter().map(|&b| u32::from(b)).sum();
        bytes[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        bytes.resize(64 << 20, b'n');
        bytes
    };
    let deep_json = [br#"{"cells":[{"cell_type":"#.to_vec(), vec![b'['; 10 << 20]].concat();
    let wide_json = {
        let zeros = b"0,".repeat(5 << 20);
        [
            &br#"{"version":3,"sources":[],"sourcesContent":["#[..],
            &zeros,
            b"0]}",
        ]
        .concat()
    };
    let many_cells = {
        let cells = br#"[],"#.repeat(3 << 20);
        [&br#"{"cells":[{"cell_type":"code"},"#[..], &cells, b"1]}"].concat()
    };
    let zstd = [&[0x28, 0xB5, 0x2F, 0xFD, 0x00, 0xF0][..], &[0; 99]].concat();
    let lzma = [
        &[
            0x5D, 0, 0, 0, 0x80, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0,
        ][..],
        &[0; 99],
    ]
    .concat();
    let pack = [
        &b"PACK\0\0\0\x02\xFF\xFF\xFF\xFF"[..],
        &[0xBF; 9],
        &[0x78, 0x9C, 3, 0, 0, 0, 0, 1],
    ]
    .concat();
    for (name, bytes, code) in [
        ("name.tar", long_name, 3),
        ("deep.ipynb", deep_json, 0),
        ("wide.map", wide_json, 0),
        ("cells.ipynb", many_cells, 0),
        ("x.zst", zstd, 3),
        ("x.lzma", lzma, 3),
        ("x.pack", pack, 3),
    ] {
        put(&sandbox, name, &bytes);
        // The program, its threads and its rules take some 250 MB of addresses.
        let ran = run_within(&sandbox, 700 << 10, &["scan", "--threads", "2", name]);
        assert_eq!(ran.code, Some(code), "{name}: {ran:#?}");
    }
}

#[cfg(unix)]
#[test]
fn a_file_of_holes_is_left_out_by_name() {
    let sandbox = Sandbox::new();
    let file = std::fs::File::create(sandbox.path().join("disk.img")).expect("room");
    file.set_len(10 << 30).expect("a file with a hole");
    drop(file);
    let ran = sandbox.run(&["scan", "disk.img"]).ends(3);
    assert!(
        format!("{}{}", ran.stdout, ran.stderr).contains("10737418240 bytes"),
        "{ran:#?}"
    );
}

#[test]
fn pictures_are_read_beside_their_pixels() {
    let sandbox = Sandbox::new();
    let chunk = |kind: &str, data: &str| {
        let length = u32::try_from(data.len()).expect("a short one");
        [
            &length.to_be_bytes()[..],
            kind.as_bytes(),
            data.as_bytes(),
            b"crc!",
        ]
        .concat()
    };
    let noise = format!("x\nx {} x", crate::support::token_of(1));
    let comment = format!("Comment\0x\n{} ", crate::support::token_of(2));
    let picture = [
        b"\x89PNG\r\n\x1a\n".to_vec(),
        chunk("IDAT", &noise),
        chunk("tEXt", &comment),
        chunk("IEND", ""),
        crate::support::token_of(3).into_bytes(),
    ]
    .concat();
    put(&sandbox, "a.png", &picture);
    let ran = sandbox.run(&["scan", "--format", "jsonl", "a.png"]).ends(1);
    let found: Vec<serde_json::Value> = ran
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line of JSON"))
        .filter(|line: &serde_json::Value| line["type"] == "finding")
        .collect();
    assert_eq!(found.len(), 2, "{ran:#?}");
    for (finding, seed, line) in [(&found[0], 2, 5), (&found[1], 3, 5)] {
        let occurrence = &finding["occurrences"][0];
        let token = crate::support::token_of(seed);
        let at = picture
            .windows(token.len())
            .position(|window| window == token.as_bytes());
        let start = occurrence["start_byte"].as_u64().map(|at| at as usize);
        assert_eq!(start, at, "{finding}");
        assert_eq!(occurrence["line"], line, "{finding}");
    }
}
