#!/usr/bin/env python3
"""Measures `sluice scan --history` against git itself and against Kingfisher.

    benches/history.py REPO... [--sluice PATH] [--kingfisher PATH] [--rounds N]
                       [--threads N] [--write]
    benches/history.py --growth [--sluice PATH] [--rounds N] [--threads N] [--write]

For every repository, all in turn, round after round, so that a busy moment slows all of
them; what is compared is the median, and what counts are the ratios:

  git          `git cat-file --batch-all-objects --batch --unordered`, printed to nowhere
  first        `sluice scan --history --no-cache`, the whole report to a file
  second       the same with the cache of a run before, nothing new
  kingfisher   all of the history, no validation, once: it takes long

Wall and processor time, and peak memory. The repository is copied (hard links) to a
folder of its own, so that no cache of another run is met.

--growth makes a repository and another that is ten times as large, of ten times as many
parts that are alike, always the same bytes, and compares the time per object of a first
run over each. --write puts the table into
benches/RESULTS.md, between its own marks. Run it on a machine that has nothing else to
do, with a release build (`cargo build --release`).
"""

import argparse
import datetime
import os
import pathlib
import platform
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benches" / "RESULTS.md"
BEGIN, END = "<!-- history: begin -->", "<!-- history: end -->"
GROWTH_BEGIN, GROWTH_END = "<!-- history growth: begin -->", "<!-- history growth: end -->"

AIM_GIT = 0.4
AIM_KINGFISHER = 15.0
AIM_SECOND_MS = 50
AIM_MEMORY = 200
AIM_GROWTH = 0.2


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


def scan_of(place, scratch, options):
    report = os.path.join(scratch, "report.json")
    scan = [options.sluice, "scan", "--history", place, "--no-config", "--threads", str(options.threads)]
    return scan + ["--format", "json", "--output", report, "--quiet"]


def measure(repo, options):
    with tempfile.TemporaryDirectory(dir=options.scratch) as scratch:
        place = copy(repo, scratch)
        scan = scan_of(place, scratch, options)
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


WORDS = (
    "account address balance batch buffer cache channel client config count cursor customer database default "
    "delay device email entry error event field file filter folder format group handler header height image index "
    "input invoice item label layout length limit line list loader lock logger message method model module name "
    "network node number object offset option order output owner page parent password path payment pixel place "
    "policy position price process product queue reader record region report request response result retry role "
    "route row scale schema score screen secret server service session setting shape shop size source stage state "
    "status storage stream string style table target task template text theme thread ticket token topic total "
    "tree type update user value version view weight width window worker writer zone"
).split()

FILES, COMMITS = 40, 300


def line(rng):
    """A line of a program, as many of them about credentials as in programs."""
    a, b, c = rng.choice(WORDS), rng.choice(WORDS), rng.choice(WORDS)
    return rng.choice((
        f"    {a}_{b} = self.{c}.get({rng.randrange(1000)})",
        f"    if {a}.{b} is None: return {c}",
        f'    log.debug("{a} of {b}: %s", {c})',
        f"    # the {a} of the {b} is the {c} of all others",
        f'    {a} = os.environ["{b.upper()}_{c.upper()}"]',
        f"    return [{a}.{b}({c}) for {a} in self.{c}s]",
        f"def {a}_{b}(self, {c}):",
        "",
    ))


def part(rng, folder, mark, first_mark):
    """Commands for fast-import: a folder, and commits that change lines of two files each."""
    files = [[line(rng) for _ in range(rng.randrange(40, 400))] for _ in range(FILES)]
    for commit in range(COMMITS):
        # The folder comes with its first commit.
        changed = range(FILES) if commit == 0 else rng.sample(range(FILES), 2)
        message = f"change {rng.choice(WORDS)} of {rng.choice(WORDS)} in {folder}\n"
        author = f"A U Thor <author@users.invalid> {1_500_000_000 + 60 * mark} +0000"
        yield f"commit refs/heads/main\nmark :{mark}\nauthor {author}\ncommitter {author}\n"
        yield f"data {len(message)}\n{message}"
        if mark > first_mark:
            yield f"from :{mark - 1}\n"
        for number in changed:
            for _ in range(rng.randrange(1, 6)):
                at = rng.randrange(len(files[number]))
                rng.choice((files[number].insert, files[number].__setitem__))(at, line(rng))
            text = "\n".join(files[number]) + "\n"
            yield f"M 100644 inline {folder}/{number}.py\ndata {len(text)}\n{text}\n"
        mark += 1


def grow(place, parts):
    """Makes a repository of so many parts, packed as git packs."""
    subprocess.run(["git", "init", "--quiet", "--bare", place], check=True)
    rng = random.Random(parts)
    child = subprocess.Popen(["git", "-C", place, "fast-import", "--quiet"], stdin=subprocess.PIPE, text=True)
    for number in range(parts):
        child.stdin.writelines(part(rng, f"part-{number}", 1 + number * COMMITS, 1))
    child.stdin.close()
    if child.wait() != 0:
        raise SystemExit("fast-import failed")
    subprocess.run(["git", "-C", place, "repack", "-a", "-d", "-f", "--quiet"], check=True)


def growth(options):
    with tempfile.TemporaryDirectory(dir=options.scratch) as scratch:
        places = {}
        for name, parts in {"small": 10, "large": 100}.items():
            places[name] = os.path.join(scratch, name)
            grow(places[name], parts)
        counts = {name: objects(place)[0] for name, place in places.items()}
        runs = {name: [] for name in places}
        for turn in range(options.rounds + 1):
            for name, place in places.items():
                result = run(scan_of(place, scratch, options) + ["--no-cache"])
                if turn > 0:
                    runs[name].append(result)
    lines = [
        f"Measured {datetime.date.today()}, {options.threads} threads, medians of {options.rounds} rounds. Wall "
        "seconds (processor seconds), and microseconds per object of each.",
        "",
        "| objects | first run | per object | peak MB |",
        "|---|---|---|---|",
    ]
    per = {}
    for name, count in counts.items():
        wall, cpu, peak = median(runs[name])
        per[name] = (wall / count * 1e6, cpu / count * 1e6)
        lines.append(f"| {count:,} | {wall:.3f} ({cpu:.3f}) | {per[name][0]:.2f} ({per[name][1]:.2f}) | {peak:.0f} |")
    ratios = [large / small for small, large in zip(per["small"], per["large"])]
    kept = "kept" if max(ratios) <= 1 + AIM_GROWTH else "**missed**"
    lines += ["", f"Per object the larger takes {ratios[0]:.2f} times as long ({ratios[1]:.2f} of processor time): the "
              f"aim is at most {1 + AIM_GROWTH}, {kept}."]
    return "\n".join(lines) + "\n"


def write(text, begin, end, title):
    page = RESULTS.read_text()
    section = f"{begin}\n{text}{end}"
    if begin in page:
        before, rest = page.split(begin, 1)
        page = before + section + rest.split(end, 1)[1]
    else:
        page = page.rstrip() + f"\n\n## {title}\n\nMade by `benches/history.py`.\n\n{section}\n"
    RESULTS.write_text(page)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repos", nargs="*", metavar="REPO")
    parser.add_argument("--growth", action="store_true", help="made repositories instead, of which one is ten times as large")
    parser.add_argument("--sluice", default=str(ROOT / "target" / "release" / "sluice"))
    parser.add_argument("--kingfisher", help="left out if not given")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--scratch", help="a folder on the file system of the repositories")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    if options.growth == bool(options.repos):
        parser.error("name repositories, or give --growth")
    if options.growth:
        text = growth(options)
        print(text)
        if options.write:
            write(text, GROWTH_BEGIN, GROWTH_END, "Histories that grow")
        return
    rows = []
    for repo in options.repos:
        path = pathlib.Path(repo).resolve()
        name = path.parent.name if path.name in (".git", "repo") else path.name
        rows.append((name, objects(repo), measure(repo, options)))
        print(f"{name}: {rows[-1][2]}", file=sys.stderr)
    text = table(rows, options)
    print(text)
    if options.write:
        write(text, BEGIN, END, "Histories")


if __name__ == "__main__":
    main()
