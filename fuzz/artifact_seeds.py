#!/usr/bin/env python3
"""Writes a first corpus for the targets `artifact_*`, with what the machine has.

    fuzz/artifact_seeds.py CORPUS

Python's own library makes most of them; those of zstd, lz4, 7z, cpio, rpmbuild and git
are made if the program is there, and what is missing is said. The targets put the first
bytes right themselves, so a missing seed only costs time.
"""
import bz2
import gzip
import io
import json
import lzma
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
import zipfile
import zlib

TEXT = b"name = value\n" * 20


def tar():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name in ("a.txt", "long/" * 40 + "b.txt"):
            info = tarfile.TarInfo(name)
            info.size = len(TEXT)
            archive.addfile(info, io.BytesIO(TEXT))
    return out.getvalue()


def zipped():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
            archive.writestr(f"{method}.txt", TEXT, compress_type=method)
    return out.getvalue()


def run(args, folder, **more):
    """What the program prints; None if it is not there."""
    if not shutil.which(args[0]):
        return None
    return subprocess.run(args, cwd=folder, check=True, capture_output=True, **more).stdout


def of_programs(folder):
    (folder / "a.txt").write_bytes(TEXT)
    yield "zstd", run(["zstd", "-c", "a.txt"], folder)
    yield "lz4", run(["lz4", "-c", "a.txt"], folder)
    yield "cpio", run(["cpio", "-o", "-H", "newc"], folder, input=b"a.txt\n")
    made = run(["7z", "a", "x.7z", "a.txt"], folder)
    yield "seven", made and (folder / "x.7z").read_bytes()
    made = run(["ar", "rc", "x.a", "a.txt"], folder)
    yield "ar", made if made is None else (folder / "x.a").read_bytes()
    if run(["git", "init", "-q", "."], folder) is None:
        yield "git_pack", None
        return
    who = ["git", "-c", "user.name=A", "-c", "user.email=a@example.invalid"]
    for number in range(3):
        (folder / "a.txt").write_bytes(TEXT + b"%d" % number)
        run(["git", "add", "a.txt"], folder)
        run([*who, "commit", "-q", "-m", str(number)], folder)
    run(["git", "bundle", "create", "-q", "x.bundle", "--all"], folder)
    yield "git_bundle", (folder / "x.bundle").read_bytes()
    run(["git", "repack", "-q", "-a", "-d", "-f"], folder)
    yield "git_pack", next((folder / ".git/objects/pack").glob("*.pack")).read_bytes()


def database(folder):
    path = folder / "x.db"
    base = sqlite3.connect(path)
    base.execute("create table t (id integer primary key, name text)")
    base.executemany("insert into t (name) values (?)", [("x" * (n % 900),) for n in range(60)])
    base.commit()
    base.close()
    return path.read_bytes()


def main():
    corpus = pathlib.Path(sys.argv[1])
    stream = zlib.compress(b"BT (text) Tj ET")
    seeds = {
        "gzip": gzip.compress(TEXT), "zlib": zlib.compress(TEXT), "bzip2": bz2.compress(TEXT),
        "xz": lzma.compress(TEXT), "lzma": lzma.compress(TEXT, format=lzma.FORMAT_ALONE),
        "tar": tar(), "zip": zipped(),
        "pdf": b"%PDF-1.4\n1 0 obj << /Filter /FlateDecode >>\nstream\n" + stream + b"\nendstream",
        "source_map": b'["a"],"sourcesContent":["text"]}',
        "notebook": json.dumps("code").encode() + b',"source":["a"],"outputs":[{"text":["x"]}]}]}',
        "office": b"<w:p><w:t>a&amp;b</w:t></w:p></w:document>",
        "class": b"\xca\xfe\xba\xbe\0\0\0\x34\0\x03\x01\0\x02ab\x05" + bytes(8),
        "image": b'[{"Config":"c","Layers":["x"]}]\0{"manifests":[]}\0'
                 b'{"architecture":"x","rootfs":{}}\0layer',
        "git_folder": b"tree " + b"b" * 40 + b"\n\nmessage\x00100644 a",
    }
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        seeds["sqlite"] = database(folder)
        seeds.update(of_programs(folder))
    for name, seed in seeds.items():
        if not seed:
            print(f"no seed for artifact_{name}: the program that makes it is not here")
            continue
        target = corpus / f"artifact_{name}"
        target.mkdir(parents=True, exist_ok=True)
        (target / "seed").write_bytes(seed)


if __name__ == "__main__":
    main()
