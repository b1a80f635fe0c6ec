"""A cluster of this machine: a scheduler in this process, and workers that are processes of their own and end with it."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import DEVNULL, Process
from typing import Any

# How long a worker looks for its scheduler before it ends, in seconds.
DEATH = 10


class Local:
    """The scheduler and the processes of the workers, of one thread each."""

    def __init__(self, scheduler: Any) -> None:
        self.address = str(scheduler.address)
        self._scheduler = scheduler
        self._processes: list[Process] = []

    @classmethod
    async def start(cls, workers: int) -> Local:
        """Starts all; they come to the scheduler by and by."""
        from distributed import Scheduler

        local = cls(await Scheduler(host="127.0.0.1", port=0, dashboard=False, dashboard_address="127.0.0.1:0"))
        for _ in range(workers):
            await local._hire()
        return local

    async def _hire(self) -> None:
        command = ("-m", "distributed.cli.dask_worker", self.address, "--nthreads", "1", "--no-dashboard", "--death-timeout", str(DEATH))
        host = ("--host", "127.0.0.1", "--memory-limit", "0")
        started = await asyncio.create_subprocess_exec(sys.executable, *command, *host, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL)
        self._processes.append(started)

    async def close(self) -> None:
        """Ends all of it."""
        for process in self._processes:
            if process.returncode is None:
                process.terminate()
        for process in self._processes:
            try:
                await asyncio.wait_for(process.wait(), 5)
            except TimeoutError:
                process.kill()
                await process.wait()
        await self._scheduler.close()
