"""Wasmtime's own component implementation, behind the rules for values written in Python: what tests compare with.

Raises ``CallFailed`` for whatever concerns a call, with the kind and the message that a script would see.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from moonwit.host.functions import unprovided
from moonwit.host.functions.binaries import binary
from moonwit.host.functions.results import as_python
from moonwit.host.values.intermediate import Value
from moonwit.host.wasi.world import EMPTY, World, worlds
from moonwit.host.wasm.problems import Refused
from moonwit.host.wasm.wit.types import Function, Result
from tests.oracle import linking
from tests.oracle.instance import GuestFailed, Instance
from tests.oracle.transcode import ValueMismatch, arguments_to_component, from_component

if TYPE_CHECKING:
    from collections.abc import Callable

    from moonwit.host.functions.loaded import LoadedFunction
    from moonwit.registry import Registry


class CallFailed(Exception):
    """A call that failed, as plain data. ``kind`` is one of the kinds of errors in Lua."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


class Oracle:
    """An exported function of a component, with the instance that serves it until a call fails.

    ``interface`` and ``name`` are those of its lift, ``imports`` what its entry grants, and ``world`` gives what its `wasi:` shows.
    """

    def __init__(
        self,
        data: bytes,
        interface: str | None,
        name: str,
        signature: Function,
        imports: Iterable[str] = (),
        entry_id: str = "",
        world: Callable[[], World] = lambda: EMPTY,
    ) -> None:
        self.data = data
        self.interface = interface
        self.name = name
        self.signature = signature
        self.imports = tuple(imports)
        self.entry_id = entry_id
        self.world = world
        self.instance: Instance | None = None

    def call(self, arguments: list[Value]) -> Value:
        """Calls the function with values of the intermediate model, on this thread; raises ``CallFailed``."""
        try:
            lowered = arguments_to_component(self.name, self.signature, arguments)
        except ValueMismatch as error:
            raise CallFailed("Invalid", str(error)) from None
        try:
            result = self._entered().call(self.interface, self.name, self.signature, lowered)
        except Refused as error:
            raise CallFailed("Invalid", f"{self.name}: {error}") from None
        except GuestFailed as error:
            self.instance = None
            missing = linking.explain(error.reason, binary(self.data), self.imports, self.entry_id or "its entry")
            if missing is not None:
                sentence = unprovided.sentence(f"the function {self.entry_id or self.name}", missing)
                raise CallFailed("PermissionDenied", sentence) from None
            raise CallFailed(error.kind, f"{self.name}: {error.reason}") from None
        return None if self.signature.result is None else from_component(self.signature.result, result)

    def _entered(self) -> Instance:
        """Gives the instance, a new one where the last call has failed or has seen another world: a guest's library reads it once."""
        world = self.world()
        if self.instance is None or self.instance.world != world:
            component = linking.load(self.data)
            self.instance = Instance(component, linking.link(component, frozenset(self.imports)), frozenset(self.imports), world)
        return self.instance


def oracle_of(function: LoadedFunction, registry: Registry | None = None) -> Oracle:
    """Makes the oracle of a function that an entry declares."""
    interface, _, name = function.export.rpartition("#")
    seen = worlds(function.wasi, registry)
    return Oracle(function.data, interface or None, name, function.signature, function.grants, function.id, seen)


def outcome(function: Oracle, *arguments: Value) -> tuple[Any, ...]:
    """Gives ``("value", value)`` as `Project.call` gives it, or ``("error", kind, message, details)``.

    The message of an error that the guest returns is known where that is text, and otherwise None.
    """
    type = function.signature.result
    try:
        value = function.call(list(arguments))
    except CallFailed as error:
        return "error", error.kind, error.message, None
    if not isinstance(type, Result):
        return "value", as_python(value, type)
    if b"err" not in value:
        return "value", None if type.ok is None else as_python(value[b"ok"], type.ok)
    details = None if type.err is None else as_python(value[b"err"], type.err)
    return "error", "", details if isinstance(details, str) else None, details
