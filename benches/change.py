#!/usr/bin/env python3
"""Measures how long a check of a change takes, and prints a table.

    benches/change.py path/to/sluice [--repository REPO [--commits N]] [--runs N] [--write]

Two repositories are made by git: one of 10,000 tracked files of which one is changed and
staged, and one of 150,000 objects in one pack, of whose commits the last twenty are
scanned; --repository measures those of another one as well. Each answer is checked: the
change holds one value, and it must be found. --write puts the table into
benches/RESULTS.md, between its own marks.

What counts is the wall time of the whole process; the processor time stands beside it,
for a busy machine shows in the first and not in the second.
"""
import argparse
import os
import pathlib
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time

AIM_HOOK_MS = 25
AIM_RANGE_MS = 150
FILES = 10_000
OBJECTS = 150_000
COMMITS = 20
RESULTS = pathlib.Path(__file__).parent / "RESULTS.md"
MARKS = ("<!-- change -->\n", "<!-- /change -->\n")

# In two parts, so that this file does not hold what it looks for.
SECRET = 'smtp_password = "' + "Kq7!vR7x" + "T41zzQw2" + '"\n' # sluice:allow made up


def git(repo, *args, **options):
    env = dict(os.environ, GIT_CONFIG_GLOBAL=os.devnull, GIT_CONFIG_NOSYSTEM="1")
    words = ["git", "-c", "gc.auto=0", "-c", "maintenance.auto=false", "-c", "user.name=A", "-c", "user.email=a@example.invalid", *args]
    subprocess.run(words, cwd=repo, env=env, check=True, stdout=subprocess.DEVNULL, **options)


def text(lines, seed):
    numbers = random.Random(seed)
    return "".join(f"option_{n} = {numbers.randrange(10**9)}\n" for n in range(lines))


def many_files(repo):
    """10,000 files in 400 folders; one of them is changed and staged."""
    for number in range(FILES):
        folder = repo / f"part{number % 20}" / f"unit{number % 400}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"file{number}.py").write_text(text(20, number))
    git(repo, "init", "-q", ".")
    git(repo, "add", "-A")
    git(repo, "commit", "-qm", "start")
    git(repo, "gc", "-q")
    changed = repo / "part7" / "unit7" / "file407.py"
    changed.write_text(changed.read_text() + SECRET)
    git(repo, "add", "-A")


def many_objects(repo):
    """Commits that change a file in a folder in a folder: five objects each."""
    git(repo, "init", "-q", "--bare", ".")
    commits = OBJECTS // 5

    def stream():
        for number in range(commits):
            path = f"part{number % 20}/unit{number % 400}/file{number % 4000}.py"
            content = text(30, number % 4000) + f"last = {number}\n"
            if number == commits - COMMITS // 2:
                content += SECRET
            data = content.encode()
            yield f"commit refs/heads/main\ncommitter A <a@example.invalid> {1_600_000_000 + number * 60} +0000\n".encode()
            yield b"data 1\nx\n"
            yield f"M 100644 inline {path}\ndata {len(data)}\n".encode() + data + b"\n"

    git(repo, "fast-import", "--quiet", input=b"".join(stream()))
    git(repo, "symbolic-ref", "HEAD", "refs/heads/main")
    git(repo, "gc", "-q")


def measure(words, repo, runs, expected):
    """The median and least wall time and the median processor time, in milliseconds."""
    wall, cpu = [], []
    for number in range(runs + 2):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        started = time.perf_counter()
        ran = subprocess.run(words, cwd=repo, stdin=subprocess.DEVNULL, capture_output=True)
        took = time.perf_counter() - started
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if expected is not None and ran.returncode != expected:
            sys.exit(f"{words} ends with {ran.returncode} and not {expected}:\n{ran.stderr.decode()}")
        if number >= 2:  # The first ones warm the cache.
            wall.append(took * 1000)
            used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            cpu.append(used * 1000)
    return statistics.median(wall), min(wall), statistics.median(cpu)


def row(what, figures, aim):
    median, least, cpu = figures
    return f"| {what} | {median:.1f} | {least:.1f} | {cpu:.1f} | {aim} |"


def write(section):
    page = RESULTS.read_text()
    start, end = MARKS
    if start in page:
        page = page[: page.index(start)] + section + page[page.index(end) + len(end) :]
    else:
        page = page.rstrip() + "\n\n" + section
    RESULTS.write_text(page)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sluice", type=pathlib.Path)
    parser.add_argument("--repository", type=pathlib.Path)
    parser.add_argument("--commits", type=int, default=COMMITS, help="of --repository, first parents")
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    sluice = str(args.sluice.resolve())
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        files, objects = pathlib.Path(folder, "files"), pathlib.Path(folder, "objects")
        files.mkdir()
        many_files(files)
        hook = measure([sluice, "hook", "run", "pre-commit"], files, args.runs, 1)
        rows.append(row(f"`hook run pre-commit`, a secret in one of {FILES:,} files", hook, AIM_HOOK_MS))
        (files / "part7/unit7/file407.py").write_text(text(21, 0))
        git(files, "add", "-A")
        hook = measure([sluice, "hook", "run", "pre-commit"], files, args.runs, 0)
        rows.append(row(f"the same, nothing found", hook, AIM_HOOK_MS))
        objects.mkdir()
        many_objects(objects)
        span = f"HEAD~{COMMITS}..HEAD"
        found = measure([sluice, "scan", "--range", span], objects, args.runs, 1)
        rows.append(row(f"`scan --range` of {COMMITS} commits among {OBJECTS:,} objects", found, AIM_RANGE_MS))
    if args.repository:
        span = f"HEAD~{args.commits}..HEAD"
        count = subprocess.check_output(["git", "rev-list", "--count", span], cwd=args.repository, text=True)
        found = measure([sluice, "scan", "--range", span], args.repository, args.runs, None)
        what = f"`scan --range` of {count.strip()} commits of {args.repository.resolve().name}"
        rows.append(row(what, found, AIM_RANGE_MS))
    section = MARKS[0] + "\n".join(
        [
            "## Changes",
            "",
            f"Made by `benches/change.py`: whole processes, {args.runs} runs each, milliseconds.",
            "",
            "| what | median | least | processor | aim |",
            "|---|---:|---:|---:|---:|",
            *rows,
            "",
        ]
    ) + MARKS[1]
    if args.write:
        write(section)
    print(section)


if __name__ == "__main__":
    main()
