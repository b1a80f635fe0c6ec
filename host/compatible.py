"""The compatible call path: Wasmtime's own component implementation, on Python threads, with intermediate values.

It is slower than the direct path, safe and complete, and the oracle for it. Raises ``CallFailed`` for whatever concerns a
call. Everything about the arguments is checked before the guest runs, because any failure ends an instance: it is thrown
away, and the next call gets another one.
"""

from __future__ import annotations

import ctypes
import re
import threading
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, TypeVar

from wasmtime import ExitTrap, Store, WasiConfig, WasmtimeError
from wasmtime import _ffi as ffi
from wasmtime import component as generic

from moonwit.host import component_values, linking, wasi, worker
from moonwit.host.engine import NO_LIMIT, shared_engine, ticks
from moonwit.host.guest_output import GuestOutput
from moonwit.host.intermediate import Value
from moonwit.host.names import shown
from moonwit.host.transcode import Case, Passed, ValueMismatch, arguments_to_component, from_component
from moonwit.host.wasm.plan import Refused
from moonwit.host.wasm.types import Function, Resource

T = TypeVar("T")


class CallFailed(Exception):
    """A call that failed, as plain data. ``kind`` is one of the kinds of Lua's errors module."""

    def __init__(self, kind: str, message: str, details: Value = None, wasm_backtrace: list[dict[str, Value]] | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.details = details
        self.wasm_backtrace = wasm_backtrace or []


class _GuestFailed(Exception):
    """What Wasmtime reported, not yet said in terms of the entry."""

    def __init__(self, kind: str, reason: str, frames: list[dict[str, Value]]) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason
        self.frames = frames


class ResourceHandle:
    """A resource in an instance. It is dropped by ``drop`` or when it is collected, and keeps its instance alive."""

    def __init__(self, instance: Instance, resource: Resource, pointer: generic.ResourceAny) -> None:
        self.instance = instance
        self.resource = resource
        self.pointer: generic.ResourceAny | None = pointer

    def refusal(self) -> str | None:
        """Says why the handle can't be used, as the end of a sentence."""
        if self.pointer is None:
            return "has been dropped or given away"
        return "belongs to an instance that has failed" if self.instance.dead else None

    def drop(self) -> None:
        """Drops the resource, which runs its destructor; does nothing when it is gone already."""
        pointer, self.pointer = self.pointer, None
        if pointer is not None:
            self.instance.garbage.append(pointer)
            worker.run(self.instance.collect)

    def __del__(self) -> None:
        # The destructor runs with the instance's next call: this may be any thread at any moment.
        if self.pointer is not None:
            self.instance.garbage.append(self.pointer)
            self.pointer = None


class Instance:
    """A component's instance in a store of its own. One thread at a time is in it, whichever comes first."""

    def __init__(self, component: generic.Component, linker: generic.Linker, stdio: bool, deadline: int, memory: int | None) -> None:
        self.component = component
        self.deadline = deadline
        self.dead = False
        self.garbage: deque[generic.ResourceAny] = deque()
        self.lock = threading.RLock()
        self.output = [GuestOutput("stdout"), GuestOutput("stderr")] if stdio else []
        self.store = Store(shared_engine())
        config = WasiConfig()
        if stdio:
            config.stdout_custom = self.output[0].write
            config.stderr_custom = self.output[1].write
        if memory is not None:
            self.store.set_limits(memory_size=memory)
        self.store.set_wasi(config)
        self.store.set_wasi_http()
        self.functions: dict[tuple[str | None, str], generic.Func] = {}
        self.instance = self._guarded(lambda: linker.instantiate(self.store, component))

    def call(self, interface: str | None, name: str, signature: Function, arguments: list[Any]) -> Any:
        """Calls an exported function with checked arguments."""
        with self.lock:
            self.collect()
            if self.dead:
                raise _GuestFailed("Internal", "the instance has failed before", [])
            function = self._function(interface, name)
            return self._guarded(lambda: self._run(function, signature, arguments))

    def collect(self) -> None:
        """Drops the resources whose handles are gone."""
        with self.lock:
            while self.garbage and not self.dead:
                self._guarded(partial(self._drop, self.garbage.popleft()))

    def _drop(self, pointer: generic.ResourceAny) -> None:
        _raise_for(ffi.wasmtime_component_resource_any_drop(self.store._context(), pointer.ptr()))

    def _guarded(self, run: Callable[[], T]) -> T:
        """Runs guest code; a failure ends the instance."""
        try:
            self.store.set_epoch_deadline(self.deadline)
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
        raise failure

    def _function(self, interface: str | None, name: str) -> generic.Func:
        path = (interface, name)
        if path not in self.functions:
            parent = self.component.get_export_index(interface) if interface is not None else None
            index = self.component.get_export_index(name, parent) if interface is None or parent is not None else None
            function = self.instance.get_func(self.store, index) if index is not None else None
            if function is None:
                where = "" if interface is None else f" in {shown(interface)}"
                raise _GuestFailed("NotFound", f"the component exports no function {shown(name)}{where}", [])
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
        return pointer._consume()


class CompatibleFunction:
    """An exported function of a component, with the instances that serve it.

    ``interface`` and ``name`` are those of its lift, ``imports`` what its entry grants. Without ``reuse`` each call has a
    fresh instance. Calls from several threads run beside each other, each in an instance of its own.
    """

    def __init__(
        self,
        data: bytes,
        interface: str | None,
        name: str,
        signature: Function,
        imports: Iterable[str] = (),
        entry_id: str = "",
        reuse: bool = True,
        max_execution_ms: int | None = None,
        max_memory_bytes: int | None = None,
    ) -> None:
        self.max_execution_ms = max_execution_ms
        self.max_memory_bytes = max_memory_bytes
        self.interface = interface
        self.name = name
        self.signature = signature
        self.imports = frozenset(imports)
        self.entry_id = entry_id
        self.reuse = reuse
        self.data = data
        self.lock = threading.Lock()
        self.linked: tuple[generic.Component, generic.Linker] | None = None
        self.idle: list[Instance] = []

    def call(self, arguments: list[Value]) -> Value:
        """Calls the function on another thread and waits for it; the wait can be interrupted by a signal. Raises ``CallFailed``."""
        return worker.run(lambda: self.call_here(arguments))

    def call_here(self, arguments: list[Value]) -> Value:
        """Calls the function on this thread. Raises ``CallFailed``."""
        try:
            lowered = arguments_to_component(self.name, self.signature, arguments)
            owner = self._owner(lowered)
        except ValueMismatch as error:
            raise CallFailed("Invalid", str(error)) from None
        try:
            result = self._run(lowered, owner)
        except Refused as error:
            raise CallFailed("Invalid", f"the function {shown(self.name)} can't be run: {error}") from None
        except _GuestFailed as error:
            kind = "PermissionDenied" if error.reason.startswith(linking.UNLINKED) else error.kind
            raise CallFailed(kind, self._sentence(error.reason), None, error.frames) from None
        return None if self.signature.result is None else from_component(self.signature.result, result)

    def _run(self, arguments: list[Any], owner: Instance | None) -> Any:
        if owner is not None:
            return owner.call(self.interface, self.name, self.signature, arguments)
        instance = self._take()
        result = instance.call(self.interface, self.name, self.signature, arguments)
        if self.reuse:
            with self.lock:
                self.idle.append(instance)
        return result

    def _take(self) -> Instance:
        with self.lock:
            while self.idle:
                instance = self.idle.pop()
                if not instance.dead:
                    return instance
            if self.linked is None:
                component = linking.load(self.data)
                self.linked = component, linking.link(component, self.imports)
        deadline = NO_LIMIT if self.max_execution_ms is None else ticks(self.max_execution_ms)
        stdio = any(wasi.grants(f"wasi:cli/{name}", self.imports) for name in ("stdout", "stderr"))
        return Instance(*self.linked, stdio, deadline, self.max_memory_bytes)

    def _owner(self, arguments: list[Any]) -> Instance | None:
        """Gets the instance that the handles among the arguments belong to, which must be one and the same."""
        passed = list(_passed(arguments))
        owners = {id(each.handle.instance): each.handle.instance for each in passed if isinstance(each.handle, ResourceHandle)}
        if len(owners) > 1 or len(owners) == 0 < len(passed):
            raise ValueMismatch(f"{self.name}: its handles belong to different instances")
        given = [each.handle for each in passed if each.own]
        if any(sum(other.handle is handle for other in passed) > 1 for handle in given):
            raise ValueMismatch(f"{self.name}: a handle that is given away is passed more than once")
        return next(iter(owners.values()), None)

    def _sentence(self, reason: str) -> str:
        if reason.startswith(linking.UNLINKED):
            interface = reason.removeprefix(linking.UNLINKED)
            if wasi.grants(interface, self.imports):
                return f"the function {self.name} uses {interface}, which the compatible call path does not offer"
            return f"the function {self.name} uses {interface}, which its entry {self.entry_id} does not import"
        if reason == "interrupt":
            return f"{self.name}: took longer than its limit of {self.max_execution_ms} ms"
        limit = "" if self.max_memory_bytes is None else f" (its memory is limited to {self.max_memory_bytes} bytes, max_memory_bytes)"
        return f"the function {self.name} failed: {reason}{limit}"


def _passed(value: Any) -> Iterable[Passed]:
    if isinstance(value, Passed):
        yield value
    elif isinstance(value, Case):
        yield from _passed(value.payload)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _passed(item)


def _raise_for(error: Any) -> None:
    if error:
        raise WasmtimeError._from_ptr(error)


_CAUSE = re.compile(r"Caused by:\s*(?:\d+:\s*)?(.*)\Z", re.DOTALL)


def _read_failure(error: WasmtimeError) -> _GuestFailed:
    """Reads reason and backtrace; Wasmtime's message repeats the backtrace and ends with the reason."""
    if isinstance(error, ExitTrap):
        return _GuestFailed("Internal", f"it exited with status {error.code}", _frames(error))
    message = str(error)
    cause = _CAUSE.search(message)
    reason = (cause.group(1) if cause else message).strip()
    if not cause and message.startswith("error while executing"):
        reason = "the guest failed"
    lines = (re.sub(r"^(\d+: )?(wasm trap: )?", "", line.strip()) for line in reason.splitlines())
    reason = ": ".join(line for line in lines if line)
    return _GuestFailed("Timeout" if reason == "interrupt" else "Internal", reason, _frames(error))


def _frames(error: WasmtimeError) -> list[dict[str, Value]]:
    vector = ffi.wasm_frame_vec_t(0, None)
    ffi.wasmtime_error_wasm_trace(error.ptr(), ctypes.byref(vector))
    try:
        return [_frame(vector.data[i]) for i in range(vector.size)]
    finally:
        ffi.wasm_frame_vec_delete(ctypes.byref(vector))


def _frame(frame: Any) -> dict[str, Value]:
    described: dict[str, Value] = {"offset": ffi.wasm_frame_module_offset(frame)}
    for key, name in (("module", ffi.wasmtime_frame_module_name(frame)), ("func", ffi.wasmtime_frame_func_name(frame))):
        if name:
            described[key] = ctypes.string_at(name.contents.data, name.contents.size).decode("utf-8", "replace")
    described.setdefault("func", f"function {ffi.wasm_frame_func_index(frame)}")
    return described
