"""Instances of components on Wasmtime's own component implementation, for tests to compare with; a failure ends one."""

from __future__ import annotations

import ctypes
import os
import re
from collections.abc import Callable
from typing import Any, TypeVar

from wasmtime import ExitTrap, Store, WasiConfig, WasmtimeError
from wasmtime import _ffi as ffi
from wasmtime import component as generic

from moonwit.host.engine.engine import NO_LIMIT, shared_engine
from moonwit.host.values.names import shown
from moonwit.host.wasi import grants as wasi
from moonwit.host.wasi.world import World, folders
from moonwit.host.wasm.wit.types import Function
from tests.oracle import component_values, guest_environment, linking
from tests.oracle.guest_output import GuestOutput

T = TypeVar("T")


class GuestFailed(Exception):
    """What Wasmtime reported, not yet said in terms of the entry."""

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason


class Instance:
    """A component's instance in a store of its own, made for one ``World``. Resources can't be passed to it or taken from it."""

    def __init__(self, component: generic.Component, linker: generic.Linker, imports: frozenset[str], world: World) -> None:
        self.component = component
        self.world = world
        self.output: list[GuestOutput] = []
        self.store = Store(shared_engine())
        self.store.set_wasi(self._config(imports))
        if wasi.grants("wasi:http/outgoing-handler", imports):
            self.store.set_wasi_http()
        self.functions: dict[tuple[str | None, str], generic.Func] = {}
        self.instance = self._guarded(lambda: linker.instantiate(self.store, component))

    def _config(self, imports: frozenset[str]) -> WasiConfig:
        config = WasiConfig()
        if wasi.grants("wasi:cli/stdout", imports):
            self.output.append(GuestOutput("stdout"))
            config.stdout_custom = self.output[-1].write
        if wasi.grants("wasi:cli/stderr", imports):
            self.output.append(GuestOutput("stderr"))
            config.stderr_custom = self.output[-1].write
        if wasi.grants("wasi:filesystem/preopens", imports):
            for folder in folders(self.world):
                config.preopen_dir(f"/proc/self/fd/{folder.descriptor}", folder.guest, not folder.mount.read_only)
                os.close(folder.descriptor)
        return config

    def call(self, interface: str | None, name: str, signature: Function, arguments: list[Any]) -> Any:
        """Calls an exported function with checked arguments."""
        function = self._function(interface, name)
        return self._guarded(lambda: self._run(function, signature, arguments))

    def _guarded(self, run: Callable[[], T]) -> T:
        """Runs guest code."""
        try:
            self.store.set_epoch_deadline(NO_LIMIT)
            with guest_environment.seen(self.world):
                return run()
        except WasmtimeError as error:
            raise _read_failure(error) from None
        finally:
            for output in self.output:
                output.flush()

    def _function(self, interface: str | None, name: str) -> generic.Func:
        path = (interface, name)
        if path not in self.functions:
            parent = self.component.get_export_index(interface) if interface is not None else None
            index = self.component.get_export_index(name, parent) if interface is None or parent is not None else None
            function = self.instance.get_func(self.store, index) if index is not None else None
            if function is None:
                where = "" if interface is None else f" in {shown(interface)}"
                raise GuestFailed("NotFound", f"the component exports no function {shown(name)}{where}")
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
                component_values.write(param.type, argument, written[count], _no_resource)
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
            return component_values.read(signature.result, result, _no_resource)
        finally:
            ffi.wasmtime_component_val_delete(results)


def _no_resource(*_: Any) -> Any:
    raise AssertionError("the oracle takes and gives no resources")


def _raise_for(error: Any) -> None:
    if error:
        raise WasmtimeError._from_ptr(error)


# What is wrong with a guest that calls an import where it may not; lua/wasmtime/trap.lua says the same.
LEFT = "cannot leave component instance: it calls an import while values are passed to or from it, in its realloc or post-return function"

_CAUSE = re.compile(r"Caused by:\s*(?:\d+:\s*)?(.*)\Z", re.DOTALL)


def _read_failure(error: WasmtimeError) -> GuestFailed:
    """Reads reason and backtrace; Wasmtime's message repeats the backtrace and ends with the reason."""
    if isinstance(error, ExitTrap):
        return GuestFailed("Internal", f"it exited with status {error.code}")
    message = str(error)
    if (status := linking.exit_status(message)) is not None:
        return GuestFailed("Internal", f"it exited with status {status}")
    if (unfit := linking.unfit(message)) is not None:
        return GuestFailed("Internal", unfit)
    cause = _CAUSE.search(message)
    reason = (cause.group(1) if cause else message).strip()
    if not cause and message.startswith("error while executing"):
        reason = "the guest failed"
    # From what happened to what it led to, as lua/wasmtime/trap.lua says it.
    lines = [re.sub(r"^(\d+: )?(wasm trap: )?", "", line.strip()) for line in reversed(reason.splitlines())]
    reason = ": ".join(line for line in lines if line)
    if reason == "cannot leave component instance":
        reason = LEFT
    return GuestFailed("Internal", reason)
