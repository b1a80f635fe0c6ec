"""Instances of components on Wasmtime's own component implementation: entered, watched, and ended by their first failure."""

from __future__ import annotations

import ctypes
import itertools
import os
import re
import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from wasmtime import Engine, ExitTrap, Store, WasiConfig, WasmtimeError
from wasmtime import _ffi as ffi
from wasmtime import component as generic

from moonwit.host.compatible import component_values, guest_environment, linking
from moonwit.host.compatible.guest_names import demangled, readable
from moonwit.host.compatible.transcode import Passed
from moonwit.host.engine import worker
from moonwit.host.engine.engine import shared_engine, start_ticker, table_elements, ticks
from moonwit.host.values.intermediate import Value
from moonwit.host.values.names import shown
from moonwit.host.wasi.grants import Access
from moonwit.host.wasi.guest_output import GuestOutput
from moonwit.host.wasi.network_access import open_network
from moonwit.host.wasi.world import World, preopen
from moonwit.host.wasm.wit.types import Function, Resource

T = TypeVar("T")

# How long a busy guest goes on until it is looked whether anybody still waits for it, in milliseconds.
SLICE_MS = 100.0
INTERRUPT = "interrupt"
# How often a call that waits for the instance looks whether anybody still waits for it, in seconds.
STEP = 0.05


class GuestFailed(Exception):
    """What Wasmtime reported, not yet said in terms of the entry."""

    def __init__(self, kind: str, reason: str, frames: list[dict[str, Value]], exit_status: int | None = None) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason
        self.frames = frames
        self.exit_status = exit_status


class InstanceGone(GuestFailed):
    """The instance has failed before this call entered it; another one may serve it."""


class ResourceHandle:
    """A resource in an instance. It is dropped by ``drop`` or when it is collected, and keeps its instance alive."""

    def __init__(self, instance: Instance, resource: Resource, pointer: generic.ResourceAny) -> None:
        self.instance = instance
        self.resource = resource
        self.pointer: generic.ResourceAny | None = pointer
        instance.lent += 1  # in a call, which has the instance to itself

    def refusal(self) -> str | None:
        """Says why the handle can't be used, as the end of a sentence."""
        if self.pointer is None:
            return "has been dropped or given away"
        return "belongs to an instance that has failed" if self.instance.dead else None

    def drop(self) -> None:
        """Drops the resource, which runs its destructor; does nothing when it is gone already."""
        pointer, self.pointer = self.pointer, None
        if pointer is not None:
            self.instance.gone.append(None)
            self.instance.garbage.append(pointer)
            worker.run(self.instance.collect)

    def __del__(self) -> None:
        # The destructor runs with the instance's next call: this may be any thread at any moment.
        if self.pointer is not None:
            self.instance.gone.append(None)
            self.instance.garbage.append(self.pointer)
            self.pointer = None


class Running:
    """A call that a guest is in, as those see it who wait for it: it may be given up, and the guest then ends when it can."""

    def __init__(self, limit_ms: float | None = None) -> None:
        self.end = None if limit_ms is None else time.monotonic() + limit_ms / 1000
        self.instance: Instance | None = None
        self.given_up: str | None = None
        self.over = False

    def reason_to_end(self) -> str | None:
        """Gives the kind of error that a guest which is still busy ends with."""
        return self.given_up or ("Timeout" if self.end is not None and time.monotonic() >= self.end else None)


class Instance:
    """A component's instance in a store of its own, made for one ``World``. One thread at a time is in it, whichever comes first."""

    def __init__(
        self,
        component: generic.Component,
        linker: generic.Linker,
        access: Access,
        world: World,
        running: Running,
        memory: int | None = None,
        engine: Engine | None = None,
    ) -> None:
        self.component = component
        self.world = world
        self.running = running
        running.instance = self
        self.dead = False
        self.rested = 0.0
        # The entries that share it, if any, and the one that made it.
        self.shared: object = None
        self.maker = ""
        # Whether a call is in it; and how many handles were given out, and an item for each that is gone, which any thread may add.
        self.busy = False
        self.lent = 0
        self.gone: list[None] = []
        self.garbage: deque[generic.ResourceAny] = deque()
        self.lock = threading.RLock()
        self.output: list[GuestOutput] = []
        self.store = Store(engine or shared_engine())
        self.store.set_limits(memory_size=-1 if memory is None else memory, table_elements=table_elements(memory))
        self.store.set_wasi(self._config(access))
        if access.http:
            self.store.set_wasi_http()
        self.number = next(_numbers)
        _instances[self.number] = self
        start_ticker()
        ffi.wasmtime_store_epoch_deadline_callback(self.store.ptr(), _at_deadline, self.number, _nothing)
        self.functions: dict[tuple[str | None, str], generic.Func] = {}
        self.instance = self._guarded(lambda: linker.instantiate(self.store, component))

    def _config(self, access: Access) -> WasiConfig:
        config = WasiConfig()
        if access.output:
            self.output.append(GuestOutput("stdout"))
            config.stdout_custom = self.output[-1].write
        if access.errors:
            self.output.append(GuestOutput("stderr"))
            config.stderr_custom = self.output[-1].write
        # At a terminal Wasmtime's blocked reader, which nothing wakes, would take the next line from the next reader.
        if access.input and not os.isatty(0):
            config.inherit_stdin()
        # Wasmtime's own sockets know no addresses: they are opened where nothing is left out.
        is_open = self.world.network.is_open
        if access.network and is_open:
            open_network(config, access.names)
        else:
            ffi.wasi_config_allow_ip_name_lookup(config.ptr(), access.names and is_open)
        if access.files:
            preopen(config, self.world)
        return config

    def call(
        self, interface: str | None, name: str, signature: Function, arguments: list[Any], world: World, running: Running
    ) -> Any:
        """Calls an exported function with checked arguments."""
        # A guest may be asleep or blocked in there forever, and its instance be given up.
        while not self.lock.acquire(timeout=STEP):
            if running.given_up is not None or self.dead:
                raise self._unusable(running)
        try:
            if running.given_up is not None or self.dead:
                raise self._unusable(running)
            self.busy = True
            # In this order: who asks meanwhile may take a handle that is gone for one that is held, and not the other way round.
            count = len(self.gone)
            del self.gone[:count]
            self.lent -= count
            self.world, self.running = world, running
            running.instance = self
            self.collect()
            if running.given_up is not None or self.dead:
                raise self._unusable(running)
            function = self._function(interface, name)
            return self._guarded(lambda: self._run(function, signature, arguments))
        finally:
            self.busy = False
            self.lock.release()

    def _unusable(self, running: Running) -> GuestFailed:
        """Says why a call does not enter the guest."""
        if running.given_up is not None:
            return GuestFailed(running.given_up, "nobody waits for it", [])
        return InstanceGone("Internal", "the instance has failed before", [])

    def held(self) -> bool:
        """Tells whether anybody holds a handle of its resources."""
        return self.lent > len(self.gone)

    def collect(self) -> None:
        """Drops the resources whose handles are gone."""
        # Who is in the instance may stay there: what is not dropped now is dropped with the next call.
        if not self.lock.acquire(blocking=False):
            return
        try:
            while self.garbage and not self.dead:
                self._guarded(partial(self._drop, self.garbage.popleft()))
        finally:
            self.lock.release()

    def _drop(self, pointer: generic.ResourceAny) -> None:
        _raise_for(ffi.wasmtime_component_resource_any_drop(self.store._context(), pointer.ptr()))

    def _guarded(self, run: Callable[[], T]) -> T:
        """Runs guest code; a failure ends the instance."""
        try:
            self.store.set_epoch_deadline(self._slice())
            with guest_environment.seen(self.world):
                return run()
        except WasmtimeError as error:
            failure = _read_failure(error)
        except BaseException:
            self.dead = True
            raise
        finally:
            for output in self.output:
                output.flush()
        self.dead = True
        if failure.kind == "Timeout" and self.running.given_up:
            failure.kind = self.running.given_up
        try:
            raise failure
        finally:
            # The exception knows this frame: without the name there is no circle, and the instance ends as soon as it is let go.
            del failure

    def give_up(self) -> None:
        """Ends the instance for its next caller, and has the guest heard no more."""
        self.dead = True
        for output in self.output:
            output.closed = True

    def _slice(self) -> int:
        """Gives the epochs after which a busy guest is looked at."""
        end = self.running.end
        left = SLICE_MS if end is None else (end - time.monotonic()) * 1000
        return ticks(max(0.0, min(left, SLICE_MS)))

    def at_deadline(self) -> int | None:
        """Gives the epochs that a busy guest may go on for, or None when it shall end."""
        return None if self.running.reason_to_end() else self._slice()

    def _function(self, interface: str | None, name: str) -> generic.Func:
        path = (interface, name)
        if path not in self.functions:
            parent = self.component.get_export_index(interface) if interface is not None else None
            index = self.component.get_export_index(name, parent) if interface is None or parent is not None else None
            function = self.instance.get_func(self.store, index) if index is not None else None
            if function is None:
                where = "" if interface is None else f" in {shown(interface)}"
                raise GuestFailed("NotFound", f"the component exports no function {shown(name)}{where}", [])
            self.functions[path] = function
        return self.functions[path]

    def _run(self, function: generic.Func, signature: Function, arguments: list[Any]) -> Any:
        """Calls through the C API: wasmtime-py's own call reads all types again and raises what other threads left behind."""
        written = (ffi.wasmtime_component_val_t * len(arguments))()
        result = ffi.wasmtime_component_val_t()
        results = ctypes.byref(result) if signature.result is not None else None
        count = 0
        try:
            for param, argument in zip(signature.params, arguments, strict=True):
                component_values.write(param.type, argument, written[count], self._release)
                count += 1
            context = self.store._context()
            size = 0 if results is None else 1
            _raise_for(ffi.wasmtime_component_func_call(ctypes.byref(function._func), context, written, count, results, size))
        finally:
            for i in range(count):
                ffi.wasmtime_component_val_delete(ctypes.byref(written[i]))
        if signature.result is None:
            return None
        try:
            return component_values.read(signature.result, result, lambda resource, pointer: ResourceHandle(self, resource, pointer))
        finally:
            ffi.wasmtime_component_val_delete(results)

    def _release(self, passed: Passed) -> Any:
        handle = passed.handle
        if not isinstance(handle, ResourceHandle) or handle.pointer is None:
            raise AssertionError("a handle was checked and is not there")
        if not passed.own:
            return ffi.wasmtime_component_resource_any_clone(handle.pointer.ptr())
        pointer, handle.pointer = handle.pointer, None
        self.gone.append(None)
        return pointer._consume()


_numbers = itertools.count(1)
_instances: WeakValueDictionary[int, Instance] = WeakValueDictionary()


@ctypes.CFUNCTYPE(
    ctypes.c_size_t,
    ctypes.POINTER(ffi.wasmtime_context_t),
    ctypes.c_void_p,
    ctypes.POINTER(ctypes.c_uint64),
    ctypes.POINTER(ffi.wasmtime_update_deadline_kind_t),
)  # type: ignore[untyped-decorator]
def _at_deadline(context: Any, number: int, delta: Any, kind: Any) -> int:
    instance = _instances.get(number)
    more = None if instance is None else instance.at_deadline()
    if more is None:
        return ctypes.cast(ffi.wasmtime_error_new(INTERRUPT.encode()), ctypes.c_void_p).value or 0
    delta[0], kind[0] = more, 0  # WASMTIME_UPDATE_DEADLINE_CONTINUE
    return 0


@ctypes.CFUNCTYPE(None, ctypes.c_void_p)  # type: ignore[untyped-decorator]
def _nothing(_number: int) -> None:
    pass


def _raise_for(error: Any) -> None:
    if error:
        raise WasmtimeError._from_ptr(error)


# What is wrong with a guest that calls an import where it may not; lua/wasmtime/trap.lua says the same of the other call path.
LEFT = "cannot leave component instance: it calls an import while values are passed to or from it, in its realloc or post-return function"

_CAUSE = re.compile(r"Caused by:\s*(?:\d+:\s*)?(.*)\Z", re.DOTALL)


def _read_failure(error: WasmtimeError) -> GuestFailed:
    """Reads reason and backtrace; Wasmtime's message repeats the backtrace and ends with the reason."""
    if isinstance(error, ExitTrap):
        return GuestFailed("Internal", f"it exited with status {error.code}", _frames(error), error.code)
    message = str(error)
    if (status := linking.exit_status(message)) is not None:
        return GuestFailed("Internal", f"it exited with status {status}", _frames(error), status)
    if (unfit := linking.unfit(message)) is not None:
        return GuestFailed("Internal", unfit, [])
    cause = _CAUSE.search(message)
    reason = (cause.group(1) if cause else message).strip()
    if not cause and message.startswith("error while executing"):
        reason = "the guest failed"
    # From what happened to what it led to, as lua/wasmtime/trap.lua says it.
    lines = [re.sub(r"^(\d+: )?(wasm trap: )?", "", line.strip()) for line in reversed(reason.splitlines())]
    reason = ": ".join(line for line in lines if line)
    if reason == "cannot leave component instance":
        reason = LEFT
    return GuestFailed("Timeout" if reason == INTERRUPT else "Internal", reason, _frames(error))


def _frames(error: WasmtimeError) -> list[dict[str, Value]]:
    vector = ffi.wasm_frame_vec_t(0, None)
    ffi.wasmtime_error_wasm_trace(error.ptr(), ctypes.byref(vector))
    try:
        message = str(error)
        return [_frame(vector.data[i], i, message) for i in range(vector.size)]
    finally:
        ffi.wasm_frame_vec_delete(ctypes.byref(vector))


def _frame(frame: Any, place: int, message: str) -> dict[str, Value]:
    described: dict[str, Value] = {"offset": ffi.wasm_frame_module_offset(frame)}
    for key, name in (("module", ffi.wasmtime_frame_module_name(frame)), ("func", ffi.wasmtime_frame_func_name(frame))):
        if name:
            described[key] = ctypes.string_at(name.contents.data, name.contents.size).decode("utf-8", "replace")
    described.setdefault("func", f"function {ffi.wasm_frame_func_index(frame)}")
    module = described.get("module")
    described["func"] = readable(demangled(str(described["func"]), place, None if module is None else str(module), message))
    return described
