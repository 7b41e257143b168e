"""Measure how much processor time tfcheck takes, and how much memory of its own.

Makes plans of several sizes in a temporary directory and measures, each in a process of its own: loading (with the
decoding of all that tfcheck looks at) and a whole run. Times are those of the processor, user and system together: what
else runs on the machine changes them little. Each is printed with its ratio to a floor of the same run: a plain pass
over the same file, loading, or the bare interpreter. Private memory is `RssAnon`, the peak of samples taken every few
milliseconds: pages of the mapped file are not in it.

    python -m benchmarks.run            10 and 100 MB
    python -m benchmarks.run --full     500 MB as well
    python -m benchmarks.run --series   plans of one shape, with more and more services
    python -m benchmarks.run --profile  the ten costliest functions of a whole run of 100 MB
"""

from __future__ import annotations

import argparse
import math
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from benchmarks.make_plan import write
from benchmarks.series import SHAPES

ROOT = Path(__file__).resolve().parent.parent
COMPILED = Path(tempfile.gettempdir()) / "tfcheck-benchmarks"
SMALL = ROOT / "testdata" / "literal-granted" / "plan.json"
MENDED = ROOT / "testdata" / "literal-missing" / "plan.json"

PLAIN = """
import sys, time
begin = time.process_time()
with open(sys.argv[1], "rb", buffering=0) as file:
    while block := file.read(1 << 20):
        block.count(b'"')
print(time.process_time() - begin)
"""
LOAD = """
import sys, time
from pathlib import Path
from tfcheck.plan import load
begin = time.process_time()
TYPES = ("aws_ecs_task_definition", "aws_ecs_service", "aws_iam_role", "aws_iam_role_policy", "aws_iam_policy",
         "aws_iam_role_policy_attachment", "aws_s3_bucket", "aws_secretsmanager_secret", "aws_kms_key")
for plan in load(Path(sys.argv[1])).plans:
    for each in plan.instances(*TYPES):
        each.before, each.after
    for read in plan.data_sources("aws_iam_policy_document", "aws_iam_role"):
        read.values
    calls = plan.configuration.calls.values() if plan.configuration else ()
    for call in calls:
        for resource in call.module.resources.values():
            resource.type in TYPES and resource.expressions
print(time.process_time() - begin)
"""


PROFILE = """
import cProfile, gc, io, pstats, sys
from tfcheck.cli.main import run
gc.disable()
profile, shown = cProfile.Profile(), sys.stdout
sys.stdout = io.StringIO()
profile.enable()
run(["check", sys.argv[1], "--format", "json"])
profile.disable()
sys.stdout = shown
rows = sorted(pstats.Stats(profile).stats.items(), key=lambda each: -each[1][2])[:10]
total = sum(each[2] for each in pstats.Stats(profile).stats.values())
for (file, line, name), (_, calls, own, whole, _) in rows:
    place = f"{file.rpartition('/src/')[2] or file}:{line}" if line else "built in"
    print(f"  {own / total:5.1%} itself  {whole / total:5.1%} with what it calls  {calls:>8,} calls  {name}  {place}")
"""


class Run(msgspec.Struct):
    """One process: its processor time, the time it reported itself, and its peak private memory in bytes."""

    cpu: float
    reported: float
    memory: int


def measured(command: list[str], times: int, directory: Path | None = None) -> Run:
    """Run a command several times and return the medians, and the largest memory."""
    once(command, directory)  # compiles what is not compiled yet, and warms the file
    runs = [once(command, directory) for _ in range(times)]
    return Run(
        statistics.median(run.cpu for run in runs),
        statistics.median(run.reported for run in runs),
        max(run.memory for run in runs),
    )


def once(command: list[str], directory: Path | None = None) -> Run:
    # As for an installed command, modules are compiled once, wherever the sources may or may not be written.
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "PYTHONPYCACHEPREFIX": str(COMPILED)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryFile() as output:
        begin, memory = spent(), 0
        process = subprocess.Popen(
            command, stdout=output, stderr=subprocess.DEVNULL, env=environment, cwd=directory or ROOT
        )
        while process.poll() is None:
            memory = max(memory, private(process.pid))
            time.sleep(0.002)
        cpu = spent() - begin
        if process.returncode not in (0, 1):  # 1: there are findings
            raise SystemExit(f"{' '.join(command[:3])} failed: exit status {process.returncode}")
        output.seek(0)
        return Run(cpu, printed_seconds(output.read(), cpu), memory)


def spent() -> float:
    """Return the processor time of all processes that were run so far."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def printed_seconds(output: bytes, otherwise: float) -> float:
    """Read the seconds that a process printed."""
    try:
        return float(output)
    except ValueError:
        return otherwise


def private(process: int) -> int:
    """Read the private memory of a process; 0 where the system does not show it, or the process has ended."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon:")), 0)


def large(megabytes: float, directory: Path, times: int) -> None:
    """Measure a plan of this size."""
    path = directory / f"{megabytes:g}.json"
    with path.open("w", encoding="utf-8") as file:
        services = write(int(megabytes * 1e6), file)
    plain = measured([sys.executable, "-c", PLAIN, str(path)], times).reported
    load = measured([sys.executable, "-c", LOAD, str(path)], times)
    print(f"{path.stat().st_size / 1e6:.0f} MB, {services} services; a plain pass takes {plain * 1e3:.0f} ms")
    print(
        f"  load       {load.reported * 1e3:7.0f} ms  {load.reported / plain:5.1f} x plain  {load.memory / 1e6:5.0f} MB"
    )
    if command_line():
        run = measured([sys.executable, "-m", "tfcheck", str(path)], times, directory)
        ratios = f"{run.cpu / plain:5.1f} x plain  {run.cpu / load.reported:5.1f} x load"
        print(f"  whole run  {run.cpu * 1e3:7.0f} ms  {ratios}  {run.memory / 1e6:5.0f} MB")
    path.unlink()


def small(times: int) -> None:
    """Measure start-up, beside that of the bare interpreter."""
    bare = measured([sys.executable, "-c", ""], times).cpu
    print(f"start-up; the bare interpreter takes {bare * 1e3:.0f} ms")
    if command_line():
        runs = (("--version", "--version"), ("small plan", str(SMALL)), ("with a fix from its sources", str(MENDED)))
        for name, argument in runs:
            cpu = measured([sys.executable, "-m", "tfcheck", argument], times).cpu
            print(f"  {name:27} {cpu * 1e3:7.0f} ms  {cpu / bare:5.1f} x bare")


def series(sizes: list[int], directory: Path) -> None:
    """Measure plans of each shape with more and more services; an exponent of 1 is linear.

    The bare interpreter and the imports, which are the same for all sizes, are not counted.
    """
    small = [sys.executable, "-m", "tfcheck", str(SMALL)]
    once(small)  # which compiles the modules
    floor = once(small).cpu
    print(f"seconds beyond those of a small plan ({floor * 1e3:.0f} ms)")
    print(f"  {'services':26}" + "".join(f"{size:8}" for size in sizes) + "  each     exponent")
    for name, (write_shape, output) in SHAPES.items():
        found = []
        for size in sizes:
            place = directory / write_shape.__name__ / str(size)
            place.mkdir(parents=True, exist_ok=True)
            command = [sys.executable, "-m", "tfcheck", *write_shape(place, size), "--format", output]
            found.append(max(once(command, place).cpu - floor, 1e-3))
        exponent = math.log(found[-1] / found[0]) / math.log(sizes[-1] / sizes[0])
        each = f"{found[-1] / sizes[-1] * 1e3:4.1f} ms"
        print(f"  {name:26}" + "".join(f"{cpu:8.2f}" for cpu in found) + f"  {each}  {exponent:8.2f}", flush=True)


def profile(megabytes: float, directory: Path) -> None:
    """Name the ten functions in which a whole run spends most of its time."""
    path = directory / "profile.json"
    with path.open("w", encoding="utf-8") as file:
        services = write(int(megabytes * 1e6), file)
    once([sys.executable, "-m", "tfcheck", str(path)])  # compiles what is not compiled yet
    print(f"{megabytes:g} MB, {services} services: the ten costliest functions")
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "PYTHONPYCACHEPREFIX": str(COMPILED)}
    subprocess.run([sys.executable, "-c", PROFILE, str(path)], env=environment, check=True)


def command_line() -> bool:
    """Whether there is a command line to measure."""
    return (ROOT / "src" / "tfcheck" / "__main__.py").exists()


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure how long tfcheck takes.")
    parser.add_argument("--megabytes", type=float, nargs="+", default=[10.0, 100.0])
    parser.add_argument("--full", action="store_true", help="measure 500 MB as well")
    parser.add_argument("--times", type=int, default=5, help="how often each is run; the median is printed")
    parser.add_argument("--series", action="store_true", help="measure plans of one shape with more and more services")
    parser.add_argument("--services", type=int, nargs="+", default=[125, 250, 500, 1000, 2000], help="of the series")
    parser.add_argument("--profile", action="store_true", help="name the ten costliest functions of a whole run")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        if arguments.series:
            series(arguments.services, Path(directory))
        elif arguments.profile:
            profile(arguments.megabytes[-1], Path(directory))
        else:
            small(arguments.times)
            for megabytes in [*arguments.megabytes, *([500.0] if arguments.full else [])]:
                large(megabytes, Path(directory), arguments.times)


if __name__ == "__main__":
    main()
