"""The compatible call path: Wasmtime's own component implementation, on Python threads, with intermediate values.

It is slower than the direct path, safe and complete, and the oracle for it. Raises ``CallFailed`` for whatever concerns a
call. Everything about the arguments is checked before the guest runs, because any failure ends an instance: it is thrown
away, and the next call gets another one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from typing import Any

from wasmtime import Engine
from wasmtime import component as generic

from moonwit.host.compatible import linking
from moonwit.host.compatible.component_instance import GuestFailed, Instance, InstanceGone, ResourceHandle, Running
from moonwit.host.compatible.shared_instance import SharedInstance
from moonwit.host.compatible.transcode import Case, Passed, ValueMismatch, arguments_to_component, from_component
from moonwit.host.compiling.code import CodeProblem
from moonwit.host.engine import worker
from moonwit.host.engine.engine import engine_for
from moonwit.host.functions import unprovided
from moonwit.host.functions.binaries import binary
from moonwit.host.functions.sharing import difference
from moonwit.host.values.intermediate import Value
from moonwit.host.values.names import shown
from moonwit.host.wasi import grants as wasi
from moonwit.host.wasi.world import EMPTY, World, WorldProblem
from moonwit.host.wasm.problems import Refused
from moonwit.host.wasm.wit.types import Function

# How many threads of one function may be stuck in its guest before further calls are refused.
MOST_ABANDONED = 100
# How much longer than its limit a call is waited for, in seconds: a busy guest ends itself by then.
GRACE = 0.03
# How long an instance stays that nobody calls, in seconds: looked at in such steps, so twice as long at most.
IDLE = 15.0


class CallFailed(Exception):
    """A call that failed, as plain data. ``kind`` is one of the kinds of errors in Lua module.

    ``exit_status`` is there when the guest ended itself.
    """

    def __init__(
        self,
        kind: str,
        message: str,
        details: Value = None,
        wasm_backtrace: list[dict[str, Value]] | None = None,
        exit_status: int | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.details = details
        self.wasm_backtrace = wasm_backtrace or []
        self.exit_status = exit_status


class CompatibleFunction:
    """An exported function of a component, with the instances that serve it.

    ``interface`` and ``name`` are those of its lift, ``imports`` what its entry grants, and ``world`` gives what its `wasi:`
    shows to a call. Without ``reuse`` each call has a fresh instance; with it, an instance serves the calls that see the same
    world, because a guest's library reads its environment once. Calls from several threads run side by side, each in an
    instance of its own. A guest's standard input is the process's, where it is granted and the process has no terminal.

    A call that takes longer than ``max_execution_ms`` ends for its caller even when the guest is asleep or blocked, where
    nothing can wake it: its thread is ``abandoned`` until the guest comes back, and further calls have others.
    """

    def __init__(
        self,
        data: bytes,
        interface: str | None,
        name: str,
        signature: Function,
        imports: Sequence[str] = (),
        entry_id: str = "",
        reuse: bool = True,
        max_execution_ms: int | None = None,
        max_memory_bytes: int | None = None,
        world: Callable[[], World] = lambda: EMPTY,
        max_stack_bytes: int | None = None,
        keep: int | None = None,
        shared: SharedInstance | None = None,
    ) -> None:
        # The instance that it shares with other functions, which say the same of their guests' imports and world.
        self.shared = shared
        if shared is not None and reuse and keep != 0:
            shared.idle = None
        elif shared is not None and shared.idle is not None:
            shared.idle = IDLE
        self.max_stack_bytes = max_stack_bytes
        self.max_execution_ms = max_execution_ms
        self.max_memory_bytes = max_memory_bytes
        self.interface = interface
        self.name = name
        self.signature = signature
        self.imports = frozenset(imports)
        self.written = tuple(imports)
        self.entry_id = entry_id
        self.reuse = reuse
        self.data = data
        self.world = world
        self.access = wasi.access(self.imports)
        self.lock = threading.Lock()
        self.linked: tuple[generic.Component, generic.Linker] | None = None
        # How many instances stay though nobody calls, None for all; the others end after a while.
        self.keep = keep
        self.idle: list[Instance] = []
        self.looked_after = False
        # How many instances were made, have ended, and have ended by a failure.
        self.made = self.ended = self.failed = 0
        # How many threads are stuck in the guest now, and how many ever were.
        self.abandoned = 0
        self.ever_abandoned = 0

    def call(self, arguments: list[Value]) -> Value:
        """Calls the function on another thread and waits for it; the wait can be interrupted by a signal. Raises ``CallFailed``."""
        return worker.run(lambda: self.call_here(arguments))

    def call_here(self, arguments: list[Value], cancellation: worker.Cancellation | None = None) -> Value:
        """Calls the function on this thread, or with a limit in time on one that it waits for. Raises ``CallFailed``."""
        if self.abandoned >= MOST_ABANDONED:
            sentence = f"{self.name}: {self.abandoned} of its calls are asleep or blocked in the guest, past their limits"
            raise CallFailed("Unavailable", f"{sentence}; wait for them, or have the guest wait for less")
        running = Running(self.max_execution_ms)
        settled = threading.Event()
        cancellation = cancellation or worker.current()
        if cancellation is not None:
            cancellation.watch(lambda: self._give_up(running, "Canceled", settled))
        if self.max_execution_ms is None:
            return self._call(arguments, running)
        call: Future[Value] = worker.start(lambda: self._call(arguments, running))
        call.add_done_callback(lambda _: settled.set())
        try:
            settled.wait(self.max_execution_ms / 1000 + GRACE)
            if not call.done():
                self._give_up(running, "Timeout")
                # None for a call that has just ended.
                if running.given_up is not None:
                    raise CallFailed(running.given_up, self._sentence(running.given_up, ""))
            return call.result()
        finally:
            # An error that it holds knows this frame: no circle keeps the instance.
            del call

    def _call(self, arguments: list[Value], running: Running) -> Value:
        try:
            lowered = arguments_to_component(self.name, self.signature, arguments)
            owner = self._owner(lowered)
        except ValueMismatch as error:
            raise CallFailed("Invalid", str(error)) from None
        try:
            result = self._run(lowered, owner, running)
        except Refused as error:
            raise CallFailed("Invalid", f"the function {shown(self.name)} can't be run: {error}") from None
        except WorldProblem as error:
            raise CallFailed(error.kind, f"{self.name}: {error.message}") from None
        except CodeProblem as error:
            sentence = self._sentence("Timeout", "") if error.kind == "Timeout" else f"{self.name}: {error.sentence}"
            raise CallFailed(error.kind, sentence) from None
        except GuestFailed as error:
            if (missing := self._missing(error.reason)) is not None:
                sentence = unprovided.sentence(f"the function {self.entry_id or self.name}", missing)
                raise CallFailed(unprovided.kind(missing), sentence, None, error.frames) from None
            raise CallFailed(error.kind, self._sentence(error.kind, error.reason), None, error.frames, error.exit_status) from None
        finally:
            self._come_back(running)
        return None if self.signature.result is None else from_component(self.signature.result, result)

    def _run(self, arguments: list[Any], owner: Instance | None, running: Running) -> Any:
        world = self.world()
        if owner is not None:
            return owner.call(self.interface, self.name, self.signature, arguments, world, running)
        if self.shared is not None and self.reuse:
            return self._run_shared(self.shared, arguments, world, running)
        instance = self._take(world, running)
        try:
            return instance.call(self.interface, self.name, self.signature, arguments, world, running)
        finally:
            with self.lock:
                if self.reuse and not instance.dead:
                    instance.rested = time.monotonic()
                    self.idle.append(instance)
                    self._look_after()
                else:
                    self.ended += 1
                    self.failed += instance.dead

    def _run_shared(self, shared: SharedInstance, arguments: list[Any], world: World, running: Running) -> Any:
        while True:
            instance = shared.take(world, running, lambda: self._make(world, running), self._ended)
            try:
                return instance.call(self.interface, self.name, self.signature, arguments, world, running)
            except InstanceGone:
                continue  # while this call waited for it
            finally:
                shared.came_back(instance)

    def _ended(self, failed: bool) -> None:
        """Counts the end of an instance that it has made for itself and others."""
        with self.lock:
            self.ended += 1
            self.failed += failed

    def _look_after(self) -> None:
        """Has the idle instances looked at in a while, if some may end; the lock is held."""
        if not self.looked_after and self.keep is not None and len(self.idle) > self.keep:
            self.looked_after = True
            looking = threading.Timer(IDLE, self._let_go)
            looking.daemon = True
            looking.start()

    def _let_go(self) -> None:
        """Ends what has long been idle; the ones used last stay."""
        with self.lock:
            self.looked_after = False
            spare = len(self.idle) - (self.keep or 0)
            old = [each for each in self.idle[: max(spare, 0)] if time.monotonic() - each.rested >= IDLE * 0.99]
            self.idle = [each for each in self.idle if each not in old]
            self.ended += len(old)
            self._look_after()

    def _take(self, world: World, running: Running) -> Instance:
        with self.lock:
            # What was made for another world is let go: the guest has read its environment, and its mounts are open.
            before, self.idle = len(self.idle), [each for each in self.idle if not each.dead and each.world == world]
            self.ended += before - len(self.idle)
            if self.idle:
                return self.idle.pop()
        return self._make(world, running)

    def _make(self, world: World, running: Running) -> Instance:
        with self.lock:
            linked = self.linked
        if linked is None:
            # Not under the lock: it may have to be compiled, and calls end at their limits meanwhile.
            seconds = None if self.max_execution_ms is None else self.max_execution_ms / 1000
            component = linking.load(self.data, self.engine, self.entry_id, seconds)
            linked = component, linking.link(component, self.imports, self.engine)
            with self.lock:
                linked = self.linked = self.linked or linked
        made = Instance(*linked, self.access, world, running, self.max_memory_bytes, self.engine)
        made.shared, made.maker = self.shared, self.entry_id
        with self.lock:
            self.made += 1
        return made

    def _give_up(self, running: Running, kind: str, settled: threading.Event | None = None) -> None:
        """Leaves a call's thread to its guest. What is asleep in there can't be woken; what is busy ends soon.

        ``settled`` is set, so that the thread that waits for this one is free at once.
        """
        with self.lock:
            if running.over or running.given_up is not None:
                return
            running.given_up = kind
            self.abandoned += 1
            self.ever_abandoned += 1
            instance = running.instance
        if instance is not None:
            instance.give_up()
        if settled is not None:
            settled.set()

    def _come_back(self, running: Running) -> None:
        with self.lock:
            # An instance knows its call too: only without this circle does it end at once when it is let go.
            running.over, running.instance = True, None
            if running.given_up is not None:
                self.abandoned -= 1

    def _owner(self, arguments: list[Any]) -> Instance | None:
        """Gets the instance that the handles among the arguments belong to, which must be one and the same."""
        passed = list(_passed(arguments))
        owners = {id(each.handle.instance): each.handle.instance for each in passed if isinstance(each.handle, ResourceHandle)}
        for owner in owners.values():
            if self.shared is not None and isinstance(owner.shared, SharedInstance) and owner.shared is not self.shared:
                unlike = difference(owner.shared.says, self.shared.says, owner.maker, self.entry_id)
                raise ValueMismatch(f"{self.name}: this handle {unlike}")
        if len(owners) > 1 or len(owners) == 0 < len(passed):
            raise ValueMismatch(f"{self.name}: its handles belong to different instances")
        given = [each.handle for each in passed if each.own]
        if any(sum(other.handle is handle for other in passed) > 1 for handle in given):
            raise ValueMismatch(f"{self.name}: a handle that is given away is passed more than once")
        return next(iter(owners.values()), None)

    @property
    def engine(self) -> Engine:
        """The engine whose guests have as much stack as this one."""
        return engine_for(stack_bytes=self.max_stack_bytes)

    def _missing(self, reason: str) -> unprovided.Unprovided | None:
        """Explains the failure of a call of an import that is not there."""
        return linking.explain(reason, binary(self.data), self.written, self.entry_id or "its entry")

    def _sentence(self, kind: str, reason: str) -> str:
        if kind == "Timeout":
            return f"{self.name}: took longer than its limit of {self.max_execution_ms} ms"
        if kind == "Canceled":
            return f"{self.name}: the call was canceled"
        if self.max_stack_bytes is not None and reason == "call stack exhausted":
            return f"{self.name}: {reason}: it has {self.max_stack_bytes} bytes of stack (max_stack_bytes)"
        limit = "" if self.max_memory_bytes is None else f" (its memory is limited to {self.max_memory_bytes} bytes, max_memory_bytes)"
        return f"{self.name}: {reason}{limit}"


def _passed(value: Any) -> Iterable[Passed]:
    if isinstance(value, Passed):
        yield value
    elif isinstance(value, Case):
        yield from _passed(value.payload)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _passed(item)
