"""Mixes calls on a cluster: short and long ones, large values, traps, limits and cancellations, and looks whether memory stays what it is.

Run: python -m tests.soak.cluster [SECONDS]    (600 if left out; exits 1 when something is wrong)
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
from pathlib import Path

from tests.cluster.engine import Engine
from tests.projects import entry, opened
from tests.texts import texts

lua, _ = texts(__file__)

# How much the processes may grow each between the fourth part of the time and its end.
MOST_GROWTH = 0.15
MUL = '(module (func (export "mul") (param i32 i32) (result i32) (i32.mul (local.get 0) (local.get 1))))'
SPIN = '(module (func (export "spin") (loop $l (br $l))))'
TRAP = '(module (func (export "trap") unreachable))'


def memory(pid: int) -> int:
    """Gives what a process has in memory, in KiB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


def soak(seconds: float, folder: Path) -> list[tuple[int, ...]]:
    """Runs the mix; gives the memory of the caller, the scheduler and each worker, in KiB, some twenty times over. Raises when something
    is still running at the end."""
    engine = Engine(folder)
    try:
        far = {"cluster": "t:farm"}
        entries = (
            entry("farm", "cluster.dask", address=engine.address),
            entry("mul", source=MUL, method="mul", pool=far),
            entry("echo", "function.lua", source="return function(v) return v end", pool=far),
            entry("nap", "function.lua", source="local time = require 'time' return function(d) time.sleep(d) return d end",
                  modules=["time"], pool=far),
            entry("spin", source=SPIN, method="spin", pool=far, limits={"max_execution_ms": 50}),
            entry("trap", source=TRAP, method="trap", pool=far),
        )  # fmt: skip
        assert engine.scheduler is not None
        pids = os.getpid(), engine.scheduler.pid, *(worker.pid for worker in engine.workers)
        samples: list[tuple[int, ...]] = []
        over = threading.Event()

        def watch() -> None:
            while not over.wait(seconds / 20):
                samples.append(tuple(map(memory, pids)))

        with opened(folder / "p", *entries) as project:
            thread = threading.Thread(target=watch)
            thread.start()
            try:
                project.run_script(lua("mix"), arguments=[str(seconds)])
            finally:
                over.set()
                thread.join()
            end = time.monotonic() + 30
            while any(worker["tasks"] for worker in project.clusters()["t:farm"]):
                assert time.monotonic() < end, project.clusters()
                time.sleep(0.1)
        return samples
    finally:
        engine.close()


def growth(samples: list[tuple[int, ...]]) -> list[float]:
    """Gives by how much each process has grown since a fourth of the time, as a share of what it had."""
    early, late = samples[len(samples) // 4], samples[-1]
    return [after / before - 1 for before, after in zip(early, late, strict=True)]


def main() -> int:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 600
    with tempfile.TemporaryDirectory() as folder:
        samples = soak(seconds, Path(folder))
    print("memory in MiB of caller, scheduler and workers:")
    for sample in samples:
        print("  ".join(f"{each / 1024:6.0f}" for each in sample))
    grown = growth(samples)
    print("grown by", ", ".join(f"{each:.0%}" for each in grown))
    return 1 if max(grown) > MOST_GROWTH else 0


if __name__ == "__main__":
    sys.exit(main())
