"""Calls on the compatible path, as lanes ask for them: functions by their targets, and the handles that scripts hold as leases."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from moonwit.host.wasm.wit import types as wit
from moonwit.lua.calls.descriptions import limits, pool_bounds
from moonwit.lua.values import buffer

if TYPE_CHECKING:
    from moonwit.host.compatible.compatible import CompatibleFunction
    from moonwit.host.compatible.leases import Leases
    from moonwit.host.compatible.shared_instance import SharedInstance
    from moonwit.host.engine.worker import Cancellation
    from moonwit.host.functions.loaded import LoadedFunction
    from moonwit.lua.border.answers import CallFailure, CallValue
    from moonwit.lua.border.entries import CompatibleEntry
    from moonwit.registry import Registry


class CompatibleCalls:
    """Answers for the functions in ``loaded`` that take the compatible path, of the registry that there is when one is asked for."""

    def __init__(self, loaded: Mapping[str, LoadedFunction], registry: Callable[[], Registry | None]) -> None:
        self._loaded = loaded
        self._registry = registry
        self._lock = threading.Lock()
        # By target: `id|path`.
        self.functions: dict[str, CompatibleFunction] = {}
        self._shared: dict[str, SharedInstance] = {}

    def forget(self) -> None:
        """Has functions and the instances that they share made anew; handles keep the old ones."""
        with self._lock:
            self.functions.clear()
            self._shared.clear()

    def of(self, id: str) -> list[CompatibleFunction]:
        """Gives what was made of an entry."""
        return [made for target, made in list(self.functions.items()) if target.partition("|")[0] == id]

    def difference(self, made: float | bytes, called: bytes) -> str:
        """Says why a handle, of a lease or made by an entry, can't be passed to another entry."""
        from moonwit.host.functions import sharing

        held = None if isinstance(made, bytes) else self._leases.get(int(made))
        maker = self._loaded.get(made.decode() if isinstance(made, bytes) else held[1] if held is not None else "")
        if maker is None:
            return "was dropped, or made before the project was read again"
        id = called.decode()
        return sharing.difference(sharing.says(maker), sharing.says(self._loaded[id]), maker.id, id)

    def entry(self, function: LoadedFunction, path: str, signature: wit.Function) -> CompatibleEntry:
        """Describes an export of an entry's binary: the entry's own, or a method of a handle."""
        from moonwit.lua.guest.plan import signature_data

        name = path.rpartition("#")[2]
        return {
            "resolver": "compatible",
            "id": function.id,
            "target": self._target(function, path, signature),
            "results": function.results,
            "pool": pool_bounds(function.pool),
            "signature": signature_data(name, signature),
            **limits(function),
        }

    def _target(self, function: LoadedFunction, path: str, signature: wit.Function) -> str:
        """Makes a function callable on the compatible path; gives the name that calls know it by."""
        from moonwit.host.compatible.compatible import CompatibleFunction
        from moonwit.host.compatible.shared_instance import SharedInstance
        from moonwit.host.functions import sharing
        from moonwit.host.wasi.world import worlds

        target = f"{function.id}|{path}"
        shared = sharing.defines_resources(function)
        with self._lock:
            if target not in self.functions:
                interface, _, name = path.rpartition("#")
                group = None
                if shared:
                    said = sharing.says(function)
                    group = self._shared.setdefault(said.key, SharedInstance(said))
                made = CompatibleFunction(
                    function.data,
                    interface or None,
                    name,
                    signature,
                    function.grants,
                    function.id,
                    function.pool.reuse,
                    function.max_execution_ms,
                    function.max_memory_bytes,
                    worlds(function.wasi, self._registry()),
                    max_stack_bytes=function.max_stack_bytes,
                    keep={"static": function.pool.size, "adaptive": 1}.get(function.pool.type, 0),
                    shared=group,
                )
                self.functions[target] = made
        return target

    def call(self, target: bytes, arguments: bytes, cancellation: Cancellation | None = None) -> CallFailure | CallValue:
        """A call on the compatible path."""
        from moonwit.host.compatible.compatible import CallFailed

        name = target.decode()
        given = [self._leases.redeem(value) for value in buffer.decode_all(arguments)]
        try:
            value = self.functions[name].call_here(given, cancellation)
        except CallFailed as error:
            return {
                "failed": True,
                "kind": error.kind,
                "message": error.message,
                "details": error.details,
                "backtrace": error.wasm_backtrace,
            }
        return {"value": self._leases.lend(value, name.partition("|")[0])}

    @functools.cached_property
    def _leases(self) -> Leases:
        from moonwit.host.compatible.leases import Leases

        return Leases()

    def lease_method(self, number: float, method: bytes) -> CompatibleEntry | None:
        """Describes a method of what a lease holds; None for a lease that has ended, and for a method that there is not."""
        held = self._leases.get(int(number))
        if held is None:
            return None
        handle, entry = held
        resource, function = handle.resource, self._loaded.get(entry)
        if function is None:
            return None
        name = f"[method]{resource.name}.{method.decode('utf-8', 'replace')}"
        path = name if resource.interface is None else f"{resource.interface}#{name}"
        signature = function.binary.functions.get(path)
        return None if signature is None else self.entry(function, path, signature)

    def end_lease(self, number: float) -> None:
        self._leases.drop(int(number))
