#!/usr/bin/env python3
"""Measures sluice against other programs, and writes what it measured as Markdown.

    benches/compare.py TREE... [--name NAME]...    whole processes on trees of files
    benches/compare.py --startup                   one file of one line
    benches/compare.py --engine                    the criterion benches
    benches/compare.py --scaling                   150 against 1,500 rules
    benches/compare.py --reading [--megabytes N]   a large file in pieces, and mapped

The modes can be combined. With --write the sections go to benches/RESULTS.md, in the
place of those with the same heading; otherwise they are printed.

Trees must have no `.git`: some programs read it and some do not. `git archive` makes
such a tree. All programs run in turn, round after round, so that a busy moment slows
all of them; what is compared is the median, and what counts are the ratios. Nothing
here needs more than Python's own library. Other programs are looked for on the PATH,
or given with --tool NAME=PATH; those that are not there are left out.
"""

import argparse
import datetime
import glob
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
RESULTS = os.path.join(ROOT, "benches", "RESULTS.md")
# Two halves, so that this file does not hold it either.
ABSENT = "zqxjk" + "vwpfz"

AIM_RG = 2.5
AIM_KINGFISHER = 8.0
AIM_MEMORY = 100
AIM_INSTRUCTIONS = 40_000_000
AIM_STARTUP_MS = 15


def commands(threads):
    """For each program the words before the path and those behind it."""
    n = str(threads)
    return {
        "sluice": (["scan", "--no-config", "--no-ignore", "--threads", n], []),
        "rg": (["-uuu", "-c", "--threads", n, ABSENT], []),
        "kingfisher": (
            ["scan"],
            ["--no-validate", "--no-update-check", "--git-history", "none", "--jobs", n, "--quiet"],
        ),
        "ripsecrets": ([], []),
        "gitleaks": (["dir", "--no-banner", "--exit-code", "0"], []),
        "betterleaks": (["dir", "--no-banner", "--exit-code", "0"], []),
    }


def find_programs(args):
    given = dict(word.split("=", 1) for word in args.tool)
    given.setdefault("sluice", os.path.join(ROOT, "target", "release", "sluice"))
    found = {}
    for name in commands(args.threads):
        path = native(given.get(name) or shutil.which(name))
        if path and os.access(path, os.X_OK):
            found[name] = os.path.abspath(path)
        elif name in given:
            sys.exit(f"{name} is not there: build it with `cargo build --release`"
                     if name == "sluice" else f"{given[name]} cannot be run")
    return found


def native(path):
    """Kingfisher's Python package wraps a program; starting Python is not its time."""
    if path and os.path.basename(path) == "kingfisher":
        pattern = os.path.join(os.path.dirname(path), "..", "lib", "python*", "site-packages",
                               "kingfisher", "bin", "kingfisher")
        return next(iter(glob.glob(pattern)), path)
    return path


def version(path):
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
    line = (said.stdout or said.stderr).strip().splitlines()
    match = re.search(r"\d+\.\d+[\w.+-]*", line[0] if line else "")
    return match.group() if match else "unknown version"


def run(command, cwd=None):
    """Wall seconds, processor seconds, peak memory in MB and exit code."""
    env = dict(os.environ, NO_COLOR="1")
    started = time.perf_counter()
    with open(os.devnull, "r+b") as null:
        child = subprocess.Popen(command, stdin=null, stdout=null, stderr=null, cwd=cwd, env=env)
        _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - started
    child.returncode = os.waitstatus_to_exitcode(status)
    # Linux counts in units of 1024 bytes, macOS in bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    memory = usage.ru_maxrss * unit / 1e6
    return wall, usage.ru_utime + usage.ru_stime, memory, child.returncode


def measure(programs, make_command, rounds):
    """For each program the median of each figure, and the least and greatest wall time."""
    samples = {name: [] for name in programs}
    for number in range(rounds + 1):
        for name in programs:
            # Whoever runs behind a long one finds cold caches and a tired processor: each
            # runs once for itself before it is measured.
            run(make_command(name))
            sample = run(make_command(name))
            if name == "sluice" and sample[3] not in (0, 1, 3):
                sys.exit(f"sluice failed with {sample[3]}: {' '.join(make_command(name))}")
            # The first round warms the cache.
            if number:
                samples[name].append(sample)
    figures = {}
    for name, all_of_it in samples.items():
        wall, cpu, memory, _ = zip(*all_of_it)
        figures[name] = {
            "wall": statistics.median(wall), "least": min(wall), "most": max(wall),
            "cpu": statistics.median(cpu), "memory": max(memory),
        }
    return figures


def machine():
    model = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            models = re.findall(r"^model name\s*:\s*(.+)$", file.read(), re.M)
        model = models[0] if models else model
    except OSError:
        pass
    return f"{model}, {os.cpu_count()} cores, {platform.system()}"


def today():
    return datetime.datetime.now(datetime.timezone.utc).date().isoformat()


def head(what):
    return f"{what} Measured on {today()}: {machine()}.\n"


def size_of(tree):
    files = total = 0
    for folder, folders, names in os.walk(tree):
        if ".git" in folders or ".git" in names:
            sys.exit(f"{tree} has a .git: give a tree without one, as `git archive` makes it")
        for name in names:
            path = os.path.join(folder, name)
            if os.path.isfile(path) and not os.path.islink(path):
                files += 1
                total += os.path.getsize(path)
    return files, total / 1e6


def aim(what, value, limit, at_most=True):
    kept = value <= limit if at_most else value >= limit
    return f"- {what}: {value:.2f}, the aim is {limit:g}: {'kept' if kept else '**missed**'}"


def tree_section(tree, name, programs, args):
    files, megabytes = size_of(tree)
    words = commands(args.threads)

    def command(program):
        before, behind = words[program]
        return [programs[program], *before, tree, *behind]

    figures = measure(programs, command, args.runs)
    # What a child was before it became another program counts as well: this one.
    floor = run([shutil.which("true")])[2] * 1.02
    ours = figures["sluice"]
    rg = figures.get("rg")
    lines = [head(f"{files:,} files, {megabytes:.1f} MB; {args.threads} threads, warm cache, "
                  f"median of {args.runs} interleaved runs, each behind one that does not count."),
             "| program | wall, s | least to most | times rg | times sluice | processor, s | peak memory, MB |",
             "|---|---|---|---|---|---|---|"]
    for program, it in figures.items():
        by_rg = f"{it['wall'] / rg['wall']:.2f}" if rg else ""
        memory = f"{it['memory']:.0f}" if it["memory"] > floor else f"at most {floor:.0f}"
        lines.append(
            f"| {program} {version(programs[program])} | {it['wall']:.3f} "
            f"| {it['least']:.3f} to {it['most']:.3f} | {by_rg} | {it['wall'] / ours['wall']:.2f} "
            f"| {it['cpu']:.3f} | {memory} |")
    lines.append("")
    if rg:
        lines.append(aim("times rg", ours["wall"] / rg["wall"], AIM_RG))
    if "kingfisher" in figures:
        times = figures["kingfisher"]["wall"] / ours["wall"]
        lines.append(aim("times faster than Kingfisher", times, AIM_KINGFISHER, at_most=False))
    lines.append(aim("peak memory, MB", ours["memory"], AIM_MEMORY))
    return f"Tree: {name}", "\n".join(lines)


def startup_section(programs, args):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "one.py")
        with open(path, "w", encoding="utf-8") as file:
            file.write("answer = 42\n")
        words = commands(args.threads)

        def command(program):
            before, behind = words[program]
            return [programs[program], *before, path, *behind]

        floor = measure({"true": shutil.which("true")}, lambda _: [shutil.which("true")], 50)
        figures = measure({"sluice": programs["sluice"]}, command, 50)
        counted = count_instructions(command("sluice"))
        others = {name: path for name, path in programs.items() if name != "sluice"}
        figures.update(measure(others, command, 10))
    ours = figures["sluice"]["wall"] * 1e3
    lines = [head("One file of one line, all rules, warm cache, medians."),
             "| program | wall, ms |", "|---|---|",
             f"| `true`, for comparison | {floor['true']['wall'] * 1e3:.1f} |"]
    lines += [f"| {name} {version(programs[name])} | {it['wall'] * 1e3:.1f} |"
              for name, it in figures.items()]
    lines += ["", aim("wall time, ms", ours, AIM_STARTUP_MS)]
    if counted:
        lines.append(aim("instructions, millions (valgrind)", counted / 1e6,
                         AIM_INSTRUCTIONS / 1e6))
    return "Start-up", "\n".join(lines)


def count_instructions(command):
    if not shutil.which("valgrind"):
        return None
    tool = ["valgrind", "--tool=cachegrind", "--cache-sim=no",
            f"--cachegrind-out-file={os.devnull}"]
    said = subprocess.run(tool + command, capture_output=True, text=True, check=False).stderr
    match = re.search(r"I\s+refs:\s*([\d,]+)", said)
    return int(match.group(1).replace(",", "")) if match else None


def cargo_bench(bench, *words):
    command = ["cargo", "bench", "-q", "-p", "sluicegate-benches", "--bench", bench, "--", *words]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.exit(f"`{' '.join(command)}` failed")
    return done.stdout.strip()


def engine_section():
    results = os.path.join(ROOT, "target", "criterion")
    shutil.rmtree(results, ignore_errors=True)
    for bench in ("engine", "pipeline"):
        cargo_bench(bench)
    lines = [head("One thread. The anchor pass is beside `aho-corasick` with the same anchors."),
             "| bench | text | median | MB/s |", "|---|---|---|---|"]
    for path in sorted(glob.glob(os.path.join(results, "**", "new", "benchmark.json"), recursive=True)):
        with open(path, encoding="utf-8") as file:
            bench = json.load(file)
        with open(os.path.join(os.path.dirname(path), "estimates.json"), encoding="utf-8") as file:
            nanoseconds = json.load(file)["median"]["point_estimate"]
        size = (bench.get("throughput") or {}).get("Bytes")
        rate = f"{size / nanoseconds * 1e3:.0f}" if size else ""
        which = bench.get("function_id") or ""
        lines.append(f"| {bench['group_id']} | {which} | {in_units(nanoseconds)} | {rate} |")
    return "Engine", "\n".join(lines)


def in_units(nanoseconds):
    for unit, size in (("ms", 1e6), ("µs", 1e3)):
        if nanoseconds >= size:
            return f"{nanoseconds / size:.2f} {unit}"
    return f"{nanoseconds:.0f} ns"


def write(sections):
    with open(RESULTS, encoding="utf-8") as file:
        text = file.read()
    for heading, body in sections:
        section = f"## {heading}\n\n{body.strip()}\n"
        pattern = re.compile(rf"^## {re.escape(heading)}\n.*?(?=^## |\Z)", re.M | re.S)
        if pattern.search(text):
            text = pattern.sub(lambda _: section + "\n", text, count=1).rstrip() + "\n"
        else:
            text = f"{text.rstrip()}\n\n{section}"
    with open(RESULTS, "w", encoding="utf-8") as file:
        file.write(text)


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("trees", nargs="*", metavar="TREE")
    parser.add_argument("--name", action="append", default=[],
                        help="what to call a tree (default: the last part of its path)")
    parser.add_argument("--runs", type=int, default=7, help="rounds that count (default: 7)")
    parser.add_argument("--threads", type=int, default=2, help="threads of each (default: 2)")
    parser.add_argument("--tool", action="append", default=[], metavar="NAME=PATH",
                        help="where a program is, sluice included")
    parser.add_argument("--megabytes", type=int, default=1024, help="for --reading")
    for mode in ("startup", "engine", "scaling", "reading", "write"):
        parser.add_argument(f"--{mode}", action="store_true")
    args = parser.parse_args()
    if not (args.trees or args.startup or args.engine or args.scaling or args.reading):
        parser.error("give trees, or one of --startup, --engine, --scaling and --reading")
    if len(args.name) > len(args.trees):
        parser.error("more names than trees")
    return args


def main():
    args = parse()
    os.environ["GOMAXPROCS"] = str(args.threads)
    sections = []
    if args.trees or args.startup:
        programs = find_programs(args)
    for number, tree in enumerate(args.trees):
        tree = os.path.abspath(tree)
        if not os.path.isdir(tree):
            sys.exit(f"{tree} is not a folder")
        name = args.name[number] if number < len(args.name) else os.path.basename(tree)
        sections.append(tree_section(tree, name, programs, args))
    if args.startup:
        sections.append(startup_section(programs, args))
    if args.engine:
        sections.append(engine_section())
    if args.scaling:
        sections.append(("Ten times the rules",
                         head("Synthetic rules, text in which none matches, one thread.")
                         + "\n" + cargo_bench("scaling")))
    if args.reading:
        sections.append(("Reading large files",
                         head("A file read in pieces of 2 MB against the same file mapped.")
                         + "\n" + cargo_bench("reading", str(args.megabytes))))
    if args.write:
        write(sections)
    else:
        for heading, body in sections:
            print(f"## {heading}\n\n{body.strip()}\n")


if __name__ == "__main__":
    main()
