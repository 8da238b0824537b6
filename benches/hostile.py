#!/usr/bin/env python3
"""Makes inputs that are meant to hurt a scanner, scans each, and prints a table.

    benches/hostile.py path/to/sluice [--write]

Every row says what the input is, how long the scan took, how much memory it needed, its
exit code and how many entries its coverage has. Nothing here may crash, hang, or
end with exit code 0 although something was not read. --write puts the table into
benches/RESULTS.md, between its own marks.
"""
import json
import os
import pathlib
import random
import resource
import socket
import subprocess
import sys
import tempfile
import threading
import time

MIB = 1 << 20


def repeat(path, block, size):
    with open(path, "wb") as out:
        block = block * max(1, MIB // len(block))
        written = 0
        while written < size:
            out.write(block)
            written += len(block)


def dense_line(path):
    """100 MB on one line, of the words that rules look for."""
    random.seed(1)
    words = ["key", "token=", '"', "abc", "://", "password", "AK" "IA", "gh" "p_", "ey" "J", ".", " ", "{", ","]
    with open(path, "w") as out:
        for _ in range(50):
            out.write("".join(random.choices(words, k=600_000)))


def nested(path):
    """Folders in folders, past the longest path that the system takes."""
    os.mkdir(path)
    here = os.getcwd()
    os.chdir(path)
    try:
        for _ in range(3000):
            os.mkdir("d")
            os.chdir("d")
    finally:
        os.chdir(here)


def odd_entries(path):
    """A loop of links, a broken link, a pipe, a socket, a name that is not UTF-8."""
    os.mkdir(path)
    os.symlink(path, f"{path}/loop")
    os.symlink("nowhere", f"{path}/broken")
    os.mkfifo(f"{path}/pipe")
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(f"{path}/sock")
    with open(os.fsencode(path) + b"/\xff\xfe.env", "w") as out:
        out.write("nothing=here\n")


def no_permission(path):
    os.mkdir(path)
    with open(f"{path}/closed", "w") as out:
        out.write("x")
    os.chmod(f"{path}/closed", 0)


def million(path):
    os.mkdir(path)
    for folder in range(100):
        os.mkdir(f"{path}/{folder}")
        for number in range(1000):
            with open(f"{path}/{folder}/{number}", "w"):
                pass


CASES = [
    ("1 GB of one letter", lambda p: repeat(p, b"a", 1000 * MIB)),
    ("1 GB of zeros", lambda p: repeat(p, b"\0", 1000 * MIB)),
    ("100 MB line of words that rules look for", dense_line),
    ("20 MB of one anchor", lambda p: repeat(p, b"AK" b"IA", 20 * MIB)),
    ("20 MB of headers of keys", lambda p: repeat(p, b"-----BEGIN " b"RSA PRIVATE KEY-----\n" + b"A" * 64, 20 * MIB)),
    ("20 MB of starts of URLs", lambda p: repeat(p, b"https://a:", 20 * MIB)),
    ("20 MB of opened quotes", lambda p: repeat(p, b"password='", 20 * MIB)),
    ("3,000 folders in each other", nested),
    ("links, pipe, socket, odd name", odd_entries),
    ("100,000 empty files", million),
    ("a file without permission", no_permission),
]


def scan(program, target, prepare=None):
    watcher = threading.Thread(target=prepare) if prepare else None
    started = time.monotonic()
    child = subprocess.Popen(
        [program, "scan", "--no-config", "--threads", "2", "--no-progress", "--format", "json", target],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if watcher:
        watcher.start()
    out, err = child.communicate(timeout=600)
    seconds = time.monotonic() - started
    if watcher:
        watcher.join()
    coverage = json.loads(out)["coverage"] if out else {}
    skipped = ", ".join(sorted({s["reason"] for s in coverage.get("skipped", [])})) or "none"
    if b"panicked" in err:
        raise SystemExit(f"{target}: panicked")
    return seconds, child.returncode, skipped


def peak_mb():
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def main():
    program = os.path.abspath(sys.argv[1])
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name, make in CASES:
            target = f"{folder}/input"
            make(target)
            seconds, code, skipped = scan(program, target)
            rows.append((name, seconds, peak_mb(), code, skipped))
            subprocess.run(["chmod", "-R", "u+rwX", target], check=False, capture_output=True)
            subprocess.run(["rm", "-rf", target], check=True)
        target = f"{folder}/shrinks"
        repeat(target, b"shrinking text\n", 1000 * MIB)

        def shrink():
            time.sleep(0.15)
            os.truncate(target, 10)
        seconds, code, skipped = scan(program, target, shrink)
        rows.append(("1 GB file that shrinks while it is read", seconds, peak_mb(), code, skipped))
    lines = ["| input | seconds | peak MB so far | exit | coverage |", "|---|---:|---:|---:|---|"]
    lines += [f"| {n} | {s:.2f} | {m:.0f} | {c} | {k} |" for n, s, m, c, k in rows]
    table = "\n".join(lines)
    print(table)
    if "--write" in sys.argv:
        results = pathlib.Path(__file__).with_name("RESULTS.md")
        text = results.read_text() if results.exists() else "# Results\n"
        start, end = "<!-- hostile -->", "<!-- /hostile -->"
        if start in text:
            text = text[:text.index(start)] + text[text.index(end) + len(end):].lstrip("\n")
        note = "Made by `benches/hostile.py`. As root no permission is ever denied."
        text = text.rstrip() + f"\n\n{start}\n## Hostile inputs\n\n{note}\n\n{table}\n{end}\n"
        results.write_text(text)


if __name__ == "__main__":
    main()
