"""How long does tfcheck take, and how much memory of its own?

Makes plans of several sizes in a temporary directory and measures, each in a process of its own: loading (with the
decoding of all that tfcheck looks at) and a whole run. Each is printed beside a plain pass over the same file in the
same run, which tells a slow machine from a slow program. Private memory is `RssAnon`, the peak of samples taken every
few milliseconds: pages of the mapped file are not in it.

    python -m benchmarks.run            10 and 100 MB
    python -m benchmarks.run --full     500 MB as well
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from benchmarks.make_plan import write

ROOT = Path(__file__).resolve().parent.parent
COMPILED = Path(tempfile.gettempdir()) / "tfcheck-benchmarks"
SMALL = ROOT / "testdata" / "literal-granted" / "plan.json"
MENDED = ROOT / "testdata" / "literal-missing" / "plan.json"

PLAIN = """
import sys, time
begin = time.perf_counter()
with open(sys.argv[1], "rb", buffering=0) as file:
    while block := file.read(1 << 20):
        block.count(b'"')
print(time.perf_counter() - begin)
"""
LOAD = """
import sys, time
from pathlib import Path
from tfcheck.plan import load
begin = time.perf_counter()
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
print(time.perf_counter() - begin)
"""


class Run(msgspec.Struct):
    """One process: its wall time, the time it reported itself, and its peak private memory in bytes."""

    wall: float
    told: float
    memory: int


def measured(command: list[str], times: int) -> Run:
    """Run a command several times and give the medians, and the largest memory."""
    once(command)  # compiles what is not compiled yet, and warms the file
    runs = [once(command) for _ in range(times)]
    return Run(
        statistics.median(run.wall for run in runs),
        statistics.median(run.told for run in runs),
        max(run.memory for run in runs),
    )


def once(command: list[str]) -> Run:
    # As for an installed command, modules are compiled once, wherever the sources may or may not be written.
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "PYTHONPYCACHEPREFIX": str(COMPILED)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryFile() as output:
        begin, memory = time.perf_counter(), 0
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.DEVNULL, env=environment)
        while process.poll() is None:
            memory = max(memory, private(process.pid))
            time.sleep(0.002)
        wall = time.perf_counter() - begin
        if process.returncode not in (0, 1):  # 1: there are findings
            raise SystemExit(f"{' '.join(command[:3])} failed: exit status {process.returncode}")
        output.seek(0)
        return Run(wall, told(output.read(), wall), memory)


def told(output: bytes, otherwise: float) -> float:
    """Read the seconds that a process printed."""
    try:
        return float(output)
    except ValueError:
        return otherwise


def private(process: int) -> int:
    """Read the private memory of a process; 0 where the system does not tell, or the process has ended."""
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
    plain = measured([sys.executable, "-c", PLAIN, str(path)], times).told
    load = measured([sys.executable, "-c", LOAD, str(path)], times)
    print(f"{path.stat().st_size / 1e6:.0f} MB, {services} services; a plain pass takes {plain * 1e3:.0f} ms")
    print(f"  load       {load.told * 1e3:7.0f} ms  {load.told / plain:5.1f} x plain  {load.memory / 1e6:5.0f} MB")
    if command_line():
        run = measured([sys.executable, "-m", "tfcheck", str(path)], times)
        print(f"  whole run  {run.wall * 1e3:7.0f} ms  {run.wall / plain:5.1f} x plain  {run.memory / 1e6:5.0f} MB")
    path.unlink()


def small(times: int) -> None:
    """Measure start-up, beside that of the bare interpreter."""
    bare = measured([sys.executable, "-c", ""], times).wall
    print(f"start-up; the bare interpreter takes {bare * 1e3:.0f} ms")
    if command_line():
        runs = (("--version", "--version"), ("small plan", str(SMALL)), ("with a fix from its sources", str(MENDED)))
        for name, argument in runs:
            wall = measured([sys.executable, "-m", "tfcheck", argument], times).wall
            print(f"  {name:27} {wall * 1e3:7.0f} ms  {wall / bare:5.1f} x bare")


def command_line() -> bool:
    """Tell whether there is a command line to measure."""
    return (ROOT / "src" / "tfcheck" / "__main__.py").exists()


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure how long tfcheck takes.")
    parser.add_argument("--megabytes", type=float, nargs="+", default=[10.0, 100.0])
    parser.add_argument("--full", action="store_true", help="measure 500 MB as well")
    parser.add_argument("--times", type=int, default=5, help="how often each is run; the median is printed")
    arguments = parser.parse_args()
    small(arguments.times)
    with tempfile.TemporaryDirectory() as directory:
        for megabytes in [*arguments.megabytes, *([500.0] if arguments.full else [])]:
            large(megabytes, Path(directory), arguments.times)


if __name__ == "__main__":
    main()
