#!/usr/bin/env python3
"""Measures what opening artifacts costs, and checks it against the tools that make them.

    benches/artifacts.py path/to/sluice tools       [--write]
    benches/artifacts.py path/to/sluice hostile     [--write]
    benches/artifacts.py path/to/sluice throughput  [--write]

tools: the same secrets in every format, each made by the program that people make it with;
all have to be found under the right path and on the right line. A program that is not here
is a row of its own, and the exit code is 1, as it is for anything else that is amiss.

hostile: bombs and lies at their full size, with time and memory.

throughput: an image of 1 GB of this machine's own files (see `image`), against decompressing
and hashing the same.

--write puts the table into benches/RESULTS.md, between its own marks.
"""
import binascii
import gzip
import hashlib
import io
import json
import os
import pathlib
import random
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile

MIB = 1 << 20
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def token():
    """A token with a right checksum, assembled here so that no file holds one."""
    body = "".join(random.Random(7).choices(DIGITS, k=30))
    check, digits = binascii.crc32(body.encode()), ""
    for _ in range(6):
        digits = DIGITS[check % 62] + digits
        check //= 62
    return "gh" + "p_" + body + digits


URI = "postgres" + "://app:" + "wX9-kQ2zLp7v" + "@db.corp.example/main"
PLANTED = f"# settings\nsmtp_password = \"{'Kq1' + '!vR7xT'}\"\n\nvalue = \"{token()}\"\n\nurl = \"{URI}\"\n"
LINES = [2, 4, 6]


def scan(program, target, stdin=None, limit=900):
    """The report, the seconds, the peak memory in MB and the exit code."""
    args = [program, "scan", "--no-config", "--threads", "2", "--no-progress", "--format", "json", target]
    with tempfile.TemporaryFile() as out:
        started = time.monotonic()
        child = subprocess.Popen(args, stdin=stdin, stdout=out, stderr=subprocess.PIPE)
        err = child.stderr.read()
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.monotonic() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        report = json.loads(out.read() or b"{}")
    if b"panicked" in err or child.returncode < 0:
        raise SystemExit(f"{target}: {err.decode()}")
    assert seconds < limit, f"{target}: {seconds} seconds"
    return report, seconds, usage.ru_maxrss / 1024, child.returncode


def places(report):
    return sorted({(o["path"], o["line"]) for f in report["findings"] for o in f["occurrences"]})


# --- tools

def shell(folder, command):
    subprocess.run(command, cwd=folder, shell=True, check=True, capture_output=True,
                   env={**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "LC_ALL": "C"})


def by_shell(command):
    def make(folder, out):
        shell(folder, command.replace("OUT", f"'{out}'"))
    return make


def by_zipfile(method):
    def make(folder, out):
        with zipfile.ZipFile(out, "w", method) as archive:
            archive.write(folder / "app/config.env", "app/config.env")
    return make


def by_tarfile(form):
    def make(folder, out):
        with tarfile.open(out, "w", format=form) as archive:
            archive.add(folder / "app/config.env", "app/config.env")
    return make


def deb(folder, out):
    (folder / "pkg/DEBIAN").mkdir(parents=True)
    (folder / "pkg/DEBIAN/control").write_text(
        "Package: x\nVersion: 1\nArchitecture: all\nMaintainer: A <a@example.invalid>\nDescription: x\n")
    shutil.copytree(folder / "app", folder / "pkg/app")
    shell(folder, f"dpkg-deb --root-owner-group -b pkg '{out}'")


def rpm(folder, out):
    spec = ("Name: x\nVersion: 1\nRelease: 1\nSummary: x\nLicense: x\nBuildArch: noarch\n%description\nx\n"
            f"%install\nmkdir -p %{{buildroot}}/app\ncp {folder}/app/config.env %{{buildroot}}/app/\n"
            "%files\n/app/config.env\n")
    (folder / "x.spec").write_text(spec)
    shell(folder, "rpmbuild -bb --define \"_topdir $PWD/rpm\" x.spec")
    shutil.copy(next((folder / "rpm").rglob("*.rpm")), out)


def database(_, out):
    base = sqlite3.connect(out)
    base.execute("create table config (id integer primary key, body text)")
    base.execute("insert into config (body) values (?)", (PLANTED,))
    base.commit()
    base.close()


def notebook(_, out):
    lines = PLANTED.splitlines(keepends=True)
    cells = [{"cell_type": "markdown", "metadata": {}, "source": ["# x\n"]},
             {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": 1, "source": lines}]
    out.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1))


def source_map(_, out):
    out.write_text(json.dumps({"version": 3, "sources": ["src/a.ts"], "sourcesContent": [PLANTED], "mappings": ""}))


COMMIT = ("git init -q . && git add app && git -c user.name=A -c user.email=a@example.invalid commit -qm x")
IN = "!app/config.env"
GIT = "!commit @!app/config.env"

# The format, the program that has to be here, what makes it, and the path inside.
TOOLS = [
    ("tar, GNU", "tar", by_shell("tar --format=gnu -cf OUT app"), IN),
    ("tar, pax", "tar", by_shell("tar --format=pax -cf OUT app"), IN),
    ("tar, ustar", "tar", by_shell("tar --format=ustar -cf OUT app"), IN),
    ("tar, Unix v7", "tar", by_shell("tar --format=v7 -cf OUT app"), IN),
    ("tar, sparse", "tar", by_shell("truncate -s 10G app/hole && tar -S --format=gnu -cf OUT app && rm app/hole"), IN),
    ("tar, sparse in pax", "tar", by_shell("truncate -s 10G app/hole && tar -S --format=pax -cf OUT app && rm app/hole"), IN),
    ("tar, Python ustar", "python3", by_tarfile(tarfile.USTAR_FORMAT), IN),
    ("tar, Python GNU", "python3", by_tarfile(tarfile.GNU_FORMAT), IN),
    ("tar, Python pax", "python3", by_tarfile(tarfile.PAX_FORMAT), IN),
    ("tar in gzip", "gzip", by_shell("tar -czf OUT app"), IN),
    ("tar in bzip2", "bzip2", by_shell("tar -cjf OUT app"), IN),
    ("tar in xz -9e", "xz", by_shell("tar -cf - app | xz -9e > OUT"), IN),
    ("tar in xz, several blocks", "xz", by_shell("tar -cf - app | xz --block-size=1024 > OUT"), IN),
    ("tar in lzma", "xz", by_shell("tar -cf - app | xz --format=lzma > OUT"), IN),
    ("tar in zstd", "zstd", by_shell("tar -cf - app | zstd -q > OUT"), IN),
    ("tar in zstd --ultra -22 --long=27", "zstd", by_shell("tar -cf - app | zstd -q --ultra -22 --long=27 > OUT"), IN),
    ("tar in lz4", "lz4", by_shell("tar -cf - app | lz4 -q > OUT"), IN),
    ("tar in lz4 -9, linked blocks", "lz4", by_shell("tar -cf - app | lz4 -q -9 -BD > OUT"), IN),
    ("zip, Info-ZIP", "zip", by_shell("rm -f OUT; zip -qr OUT app"), IN),
    ("zip, Info-ZIP, through a pipe", "zip", by_shell("zip -qr - app > OUT"), IN),
    ("zip, Python stored", "python3", by_zipfile(zipfile.ZIP_STORED), IN),
    ("zip, Python deflated", "python3", by_zipfile(zipfile.ZIP_DEFLATED), IN),
    ("zip, Python bzip2", "python3", by_zipfile(zipfile.ZIP_BZIP2), IN),
    ("zip, Python LZMA", "python3", by_zipfile(zipfile.ZIP_LZMA), IN),
    ("zip, 7z deflate64", "7z", by_shell("7z a -tzip -mm=Deflate64 OUT app"), IN),
    ("zip behind a script", "zip", by_shell("zip -qr x.zip app && (echo '#!/bin/sh'; cat x.zip) > OUT && rm x.zip"), IN),
    ("7z", "7z", by_shell("7z a -t7z OUT app"), IN),
    ("7z, PPMd", "7z", by_shell("7z a -t7z -m0=PPMd OUT app"), IN),
    ("7z, bzip2", "7z", by_shell("7z a -t7z -m0=BZip2 OUT app"), IN),
    ("7z, not solid, stored", "7z", by_shell("7z a -t7z -mx=0 -ms=off OUT app"), IN),
    ("cpio newc", "cpio", by_shell("find app | cpio -o -H newc > OUT"), IN),
    ("cpio crc", "cpio", by_shell("find app | cpio -o -H crc > OUT"), IN),
    ("cpio odc", "cpio", by_shell("find app | cpio -o -H odc > OUT"), IN),
    ("an initial file system", "cpio", by_shell(
        "(mkdir -p e && cd e && touch x && find . | cpio -o -H newc) > OUT; find app | cpio -o -H newc | gzip >> OUT"),
     "!(behind the end)!app/config.env"),
    ("ar", "ar", by_shell("ar rc OUT app/config.env"), "!config.env"),
    ("Debian package", "dpkg-deb", deb, "!data.tar.xz!app/config.env"),
    ("RPM package", "rpmbuild", rpm, "!payload!app/config.env"),
    ("git bundle", "git", by_shell(COMMIT + " && git bundle create -q OUT --all; rm -rf .git"), GIT),
    ("git pack", "git", by_shell(COMMIT + " && git gc -q && cp .git/objects/pack/*.pack OUT; rm -rf .git"), GIT),
    (".git in a tar", "git", by_shell(COMMIT + " && tar -cf OUT .git; rm -rf .git"), "!.git" + GIT),
    (".git in a zip, packed", "git", by_shell(COMMIT + " && git gc -q && zip -qr OUT .git; rm -rf .git"), "!.git" + GIT),
    ("SQLite", "python3", database, None),
    ("notebook", "python3", notebook, "!cell 2.py"),
    ("source map", "python3", source_map, "!src/a.ts"),
    ("gzip of one file", "gzip", by_shell("gzip -c app/config.env > OUT"), ""),
]

LOCKED = [
    ("7z with a password", "7z", by_shell("7z a -t7z -psecret OUT app")),
    ("7z with a password, names too", "7z", by_shell("7z a -t7z -psecret -mhe=on OUT app")),
    ("zip with a password", "zip", by_shell("zip -qr -P secret OUT app")),
    ("zip with AES", "7z", by_shell("7z a -tzip -mem=AES256 -psecret OUT app")),
    ("OpenSSL", "openssl", by_shell("openssl enc -aes-256-cbc -pbkdf2 -k secret -in app/config.env -out OUT")),
]


def version(program):
    if not shutil.which(program):
        return None
    for flag in ("--version", "-V", "version", ""):
        ran = subprocess.run([program, *flag.split()], capture_output=True, text=True, check=False)
        text = (ran.stdout or ran.stderr).strip()
        found = [line for line in text.splitlines() if any(c.isdigit() for c in line)]
        if found:
            return found[0].strip()[:44].replace("|", "/")
    return "?"


def tools(program):
    rows, failed = [], 0
    for name, needs, make, inner in TOOLS + [(n, p, m, "locked") for n, p, m in LOCKED]:
        has = version(needs)
        if has is None:
            rows.append((name, needs, "the program is not here"))
            failed += 1
            continue
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            (folder / "app").mkdir()
            (folder / "app/config.env").write_text(PLANTED)
            out = folder / "out.x"
            try:
                make(folder, out)
            except subprocess.CalledProcessError as why:
                rows.append((name, has, f"not made: {why.stderr.decode().strip()[-60:]}"))
                failed += 1
                continue
            report, _, _, code = scan(program, str(out))
            found = [(p.replace(str(out), ""), line) for p, line in places(report)]
            skipped = [s["reason"] for s in report["coverage"]["skipped"]]
        if inner == "locked":
            good = not found and code == 3 and skipped and set(skipped) == {"encrypted"}
            says = "encrypted, named, nothing found in its bytes"
        elif inner is None:
            good = len(report["findings"]) == 3 and not skipped
            says = "3 of 3"
        else:
            paths = ["!".join("commit @" if part.startswith("commit ") else part for part in p.split("!"))
                     for p, _ in found]
            good = [line for _, line in found] == LINES and set(paths) == {inner} and not skipped
            says = "3 of 3"
        if not good:
            failed += 1
            says = f"**wrong**: {found} {skipped}"
        rows.append((name, has, says))
    lines = ["| format | made by | found, with path and line |", "|---|---|---|"]
    lines += [f"| {n} | {h} | {s} |" for n, h, s in rows]
    note = ("Three secrets in a file `app/config.env`, packed by the program that people pack it with "
            "(`benches/artifacts.py tools`).")
    return "Formats, made by the real tools", note, lines, failed


# --- hostile

def gz_members(out, member, count):
    packed = gzip.compress(member, 9)
    with open(out, "wb") as file:
        for _ in range(count):
            file.write(packed)


def zeros_10gb(out):
    gz_members(out, bytes(64 * MIB), 160)


def million(out):
    with tarfile.open(out, "w", format=tarfile.USTAR_FORMAT) as archive:
        info = tarfile.TarInfo("some/folder/tiny")
        info.size = 1
        block = info.tobuf(tarfile.USTAR_FORMAT) + b"x".ljust(512, b"\0")
    with open(out, "wb") as file:
        for _ in range(1000):
            file.write(block * 1000)


def million_in_zip(out):
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(1_000_000):
            archive.writestr(f"{number:x}", b"x")


def overlapping(out):
    """A zip whose entries share one compressed block: 15 GB out of some 20 KB."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("z", bytes(16 * MIB))
    one = packed.getvalue()
    start, end = one.index(b"PK\x01\x02"), one.index(b"PK\x05\x06")
    entry, record = one[start:end], bytearray(one[end:])
    count = 1000
    record[8:10] = record[10:12] = count.to_bytes(2, "little")
    record[12:16] = (len(entry) * count).to_bytes(4, "little")
    out.write_bytes(one[:start] + entry * count + bytes(record))


def nested(depth):
    def make(out):
        data = b"x"
        for _ in range(depth):
            buffer = io.BytesIO()
            with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr("x.zip", data)
            data = buffer.getvalue()
        out.write_bytes(data)
    return make


def wide(out):
    """16 zips in each of 16 zips, five deep: a million files, 4 GB each."""
    data = gzip.compress(bytes(64 * MIB), 9)
    for _ in range(5):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(16):
                archive.writestr(f"{number}.zip", data)
        data = buffer.getvalue()
    out.write_bytes(data)


def long_name(out):
    info = tarfile.TarInfo("././@LongLink")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, 8 << 30
    gz = gzip.compress(info.tobuf(tarfile.GNU_FORMAT))
    name = gzip.compress(b"n" * (64 * MIB), 9)
    out.write_bytes(gz + name * 128)


def window(out):
    shell(out.parent, f"head -c 3000000000 /dev/zero | xz -T1 --lzma2=preset=0,dict=1536MiB > '{out}'")


def sparse(out):
    shell(out.parent, f"truncate -s 10G hole && tar -S -cf '{out}' hole && rm hole")


def disk_hole(out):
    with open(out, "wb") as file:
        file.truncate(10 << 30)


def database_cycle(out):
    database(None, out)
    data = bytearray(out.read_bytes())
    # The table's page becomes an inner one that leads to itself.
    at = 4096
    data[at] = 5
    data[at + 3:at + 5] = (0).to_bytes(2, "big")
    data[at + 8:at + 12] = (2).to_bytes(4, "big")
    out.write_bytes(bytes(data))


HOSTILE = [
    ("10 GB of zeros in gzip", zeros_10gb),
    ("a zip of 1,000 entries on one block, 16 GB", overlapping),
    ("200 zips in each other", nested(200)),
    ("16 zips in each of 16, five deep", wide),
    ("a tar of a million entries", million),
    ("a zip of a million entries", million_in_zip),
    ("a name of 8 GB in a tar", long_name),
    ("xz with a dictionary of 1.5 GB", window),
    ("10 GB of holes in a tar", sparse),
    ("a file of 10 GB of holes", disk_hole),
    ("a database whose pages lead to themselves", database_cycle),
]


def apart(make, out):
    """Makes it in a process of its own: a child starts with the peak memory of its parent."""
    child = os.fork()
    if child == 0:
        make(out)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert status == 0, f"{out} was not made"


def hostile(program):
    rows, failed = [], 0
    for name, make in HOSTILE:
        with tempfile.TemporaryDirectory() as folder:
            out = pathlib.Path(folder) / "input"
            apart(make, out)
            size = out.stat().st_size
            report, seconds, memory, code = scan(program, str(out))
        coverage = report["coverage"]
        skipped = sorted({s["reason"] for s in coverage["skipped"]})
        ok = memory < 300 and code == (3 if skipped else 0)
        failed += not ok
        rows.append(f"| {name} | {size / 1e6:.1f} | {seconds:.1f} | {memory:.0f} | {coverage['files']:,} "
                    f"| {code} | {', '.join(skipped) or 'none'}{'' if ok else ' **too much**'} |")
    lines = ["| input | its size, MB | seconds | peak memory, MB | files read | exit | coverage |",
             "|---|---:|---:|---:|---:|---:|---|", *rows]
    return "Hostile artifacts", "Made by `benches/artifacts.py hostile`; the aim is 300 MB.", lines, failed


# --- throughput

def image(folder, size):
    """An image of eight layers of this machine's own files, text and programs by turns."""
    wanted = size // 8
    candidates = []
    for root in ("/usr/lib", "/usr/share", "/usr/bin", "/usr/include"):
        for path, names, files in os.walk(root):
            names.sort()
            candidates += [os.path.join(path, name) for name in sorted(files)]
    random.Random(1).shuffle(candidates)
    candidates = iter(candidates)
    digests = []
    # Never whole on the disk: it goes right into both compressors.
    with open(folder / "image.tar.gz", "wb") as gz, open(folder / "image.tar.zst", "wb") as zst:
        children = [subprocess.Popen(["gzip", "-1"], stdin=subprocess.PIPE, stdout=gz),
                    subprocess.Popen(["zstd", "-q"], stdin=subprocess.PIPE, stdout=zst)]
        with tarfile.open(fileobj=Both([child.stdin for child in children]), mode="w|") as archive:
            for _ in range(8):
                name = folder / "layer.tar"
                fill(name, candidates, wanted)
                digests.append(hashlib.sha256(name.read_bytes()).hexdigest())
                archive.add(name, f"blobs/sha256/{digests[-1]}")
                name.unlink()
            config = {"architecture": "amd64", "config": {},
                      "rootfs": {"type": "layers", "diff_ids": [f"sha256:{d}" for d in digests]},
                      "history": [{"created_by": f"RUN step {n}"} for n in range(8)]}
            manifest = [{"Config": "c.json", "Layers": [f"blobs/sha256/{d}" for d in digests]}]
            for name, document in (("c.json", config), ("manifest.json", manifest)):
                data = json.dumps(document).encode()
                info = tarfile.TarInfo(name)
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
        for child in children:
            child.stdin.close()
            assert child.wait() == 0


def fill(name, candidates, wanted):
    """A layer of so many bytes of files, or a little more."""
    taken = 0
    with tarfile.open(name, "w") as layer:
        for path in candidates:
            try:
                if os.path.islink(path) or not os.path.isfile(path) or os.path.getsize(path) > 64 * MIB:
                    continue
                layer.add(path, path.lstrip("/"), recursive=False)
                taken += os.path.getsize(path)
            except OSError:
                continue
            if taken > wanted:
                break


class Both:
    """Writes to several files."""

    def __init__(self, files):
        self.files = files

    def write(self, data):
        for file in self.files:
            file.write(data)
        return len(data)


def throughput(program):
    rows, failed = [], 0
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as folder:
        folder = pathlib.Path(folder)
        apart(lambda out: image(out.parent, 1000 * MIB), folder / "image")
        for name, unpack in (("image.tar.gz", "gzip -dc"), ("image.tar.zst", "zstd -qdc")):
            target = folder / name
            own, other, memory, report = [], [], 0, None
            for _ in range(3):
                started = time.monotonic()
                shell(folder, f"{unpack} {name} | sha256sum")
                other.append(time.monotonic() - started)
                with open(target, "rb") as file:
                    report, seconds, peak, _ = scan(program, "-", stdin=file)
                own.append(seconds)
                memory = max(memory, peak)
            ratio = statistics.median(own) / statistics.median(other)
            failed += memory > 300 or ratio > 1.5
            rows.append(f"| {name} | {target.stat().st_size / 1e6:.0f} | {report['coverage']['files']:,} "
                        f"| {statistics.median(own):.2f} | {statistics.median(other):.2f} | {ratio:.2f} | {memory:.0f} |")
        size = int(subprocess.run("zstd -qdc image.tar.zst | wc -c", cwd=folder, shell=True, check=True,
                                  capture_output=True).stdout) / 1e6
    lines = ["| input | its size, MB | files | scan, s | unpack and hash, s | ratio | peak memory, MB |",
             "|---|---:|---:|---:|---:|---:|---:|", *rows]
    note = (f"An image of eight layers, {size:.0f} MB of this machine's programs, libraries and texts, through a pipe, "
            "two threads, medians of 3 interleaved runs, against unpacking the same and `sha256sum` "
            "(`benches/artifacts.py throughput`). The aims are 1.5 times and 300 MB.")
    return "Throughput of an image", note, lines, failed


def main():
    program, what = os.path.abspath(sys.argv[1]), sys.argv[2]
    title, note, lines, failed = {"tools": tools, "hostile": hostile, "throughput": throughput}[what](program)
    table = "\n".join(lines)
    print(table)
    if "--write" in sys.argv:
        results = pathlib.Path(__file__).with_name("RESULTS.md")
        text = results.read_text()
        start, end = f"<!-- artifacts {what} -->", f"<!-- /artifacts {what} -->"
        if start in text:
            text = text[:text.index(start)] + text[text.index(end) + len(end):].lstrip("\n")
        when = time.strftime("Measured on %Y-%m-%d.")
        text = f"{text.rstrip()}\n\n{start}\n## {title}\n\n{note} {when}\n\n{table}\n{end}\n"
        results.write_text(text)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
