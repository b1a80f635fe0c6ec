"""`moonwit cluster`: which workers a project's clusters have; and a worker for whoever has no deployment."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from moonwit import terminal
from moonwit.arguments import read
from moonwit.failures import Failure, WrongUsage
from moonwit.projects.folders import needed

if TYPE_CHECKING:
    from moonwit.project import Project

_MISSING = "clusters need distributed, which is not installed: pip install 'moonwit[cluster]'"
# How long `status` waits for an answer, in seconds.
_PATIENCE = 15.0


def command(arguments: Sequence[str]) -> int:
    """Runs `status` or `worker`."""
    action, rest = (arguments[0], arguments[1:]) if arguments else ("", ())
    if action == "status":
        return _status(rest)
    if action == "worker":
        return _worker(rest)
    raise WrongUsage(f"cluster: expected `status` or `worker`, got {action or 'nothing'}", "cluster")


def _status(arguments: Sequence[str]) -> int:
    import moonwit

    options, rest = read("cluster", arguments, ("--project",))
    with moonwit.open(needed(options)) as project:
        registry = project.registry
        assert registry is not None
        known = [entry.id for entry in registry.entries.values() if entry.kind == "cluster.dask"]
        wanted = rest or [id for id in known if registry.entries[id].fields.get("address", "local") != "local"]
        for id in wanted:
            if id not in known:
                raise Failure(f"there is no cluster {id}; the project has {', '.join(known) or 'none'}")
        if not wanted:
            terminal.write("the project names no cluster but those of this machine, which are started when they are called\n")
            return 0
        return max(_show(project, id) for id in wanted)


def _show(project: Project, id: str) -> int:
    try:
        cluster = project.connected(id)
    except ImportError:
        raise Failure(_MISSING) from None
    end = time.monotonic() + _PATIENCE
    while (told := cluster.known()) is None and time.monotonic() < end:
        time.sleep(0.05)
    if told is None:
        terminal.write(f"{id}: {cluster.address}: {cluster.trouble()}\n")
        return 1
    terminal.write(f"{id}: {cluster.address}: {len(told)} worker{'' if len(told) == 1 else 's'}\n")
    for worker in told:
        terminal.write(f"  {_line(worker)}\n")
    return 0


def _line(worker: dict[str, Any]) -> str:
    threads = f"{worker['threads']} thread{'' if worker['threads'] == 1 else 's'}"
    state = worker["refused"] or f"{worker['tasks']} tasks, {worker['memory'] >> 20} MiB, Moonwit {worker['version']}"
    return f"{worker['address']}  {threads}  {state}"


def _worker(arguments: Sequence[str]) -> int:
    options, rest = read("cluster", arguments, ("--threads", "--name"))
    if len(rest) != 1:
        raise WrongUsage("cluster worker: expected the address of a scheduler, such as tcp://host:8786", "cluster")
    threads = options.get("--threads", str(len(os.sched_getaffinity(0))))
    if not threads.isdigit() or not 1 <= int(threads) <= 1024:
        raise WrongUsage(f"--threads: expected a number from 1 to 1024, got {threads}", "cluster")
    try:
        import distributed  # noqa: F401
    except ImportError:
        raise Failure(_MISSING) from None
    named = ("--name", options["--name"]) if "--name" in options else ()
    # One process whose lanes are its threads: guests and Lua run without Python's lock. A nanny starts it anew when it ends.
    settings = ("--nthreads", threads, "--nworkers", "1", "--memory-limit", "0", "--no-dashboard", *named)
    os.execv(sys.executable, [sys.executable, "-m", "distributed.cli.dask_worker", rest[0], *settings])
