#!/usr/bin/env python3
"""Measures `sluice scan --history` against git itself and against Kingfisher.

    benches/history.py REPO... [--sluice PATH] [--kingfisher PATH] [--rounds N]
                       [--threads N] [--write]

For every repository, all in turn, round after round, so that a busy moment slows all of
them; what is compared is the median, and what counts are the ratios:

  git          `git cat-file --batch-all-objects --batch --unordered`, printed to nowhere
  first        `sluice scan --history --no-cache`, the whole report to a file
  second       the same with the cache of a run before, nothing new
  kingfisher   all of the history, no validation, once: it takes long

Wall and processor time, and peak memory. The repository is copied (hard links) to a
folder of its own, so that no cache of another run is met. --write puts the table into
benches/RESULTS.md, between its own marks. Run it on a machine that has nothing else to
do, with a release build (`cargo build --release`).
"""

import argparse
import datetime
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benches" / "RESULTS.md"
BEGIN, END = "<!-- history: begin -->", "<!-- history: end -->"

AIM_GIT = 0.4
AIM_KINGFISHER = 15.0
AIM_SECOND_MS = 50
AIM_MEMORY = 200


def run(command, codes=(0, 1, 3)):
    """Wall seconds, processor seconds and peak megabytes of a command."""
    with open(os.devnull, "wb") as nowhere:
        started = time.perf_counter()
        child = subprocess.Popen(command, stdout=nowhere, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - started
    code = os.waitstatus_to_exitcode(status)
    child.returncode = code
    if code not in codes:
        raise SystemExit(f"{command[0]} ended with {code}: {' '.join(map(str, command))}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def git(repo, *words):
    return subprocess.run(["git", "-C", repo, *words], check=True, capture_output=True, text=True).stdout


def copy(repo, into):
    """The git folder of the repository, linked where that can be done."""
    source = pathlib.Path(git(repo, "rev-parse", "--absolute-git-dir").strip())
    target = pathlib.Path(into) / "copy.git"

    def link(a, b):
        try:
            os.link(a, b)
        except OSError:
            shutil.copy2(a, b)

    shutil.copytree(source, target, copy_function=link, ignore=shutil.ignore_patterns("sluicegate"))
    return str(target)


def median(runs):
    return [statistics.median(column) for column in zip(*runs)]


def measure(repo, options):
    with tempfile.TemporaryDirectory(dir=options.scratch) as scratch:
        place = copy(repo, scratch)
        report = os.path.join(scratch, "report.json")
        scan = [options.sluice, "scan", "--history", place, "--no-config", "--threads", str(options.threads)]
        scan += ["--format", "json", "--output", report, "--quiet"]
        cat = ["git", "-C", place, "cat-file", "--batch-all-objects", "--batch", "--unordered"]
        commands = {"git": cat, "first": scan + ["--no-cache"], "second": scan}
        run(cat)
        run(scan)
        runs = {name: [] for name in commands}
        for _ in range(options.rounds):
            for name, command in commands.items():
                runs[name].append(run(command))
        result = {name: median(own) for name, own in runs.items()}
        if options.kingfisher:
            out = os.path.join(scratch, "kingfisher.jsonl")
            command = [options.kingfisher, "scan", "--no-validate", "--no-update-check", "--git-history", "full"]
            command += ["--jobs", str(options.threads), "--quiet", "--format", "jsonl", "--output", out, place]
            result["kingfisher"] = run(command, codes=(0, 200, 205))
    return result


def objects(repo):
    words = dict(line.split(": ") for line in git(repo, "count-objects", "-v").splitlines())
    count = int(words["count"]) + int(words["in-pack"])
    return count, (int(words["size"]) + int(words["size-pack"])) / 1000


def table(rows, options):
    lines = [
        f"Measured {datetime.date.today()} on {platform.machine()}, {os.cpu_count()} processors, "
        f"{options.threads} threads, medians of {options.rounds} rounds. Wall seconds (processor "
        "seconds). The last columns are ratios of wall times; aims: at most "
        f"{AIM_GIT} of git, {AIM_KINGFISHER:.0f} times Kingfisher, a second run in {AIM_SECOND_MS} ms, "
        f"{AIM_MEMORY} MB on 160,000 objects.",
        "",
        "| repository | objects | packs, MB | git cat-file | first run | peak MB | second run, ms | kingfisher | of git | of git, processor | times kingfisher |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name, (count, size), result in rows:
        both = lambda r: f"{r[0]:.2f} ({r[1]:.2f})"
        own, other, second = result["first"], result["git"], result["second"]
        king = result.get("kingfisher")
        lines.append(
            f"| {name} | {count:,} | {size:.0f} | {both(other)} | {both(own)} | {own[2]:.0f} | "
            f"{second[0] * 1000:.0f} | {both(king) if king else '-'} | {own[0] / other[0]:.2f} | "
            f"{own[1] / other[1]:.2f} | {f'{king[0] / own[0]:.1f}' if king else '-'} |"
        )
    per = [(count, result["first"][1] / count * 1e6) for _, (count, _), result in rows]
    if len(per) > 1:
        lines += ["", "Processor time per object, µs: " + ", ".join(f"{t:.1f} of {c:,}" for c, t in sorted(per)) + "."]
    return "\n".join(lines) + "\n"


def write(text):
    page = RESULTS.read_text()
    section = f"{BEGIN}\n{text}{END}"
    if BEGIN in page:
        before, rest = page.split(BEGIN, 1)
        page = before + section + rest.split(END, 1)[1]
    else:
        page = page.rstrip() + f"\n\n## Histories\n\nMade by `benches/history.py`.\n\n{section}\n"
    RESULTS.write_text(page)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repos", nargs="+", metavar="REPO")
    parser.add_argument("--sluice", default=str(ROOT / "target" / "release" / "sluice"))
    parser.add_argument("--kingfisher", help="left out if not given")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--scratch", help="a folder on the file system of the repositories")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    rows = []
    for repo in options.repos:
        path = pathlib.Path(repo).resolve()
        name = path.parent.name if path.name in (".git", "repo") else path.name
        rows.append((name, objects(repo), measure(repo, options)))
        print(f"{name}: {rows[-1][2]}", file=sys.stderr)
    text = table(rows, options)
    print(text)
    if options.write:
        write(text)


if __name__ == "__main__":
    main()
