//! A pack whose deltas are made for objects that only another pack has. Git completes such
//! packs when it receives them, so this one is put into the folder by hand.

use std::fs;
use std::process::{Command, Stdio};

use flate2::{Decompress, FlushDecompress};

use crate::support::{Repo, clean, exposure, filler, line, scan};
use sluicegate_core::Exposure;

/// The offset of each entry of a pack with its type and, if it is a delta on a named base, the
/// id of that.
fn entries(pack: &[u8]) -> Vec<(usize, u8, String)> {
    let count = u32::from_be_bytes(pack[8..12].try_into().expect("four bytes"));
    let mut at = 12;
    let mut entries = Vec::new();
    for _ in 0..count {
        let (start, kind) = (at, pack[at] >> 4 & 7);
        while pack[at] & 0x80 != 0 {
            at += 1;
        }
        at += 1;
        let mut base = String::new();
        if kind == 7 {
            base = pack[at..at + 20]
                .iter()
                .map(|b| format!("{b:02x}"))
                .collect();
            at += 20;
        }
        let mut inflate = Decompress::new(true);
        inflate
            .decompress(&pack[at..], &mut vec![0; 1 << 20], FlushDecompress::Finish)
            .expect("compressed data");
        at += usize::try_from(inflate.total_in()).expect("small");
        entries.push((start, kind, base));
    }
    entries
}

/// The index of a pack (`gitformat-pack(5)`, version 2), without sums that nobody reads.
fn index(mut objects: Vec<(String, usize)>, pack: &[u8]) -> Vec<u8> {
    objects.sort();
    let mut index = b"\xFFtOc\0\0\0\x02".to_vec();
    let byte = |id: &str, at: usize| u8::from_str_radix(&id[at..at + 2], 16).expect("digits");
    for first in 0..=255u8 {
        let below = objects
            .iter()
            .filter(|(id, _)| byte(id, 0) <= first)
            .count();
        index.extend(u32::try_from(below).expect("few").to_be_bytes());
    }
    for (id, _) in &objects {
        index.extend((0..40).step_by(2).map(|at| byte(id, at)));
    }
    index.extend(vec![0; 4 * objects.len()]);
    for (_, offset) in &objects {
        index.extend(u32::try_from(*offset).expect("small").to_be_bytes());
    }
    index.extend(&pack[pack.len() - 20..]);
    index.extend([0; 20]);
    index
}

#[test]
fn a_delta_on_an_object_of_another_pack_is_read() {
    let repo = Repo::new(&[]);
    repo.commit("a.conf", &filler(200), "nothing");
    let base = repo.git(&["rev-parse", "HEAD"]);
    let old = repo.git(&["rev-parse", "HEAD:a.conf"]);
    let text = format!("{}{}{}", filler(200), line(1), filler(9));
    repo.commit("a.conf", &text, "bring it");
    let ids = ["HEAD", "HEAD^{tree}", "HEAD:a.conf"].map(|name| repo.git(&["rev-parse", name]));

    let script = format!("printf 'main\n^{base}\n' | git pack-objects --revs --thin --stdout -q");
    let output = Command::new("sh")
        .args(["-c", &script])
        .current_dir(repo.path())
        .stderr(Stdio::inherit())
        .output();
    let pack = output.expect("git runs").stdout;
    let of_kind = |(offset, kind, base): (usize, u8, String)| {
        let id = match kind {
            1 => &ids[0],
            2 => &ids[1],
            7 if base == old => &ids[2],
            _ => panic!("git packs it otherwise: {kind} on {base}"),
        };
        (id.clone(), offset)
    };
    let objects = entries(&pack).into_iter().map(of_kind).collect();

    let other = Repo::new(&[]);
    other.git(&["fetch", "-q", &repo.path().display().to_string(), &base]);
    other.git(&["update-ref", "refs/heads/main", &base]);
    other.git(&["repack", "-adq"]);
    let folder = other.path().join(".git/objects/pack");
    fs::write(folder.join("pack-thin.pack"), &pack).expect("room");
    fs::write(folder.join("pack-thin.idx"), index(objects, &pack)).expect("room");
    let report = scan(&other.path());
    clean(&report);
    assert_eq!(exposure(&report, 1), Exposure::Dangling);

    // Without its base it is told, and the rest is read.
    for entry in fs::read_dir(&folder).expect("packs") {
        let path = entry.expect("readable").path();
        if !path.to_string_lossy().contains("pack-thin") {
            fs::remove_file(path).expect("our own file");
        }
    }
    let report = scan(&other.path());
    let skipped = &report.coverage.skipped;
    assert!(
        skipped
            .iter()
            .any(|s| s.path.contains(&ids[2]) && s.detail.contains(&old)),
        "{skipped:?}"
    );
}
