"""The composition root: a project's registry, the lane that runs its scripts, and calls from Python."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar, overload

from moonwit.host.values.intermediate import ErrorValue, Value
from moonwit.lua.calls.entries import Entries
from moonwit.lua.lane.lane import Answer, Lane
from moonwit.lua.values import buffer
from moonwit.stdlib.modules import Modules

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

    from moonwit.host.cluster.client import Cluster
    from moonwit.host.cluster.clusters import Clusters
    from moonwit.host.programs.program import Program
    from moonwit.host.wasm.wit import types as wit
    from moonwit.lua.border.answers import FunctionStatistics
    from moonwit.lua.border.messages import Script
    from moonwit.registry import Registry

T = TypeVar("T")

# How long a project that is interrupted waits for its lane, in seconds.
GRACE = 0.3


class CallError(Exception):
    """A call or a script that failed. ``kind`` is one of the kinds of Lua's ``errors`` module, such as "NotFound";
    ``details`` is what the failing side added; ``stack`` is text that says where it came from, in Lua and in the guest."""

    def __init__(self, error: ErrorValue, stack: str, details: wit.Type | None = None) -> None:
        from moonwit.host.functions.results import as_python

        super().__init__(error.message)
        self.message = error.message
        self.kind = error.kind
        self.retryable = error.retryable
        self.details = as_python(error.details, details)
        self.stack = stack


def open(
    directory: str | os.PathLike[str] | None = None,
    environ: Mapping[str, str] | None = None,
    functions: Mapping[str, Callable[..., Any]] | None = None,
) -> Project:
    """Opens the project in ``directory`` (None: no project, only the standard library).

    Use it as a context manager, or close it. ``environ`` stands in for the process's environment in ``${env:NAME}``.
    Problems in the project do not raise: they are in ``registry.problems``, and entries they break can't be called.

    ``functions`` are Python's own, by ids: any function may call them, and guests whose `imports` name them. A plain one is called on
    a thread, a coroutine function on the event loop that was running here, or in the last ``acall``. One that raises ``CallError`` ends the
    call with that error's kind, message and details; any other exception is an error of kind Internal. Raises ``ValueError`` for what is
    not an id, or is that of another entry.
    """
    if functions and directory is None:
        raise ValueError("functions belong to a project: name its folder")
    project = Project()
    if directory is not None:
        # The lane starts meanwhile, on a thread of its own.
        from moonwit.kinds import KINDS
        from moonwit.registry import load

        project.entries.registry = registry = load(Path(directory), KINDS, environ, dict.fromkeys(functions or (), "function.python"))
        if functions:
            project.provide(functions)
        if environ is not None:
            from moonwit.host.environment.variables import environment_of

            environment_of(registry, environ)
        project.warm()
    return project


def _node() -> Any:
    """Gives the module that the workers of a cluster run; it imports the engine."""
    from moonwit import clusters

    return clusters


def _running_loop() -> AbstractEventLoop | None:
    """Gives the event loop that runs on this thread."""
    import asyncio

    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


class Project:
    """A loaded project with a lane of its own. Its methods may be called from any thread."""

    def __init__(self, entries: Entries | None = None) -> None:
        self.entries = Entries(None) if entries is None else entries
        self._modules = Modules(self.entries)
        self.entries.joined = self._modules.joined
        self._lane: Lane | None = Lane(self.entries.callbacks())
        self._making = threading.Lock()
        self.entries.clusters = self._the_clusters
        self._clusters: Clusters | None = None
        self._process = os.getpid()

    @property
    def registry(self) -> Registry | None:
        """The project's registry; None where only the standard library was opened."""
        return self.entries.registry

    @property
    def lane(self) -> Lane:
        """The lane that runs the project's scripts and calls; raises ``RuntimeError`` where it has ended or is in another process."""
        if self._lane is None:
            raise RuntimeError("this project is closed")
        if self._process != os.getpid():
            # The lane's thread is not in this process: nobody would answer.
            raise RuntimeError("this project was opened before this process was forked: open it again here, or start processes by spawn")
        return self._lane

    def warm(self) -> None:
        """Has the functions whose pools ask for `warm_start` compiled and their first instances made, in the background."""
        registry, lane = self.registry, self._lane
        if registry is None or lane is None:
            return
        if any(isinstance(pool := entry.fields.get("pool"), dict) and pool.get("warm_start") for entry in registry.entries.values()):
            from moonwit.host.engine import worker

            worker.start(lambda: self.entries.warm(lane))

    def __enter__(self) -> Project:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is not None and issubclass(kind, KeyboardInterrupt):
            self.interrupt(GRACE)
        else:
            self.close()

    def close(self) -> None:
        """Ends the lane and frees its instances. What was submitted before is finished first."""
        if self._lane is not None:
            lane, self._lane = self._lane, None
            lane.close()
            # Nobody waits for what still runs elsewhere: a canceled guest that computes, say.
            self.entries.close(GRACE)
            self._modules.close()
            if self._clusters is not None:
                self._clusters.close()

    def _the_clusters(self) -> Clusters:
        """Gives the clusters that the project's functions are called on; for lanes, each from its own thread."""
        with self._making:
            if self._clusters is None:
                from moonwit.host.cluster.clusters import Clusters

                self._clusters = Clusters(lambda: self.registry, _node, buffer.encode)
            return self._clusters

    def interrupt(self, timeout: float) -> bool:
        """Ends what waits in the lane, and the lane; tells whether it ended within ``timeout`` seconds.

        What can't be stopped, a busy guest without a limit or a loop that LuaJIT has compiled, goes on until the process ends.
        """
        lane, self._lane = self._lane, None
        if lane is None:
            return True
        lane.cancel()
        return lane.close(timeout) and self.entries.close(timeout)

    def call(self, id: str, *arguments: Value) -> Value:
        """Calls a function by id and gives its result; raises ``CallError``.

        Arguments are None, booleans, numbers, ``str``, ``bytes``, lists and dicts. Strings come back as ``str`` where they
        are UTF-8 and as ``bytes`` where they are not or where the function's type is ``list<u8>``.
        """
        lane, callables = self.lane, self.entries.callables
        future = lane.call(id, buffer.encode_all(list(arguments)))
        if callables is None or (loop := _running_loop()) is None:
            return self._result(id, future.result())
        before, callables.blocked = callables.blocked, loop
        try:
            return self._result(id, future.result())
        finally:
            callables.blocked = before

    def provide(self, functions: Mapping[str, Callable[..., Any]]) -> None:
        """Gives the functions of Python for entries that are there; as in ``open``."""
        from moonwit.lua.calls.callables import Callables

        registry = self.registry
        assert registry is not None
        callables = Callables(functions, CallError)
        for id in functions:
            registry.entries[id].fields["signature"] = callables.shown(id)
        callables.loop = _running_loop()
        self.entries.callables = callables

    async def acall(self, id: str, *arguments: Value) -> Value:
        """Calls a function as ``call`` does, for asyncio: the event loop goes on meanwhile. Canceling it ends the call."""
        import asyncio

        lane = self.lane
        if self.entries.callables is not None:
            self.entries.callables.loop = asyncio.get_running_loop()
        future = lane.call(id, buffer.encode_all(list(arguments)))
        try:
            answer = await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            lane.cancel_call(future)
            raise
        return self._result(id, answer)

    def start_script(
        self,
        source: bytes,
        name: str,
        arguments: Sequence[str | bytes] = (),
        folder: str | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> Future[int]:
        """Has the lane run a script; the future gives its exit status, or raises ``CallError`` when the script fails.

        It may require the Lua files of ``folder`` and of the project. ``environ`` is what its ``os.getenv`` finds.
        """
        from moonwit.lua.scripts.files import of_script

        started: Future[int] = Future()

        def finish(answered: Future[Any]) -> None:
            problem = answered.exception()
            if problem is None:
                status, error, stack = answered.result()
                problem = None if error is None else _error(error, stack)
            if problem is None:
                started.set_result(int(status or 0))
            else:
                started.set_exception(problem)

        script: Script = {
            "source": source,
            "name": name,
            "arguments": buffer.encode(list(arguments)),
            "places": of_script(None if self.registry is None else self.registry.root, folder),
            "granted": environ or {},
        }
        self.lane.run(script).add_done_callback(finish)
        return started

    def run_script(self, source: str | bytes, name: str = "=script", arguments: Sequence[str] = (), folder: str | None = None) -> int:
        """Runs a script, waits for its end and gives its exit status; ``name`` is a Lua chunk name: ``=name`` or ``@file``."""
        return self.start_script(source.encode() if isinstance(source, str) else source, name, arguments, folder).result()

    def run_program(self, program: Program) -> int:
        """Runs a program with the standard streams of the process and gives its exit status; raises ``ProgramProblem``."""
        from moonwit.lua.programs.running import run

        return run(program, self.entries, self.lane)

    def submit(self, job: Callable[[Any], T]) -> Future[T]:
        """Has ``job`` run in the lane, between two turns of its dispatcher, with the table of lua/boot.lua; it must not take long."""
        return self.lane.submit(job)

    @overload
    def statistics(self, id: str) -> FunctionStatistics: ...

    @overload
    def statistics(self, id: None = None) -> Mapping[str, FunctionStatistics]: ...

    def statistics(self, id: str | None = None) -> FunctionStatistics | Mapping[str, FunctionStatistics]:
        """Gives what is counted of a function, or of each that was used, by id; raises ``CallError`` for an id that is unknown.

        There are ``calls``, ``errors``, ``timeouts``, ``instances`` (``live``, ``made``, ``replaced``), ``queue`` (``waiting``,
        ``most``), and ``times`` (``execution``, ``queueing``: each ``total``, ``mean``, ``max`` in milliseconds).
        """
        if id is None:
            return self.entries.all_statistics()
        counted = self.entries.statistics(id)
        if "failed" in counted:
            raise CallError(ErrorValue(counted["kind"], str(counted["message"])), "")
        return counted

    def connected(self, id: str) -> Cluster:
        """Gives the cluster of an entry, which is connected to in the background; raises ``ImportError`` where the engine is missing."""
        return self._the_clusters().connect(id)

    def clusters(self) -> Mapping[str, list[dict[str, Any]]]:
        """Gives what is known of the workers of each cluster that was used, by the id of its entry.

        Each has its ``address``, ``threads``, ``calls``, ``errors``, ``seconds`` spent, how many calls are ``waiting`` for it, why it is
        ``refused``, if it is, its ``version``, and how many ``tasks`` and bytes of ``memory`` it has, by whomever.
        """
        return {} if self._clusters is None else self._clusters.statistics()

    def _result(self, id: str, answer: Answer) -> Value:
        value, error, stack = answer
        if error is not None:
            raise _error(error, stack, self.entries.error_type(id))
        from moonwit.host.functions.results import as_python

        assert value is not None
        return as_python(buffer.decode(value), self.entries.result_type(id))


def _error(encoded: bytes, stack: bytes | None, details: wit.Type | None = None) -> CallError:
    """Reads an error; ``details`` is the type of those that are a result's err side."""
    error = buffer.decode(encoded)
    assert isinstance(error, ErrorValue)
    return CallError(error, (stack or b"").decode("utf-8", "replace"), None if error.kind else details)
