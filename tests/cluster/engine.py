"""A real scheduler and real workers of Dask's distributed, as processes on loopback that tests kill, stop and start."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("distributed", reason="distributed is not installed: pip install 'moonwit[cluster]'")

# A loaded machine starts a process of the engine in many seconds.
STARTS = 120


class Engine:
    """A scheduler and its workers, of one thread each, without nannies: what is killed stays so."""

    def __init__(self, folder: Path, workers: int = 2, tls: Path | None = None) -> None:
        self.folder = folder
        files = {"ca-file": "ca.pem", "cert": "cert.pem", "key": "key.pem"} if tls else {}
        self._tls = [part for option, name in files.items() for part in (f"--tls-{option}", str(tls / name))] if tls else []
        self.scheduler: subprocess.Popen[bytes] | None = None
        self.workers: list[subprocess.Popen[bytes]] = []
        self.port = 0
        self.start_scheduler()
        for _ in range(workers):
            self.start_worker()

    @property
    def address(self) -> str:
        return f"{'tls' if self._tls else 'tcp'}://127.0.0.1:{self.port}"

    def start_scheduler(self) -> None:
        """Starts the scheduler, at the port of the one before."""
        file = self.folder / "scheduler.json"
        file.unlink(missing_ok=True)
        protocol = ("--protocol", "tls") if self._tls else ()
        where = (*protocol, "--host", "127.0.0.1", "--port", str(self.port), "--no-dashboard", "--scheduler-file", str(file))
        self.scheduler = self._start("distributed.cli.dask_scheduler", *where)
        end = time.monotonic() + STARTS
        while time.monotonic() < end:
            try:
                self.port = int(json.loads(file.read_text())["address"].rpartition(":")[2])
                return
            except (OSError, ValueError):
                time.sleep(0.05)
        raise AssertionError("the scheduler did not start")

    def start_worker(self) -> subprocess.Popen[bytes]:
        """Starts one more worker."""
        where = (self.address, "--host", "127.0.0.1", "--no-nanny", "--no-dashboard", "--nthreads", "1", "--memory-limit", "0")
        worker = self._start("distributed.cli.dask_worker", *where, "--local-directory", str(self.folder))
        self.workers.append(worker)
        return worker

    def kill_worker(self, number: int = 0, how: signal.Signals = signal.SIGKILL) -> None:
        """Kills a worker, or stops it."""
        os.kill(self.workers[number].pid, how)
        if how == signal.SIGKILL:
            self.workers.pop(number).wait()

    def kill_scheduler(self) -> None:
        assert self.scheduler is not None
        self.scheduler.kill()
        self.scheduler.wait()

    def close(self) -> None:
        """Ends all."""
        for process in (*self.workers, self.scheduler):
            if process is not None:
                process.kill()
                process.wait()

    def _start(self, module: str, *arguments: str) -> subprocess.Popen[bytes]:
        quiet = subprocess.DEVNULL
        return subprocess.Popen([sys.executable, "-m", module, *arguments, *self._tls], stdin=quiet, stdout=quiet, stderr=quiet)
