"""`moonwit serve`: the HTTP services that a project declares."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import moonwit
from moonwit import memory, relays, terminal
from moonwit.arguments import flag, read
from moonwit.failures import Failure, WrongUsage
from moonwit.interrupt import STATUS
from moonwit.project import GRACE
from moonwit.projects.folders import needed, show_problems

if TYPE_CHECKING:
    from moonwit.host.http.serving.layout import Endpoint, Service
    from moonwit.host.http.serving.server import Server
    from moonwit.lua.http.pool import Lanes
    from moonwit.project import Project

class NothingToServe(Failure):
    """A project without anything to serve."""


# How often the process's memory is looked at, in seconds.
LOOK = 1.0


def command(arguments: Sequence[str]) -> int:
    """Serves until it is stopped; gives 0 then."""
    watches, arguments = flag("--watch", arguments)
    options, rest = read("serve", arguments, ("--project",))
    if rest:
        raise WrongUsage("serve takes no arguments; name the folder of a project with --project", "serve")
    folder = needed(options)
    if watches:
        from moonwit.projects.watching import watch

        return watch(["serve", "--project", str(folder)], folder)
    return serve(folder)


def serve(folder: Path) -> int:
    """Serves the project of a folder."""
    # Threads that hold the interpreter give way sooner: a lane that has answers waits for the event loop's thread.
    sys.setswitchinterval(0.001)
    project = moonwit.open(folder)
    try:
        show_problems(project.registry)
        ended = asyncio.run(_serve(project))
    finally:
        closed = project.interrupt(GRACE)
        relays.end()
    if not (ended and closed):
        # A busy guest would keep the process from ending.
        os._exit(0)
    return 0


async def _serve(project: Project) -> bool:
    """Serves until it is stopped; tells whether everything has ended then."""
    from moonwit.host.http.serving.layout import services
    from moonwit.host.http.serving.server import CantListen

    assert project.registry is not None
    found = services(project.registry)
    if not found:
        raise NothingToServe("the project serves nothing: it has no `http.endpoint`, `http.static` or `http.service` that is to be started")
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    # SIGTERM may come twice: supervisors send it to the process and to its group.
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    loop.add_signal_handler(signal.SIGINT, _interrupted, stop)
    running: list[tuple[Server, Lanes]] = []
    ended: list[bool] = []
    try:
        for service in found:
            running.append(_set_up(project, service))
        # From here on nothing waits for the reader of the output.
        relays.start()
        for service, (server, _) in zip(found, running, strict=True):
            try:
                addresses = await server.start()
            except CantListen as error:
                raise Failure(str(error)) from None
            terminal.write(_announcement(service, addresses))
        while not stop.is_set():
            memory.check()
            try:
                async with asyncio.timeout(LOOK):
                    await stop.wait()
            except TimeoutError:
                continue
        terminal.write_error("moonwit: stopping\n")
    finally:
        await asyncio.gather(*(server.stop() for server, _ in running))
        ended += await asyncio.gather(*(asyncio.to_thread(lanes.close, GRACE) for _, lanes in running))
    for server, _ in running:
        terminal.write_error(_report(server))
    return all(ended)


def _interrupted(stop: asyncio.Event) -> None:
    """Stops in good order, and at once where that has begun."""
    if stop.is_set():
        os._exit(STATUS)
    stop.set()


def _set_up(project: Project, service: Service) -> tuple[Server, Lanes]:
    from moonwit.host.http.serving.server import Server
    from moonwit.lua.http.pool import Lanes

    server = Server(service, terminal.write_error)
    lanes = Lanes(project.entries.callbacks("service"), service.workers, asyncio.get_running_loop())
    for endpoint in service.endpoints:
        _mount(project, server, lanes, endpoint)
    return server, lanes


def _mount(project: Project, server: Server, lanes: Lanes, endpoint: Endpoint) -> None:
    from moonwit.host.functions.loaded import FunctionProblem
    from moonwit.host.functions.methods import UnknownMethod
    from moonwit.host.http.serving.parameters import Misfit
    from moonwit.lua.calls.descriptions import answers_itself
    from moonwit.lua.http.responders import broken, guest, handler, incoming

    registry, problem = project.registry, endpoint.problem
    assert registry is not None
    variables = [part[1:-1] for part in endpoint.segments if part.startswith("{")]
    respond = None
    if problem is None and endpoint.kind == "function.lua":
        respond = handler(lanes, endpoint.function)
    elif problem is None:
        try:
            function = project.entries.answering(endpoint.function)
            respond = incoming(lanes, function) if answers_itself(function.export) else guest(lanes, function, variables)
        except FunctionProblem as error:
            problem = error.problem.sentence
        except (Misfit, UnknownMethod) as error:
            problem = f"the function {endpoint.function} {error}" if isinstance(error, Misfit) else str(error)
        if problem is not None:
            terminal.complain(f"{endpoint.id} can't be served: {problem}")
    if respond is None:
        respond = broken(endpoint.id, problem or "", server.say)
    name = f"{endpoint.method} {endpoint.path}"
    if not server.mount(endpoint.method, endpoint.segments, name, respond):
        terminal.complain(f"{endpoint.id} can't be served: {name} is answered by another endpoint already")


def _announcement(service: Service, addresses: Sequence[str]) -> str:
    lines = [f"{service.id or 'moonwit'} listens on {', '.join(addresses)}\n"]
    width = max((len(endpoint.method) for endpoint in service.endpoints), default=0)
    for endpoint in service.endpoints:
        note = " (can't be used)" if endpoint.problem else ""
        lines.append(f"  {endpoint.method:<{width}} {endpoint.path} -> {endpoint.function}{note}\n")
    for files in service.files:
        lines.append(f"  {'GET':<{width}} {files.path.rstrip('/')}/... -> files of {files.id}\n")
    return terminal.clean("".join(lines))


def _report(server: Server) -> str:
    """Tells what each route has answered."""
    lines = []
    for name, counted in server.statistics().items():
        if counted.requests:
            times = f"mean {counted.mean * 1000:.1f} ms, longest {counted.longest * 1000:.1f} ms"
            lines.append(f"  {name}: {counted.requests} requests, {counted.failures} failed, {times}\n")
    return terminal.clean("".join(lines))
