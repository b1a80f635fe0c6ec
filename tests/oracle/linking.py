"""Loads components for Wasmtime's own component implementation, and links what an entry grants to them.

Wasmtime's linker grants all of WASI 0.2 at once. What an entry does not import is covered by functions that fail with the
name of their interface, under the very name the component imports it by, which the linker finds before any other version.
"""

from __future__ import annotations

import atexit
import ctypes
import itertools
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from wasmtime import Engine, WasmtimeError
from wasmtime import _ffi as ffi
from wasmtime import component as generic
from wasmtime._managed import Managed

from moonwit.host.engine.engine import shared_engine
from moonwit.host.functions import unprovided
from moonwit.host.values.names import shown
from moonwit.host.wasi import grants as wasi
from moonwit.host.wasm.problems import Refused
from tests.oracle import guest_environment

if TYPE_CHECKING:
    from moonwit.host.functions.binaries import Binary

# Begins the message of a function that stands in for one that is not linked; `interface#function` follows, with the version.
UNLINKED = "moonwit:unlinked "
# The same for one that is linked, but is not of the type that the component says.
UNFIT = "moonwit:unfit "
# Begins the message of what ends a guest that has asked for it; the status follows.
EXIT = "moonwit:exit "

_UNFIT = re.compile(r"component imports instance `([^`]+)`, but a matching.*instance export `([^`]+)` has the wrong type", re.DOTALL)

_EXIT = "wasi:cli/exit"
_stubs: dict[int, str] = {}
_numbers = itertools.count(1)


def exit_status(message: str) -> int | None:
    """Gives the status that a guest has asked to end with; None where something else has ended it."""
    found = re.search(rf"{EXIT}(\d+)", message)
    return None if found is None else int(found[1])


def load(data: bytes) -> generic.Component:
    """Compiles a component here and now; raises ``Refused``.

    With concurrency support off, the engine takes no streams, futures and error contexts, at which its C API would abort.
    """
    try:
        return generic.Component(shared_engine(), data)
    except WasmtimeError as error:
        raise Refused(f"the component can't be compiled: {' '.join(str(error).split())}") from None


def unfit(message: str) -> str | None:
    """Gives the reason for what Wasmtime says of imports that do not fit; None for another message."""
    found = _UNFIT.search(message)
    return None if found is None else f"{UNFIT}{found[1]}#{found[2]}"


def explain(reason: str, found: Binary, grants: Iterable[str], entry: str | None) -> unprovided.Unprovided | None:
    """Explains the reason that a guest failed for by the import it lacks; None where it is another one."""
    marker = next((marker for marker in (UNLINKED, UNFIT) if marker in reason), None)
    if marker is None:
        return None
    interface, _, function = reason.partition(marker)[2].partition("#")
    missing = unprovided.explain(found, interface, function, grants, entry)
    # What Wasmtime provides and did not take is of another type.
    provided = missing.why == "ungranted"
    return unprovided.mistyped(interface, function) if marker == UNFIT and provided else missing


def link(component: generic.Component, imports: frozenset[str]) -> generic.Linker:
    """Makes a linker that gives a component what ``imports`` grant, and for the rest functions that fail."""
    engine = shared_engine()
    linker = generic.Linker(engine)
    linker.allow_shadowing = True
    linker.add_wasip2()
    if any(wasi.grants(f"wasi:http/{name}", imports) for name in wasi.PACKAGES["wasi:http"]):
        linker.add_wasi_http()
    seen: list[generic.ResourceType] = []
    with component.type as type:
        for name, extern in type.imports(engine).items():
            item = extern.ty
            if wasi.links(name, imports):
                if wasi.interface_of(name) == guest_environment.INTERFACE:
                    _answer(linker, name)
                elif wasi.interface_of(name) == _EXIT:
                    with linker.root() as root, root.add_instance(name) as inner:
                        _define(inner, "exit", f"{_EXIT}#exit", _exit)
                        _define(inner, "exit-with-code", f"{_EXIT}#exit-with-code", _exit)
                elif isinstance(item, generic.ComponentInstanceType):
                    seen += [inner.ty for inner in item.exports(engine).values() if isinstance(inner.ty, generic.ResourceType)]
                continue
            with linker.root() as root:
                _cover(engine, root, name, item, "$root" if isinstance(item, generic.FuncType) else name, seen)
    return linker


def _answer(linker: generic.Linker, name: str) -> None:
    """Defines the environment, which differs from call to call, under the name that a component imports it by."""
    with linker.root() as root, root.add_instance(name) as inner:
        for key, callback in guest_environment.FUNCTIONS.items():
            _define(inner, key, f"{guest_environment.INTERFACE}#{key}", callback)


def _cover(
    engine: Engine, parent: generic.LinkerInstance, name: str, item: Any, interface: str, seen: list[generic.ResourceType]
) -> None:
    """Defines ``item`` in ``parent``: functions fail, resources are new ones unless they are another's by another name."""
    if isinstance(item, generic.FuncType):
        is_empty = (wasi.interface_of(interface), name) == wasi.NO_DIRECTORIES
        _define(parent, name, f"{interface}#{name}", _no_directories if is_empty else _fail)
    elif isinstance(item, generic.ResourceType):
        if not any(item == other for other in seen):
            seen.append(item)
            parent.add_resource(name, generic.ResourceType.host(next(_numbers)), lambda store, rep: None)
    elif isinstance(item, generic.ComponentInstanceType):
        with parent.add_instance(name) as inner:
            for key, extern in item.exports(engine).items():
                _cover(engine, inner, key, extern.ty, interface, seen)
    elif isinstance(item, (generic.ComponentType, generic.ModuleType)):
        raise Refused(f"the component imports {shown(name)}, a {'module' if isinstance(item, generic.ModuleType) else 'component'}")


def _define(parent: generic.LinkerInstance, name: str, path: str, callback: Any) -> None:
    # wasmtime-py's own callbacks convert the arguments first, and keep the last exception for all threads together.
    number = next(_numbers)
    _stubs[number] = path
    encoded = name.encode()
    error = ffi.wasmtime_component_linker_instance_add_func(
        parent.ptr(), ctypes.create_string_buffer(encoded), len(encoded), callback, number, _forget
    )
    if error:
        raise WasmtimeError._from_ptr(error)


@ffi.wasmtime_component_func_callback_t  # type: ignore[untyped-decorator]
def _fail(number: int, context: Any, type: Any, args: Any, count: int, results: Any, result_count: int) -> Any:
    message = UNLINKED + _stubs.get(number, "an unknown interface")
    return ctypes.cast(ffi.wasmtime_error_new(message.encode()), ctypes.c_void_p).value


@ffi.wasmtime_component_func_callback_t  # type: ignore[untyped-decorator]
def _no_directories(number: int, context: Any, type: Any, args: Any, count: int, results: Any, result_count: int) -> Any:
    results[0].kind = ffi.WASMTIME_COMPONENT_LIST.value
    ffi.wasmtime_component_vallist_new_empty(ctypes.byref(results[0].of.list))
    return 0


@ffi.wasmtime_component_func_callback_t  # type: ignore[untyped-decorator]
def _exit(number: int, context: Any, type: Any, args: Any, count: int, results: Any, result_count: int) -> Any:
    # Wasmtime's own knows no status but 0 and 1.
    given = args[0]
    status = given.of.u8 if given.kind == ffi.WASMTIME_COMPONENT_U8.value else 0 if given.of.result.is_ok else 1
    return ctypes.cast(ffi.wasmtime_error_new(f"{EXIT}{status}".encode()), ctypes.c_void_p).value


@ctypes.CFUNCTYPE(None, ctypes.c_void_p)  # type: ignore[untyped-decorator]
def _forget(number: int) -> None:
    _stubs.pop(number, None)


@atexit.register
def _leave_to_the_system() -> None:
    # The finalizers of wasmtime-py write exceptions to stderr when they run after their modules are gone.
    Managed.__del__ = lambda self: None  # type: ignore[method-assign]
