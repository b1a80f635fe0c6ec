"""Why a function that a guest imports is not there: nothing provides it, its interface has no such function, or it is not granted.

Undeclared imports keep nothing from loading, because most toolchains import more than the code uses; so this is what a call of one
says, and what `moonwit check` and `inspect` say before.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal

from moonwit.host.values.names import listed, nearest, shown
from moonwit.host.wasi import grants as wasi
from moonwit.host.wasi import p3, preview1
from moonwit.host.wasi.interfaces import functions_of
from moonwit.host.wasi.signatures import SIGNATURES
from moonwit.host.wasm.binary.core_types import CoreType
from moonwit.registry.record import record

if TYPE_CHECKING:
    from moonwit.host.functions.binaries import Binary
    from moonwit.registry import Entry, Problem

Why = Literal["unknown", "absent", "mistyped", "ungranted"]

# What a function that is imported without an interface belongs to, in plans.
ROOT: Final = "$root"

# Names that toolchains import from, and what their binaries lack: a host in JavaScript, or a part that is linked in.
TOOLCHAINS: Final = {
    "wasi_unstable": "it is the draft before WASI 0.1: build it with a toolchain that imports wasi_snapshot_preview1",
    "wasi": "WASI threads are not provided: build it without threads",
    "gojs": "it is built for JavaScript: build it with GOOS=wasip1",
    "go": "it is built for JavaScript: build it with GOOS=wasip1",
    "wbg": "it is built for JavaScript by wasm-bindgen: build it for wasm32-wasip2, without wasm-bindgen",
    "__wbindgen_placeholder__": "it is built for JavaScript by wasm-bindgen: build it for wasm32-wasip2, without wasm-bindgen",
    "__wbindgen_externref_xform__": "it is built for JavaScript by wasm-bindgen: build it for wasm32-wasip2, without wasm-bindgen",
    "a": "it is built for JavaScript by Emscripten: build it with -sSTANDALONE_WASM",
    "spectest": "it is a part of WebAssembly's own tests",
}
_EMSCRIPTEN: Final = re.compile(r"_?emscripten_|__syscall_|invoke_[vijfd]+\Z|__cxa_|_abort_js\Z|_tzset_js\Z|_munmap_js\Z|_mmap_js\Z")
_ASSEMBLYSCRIPT: Final = frozenset({"abort", "seed", "trace", "console.log"})
_ENV: Final = "`env` is what linkers call functions that nobody has defined: define it in the guest, or link the library that has it"
_INTERFACES: Final = (
    *(each for package, names in wasi.PACKAGES.items() for each in (package, *(f"{package}/{one}" for one in names))),
    wasi.PREVIEW1,
    wasi.FUNCS,
)
_DEFINE: Final = "define it in the guest, or import what is provided"
# For how many functions of a binary names are looked for that may be meant.
_MOST_NEAR: Final = 20
# What lets a program in a file have more than it has.
_FILE: Final = "a program in a file has no more than its --env and --dir: declare it as a `process.wasm` of a project"


@record
class Unprovided:
    """Why an import is not there. ``is_what`` goes on after its name and a comma; ``hint`` says what to do."""

    why: Why
    interface: str
    function: str
    is_what: str
    hint: str

    @property
    def name(self) -> str:
        """Names the function with its interface."""
        return self.function if self.interface == ROOT else f"{self.function} of {self.interface}"


def explain(
    found: Binary, interface: str, function: str, grants: Iterable[str] = (), entry: str | None = None, near: bool = True
) -> Unprovided:
    """Explains why a call of an imported function fails.

    ``found`` is the binary that imports it; ``entry`` the id of the entry whose `imports` are ``grants``, None for a program in a file.
    Without ``near`` no name is looked for that may be meant, which takes time.
    """
    granted = tuple(grants)
    name = wasi.interface_of(interface)
    if name == wasi.PREVIEW1:
        missing = _preview1(found, function, near)
    elif interface == ROOT or wasi.grant_for(interface) is None:
        missing = _unknown(found, name, interface, function)
    else:
        missing = _of_interface(found, interface, function, near)
    if missing is not None:
        return missing
    if wasi.grants(interface, granted):
        # Its core type fits, and yet it is not linked.
        return mistyped(interface, function)
    grant = wasi.grant_for(interface)
    line = f"imports: [{', '.join((*granted, str(grant)))}]"
    hint = _FILE if entry is None else f"add {grant} to the imports of {entry}, as in `{line}`"
    return Unprovided("ungranted", name, function, "which its entry does not import" if entry else "which it is not granted", hint)


def sentence(who: str, missing: Unprovided) -> str:
    """Says what a call did that failed; ``who`` is "the function app:sort", or the name of a program."""
    if missing.why == "ungranted":
        called = f"{missing.function} of WASI 0.1" if missing.interface == wasi.PREVIEW1 else missing.function
        return f"{who} uses {missing.interface}, {missing.is_what} (it called {called}): {missing.hint}"
    return f"{who} calls {missing.name}, {missing.is_what}: {missing.hint}"


def imported(found: Binary, answered: Collection[tuple[str, str | None]] = ()) -> Iterator[Unprovided]:
    """Gives what a binary imports that no grant can provide, each function once.

    What the registry has ``answered`` is left out: interfaces with None, and functions with their interfaces.
    """
    left = _MOST_NEAR
    for interface, function in _functions(found):
        if (interface, None) in answered or (interface, function) in answered:
            continue
        missing = explain(found, interface, function, (), "", left > 0)
        if missing.why != "ungranted":
            left -= 1
            yield missing


def notes(entry: Entry, found: Binary, answered: Collection[tuple[str, str | None]] = ()) -> Iterator[Problem]:
    """Says of an entry what its binary imports in vain; functions of one interface that lack the same are told together."""
    groups: dict[tuple[str, str, str], list[str]] = {}
    for missing in imported(found, answered):
        groups.setdefault((missing.interface, missing.is_what, missing.hint), []).append(missing.function)
    what = "component" if found.is_component else "module"
    place = ("source",) if entry.kind == "function.wat" else ("path",)
    for (interface, is_what, hint), functions in groups.items():
        of = "" if interface == ROOT else f" of {interface}"
        them = "it" if len(functions) == 1 else "them"
        sentence = f"the {what} imports {listed(functions)}{of}, {is_what}: a call of {them} fails"
        yield entry.problem(place, sentence, hint, severity="warning")


def _functions(found: Binary) -> Iterator[tuple[str, str]]:
    from moonwit.host.wasm.component.component import Interface
    from moonwit.host.wasm.wit.types import Function

    if not found.is_component:
        yield from dict.fromkeys((each.module, each.name) for each in found.core.imports if each.kind == "func")
        return
    for name, item in found.world.imports.items():
        if isinstance(item, Function):
            yield ROOT, name
        elif isinstance(item, Interface):
            yield from ((name, function) for function in item.functions)


def _preview1(found: Binary, function: str, near: bool) -> Unprovided | None:
    """Says what is wrong with an import of WASI 0.1; None where it is as it should be."""
    expected = preview1.type_of(function)
    if expected is None:
        hint = (near and _meant(function, preview1.FUNCTIONS)) or "build it with a toolchain for WASI 0.1"
        return Unprovided("absent", wasi.PREVIEW1, function, "but WASI 0.1 has no such function", hint)
    other = next((type for type in found.imported.get((wasi.PREVIEW1, function), ()) if type != expected), None)
    if other is None:
        return None
    is_what = f"but WASI 0.1 has it with the type {expected}, not {other}"
    return Unprovided("mistyped", wasi.PREVIEW1, function, is_what, "correct its declaration in the guest")


def _unknown(found: Binary, name: str, interface: str, function: str) -> Unprovided:
    """Says of an interface that no grant gives that nothing provides it, and what may be meant."""
    version = interface.removeprefix(name).removeprefix("@")
    if name.startswith("wasi:") and wasi.grant_for(name) is not None:
        is_what = f"which is of WASI {'.'.join(version.split('.')[:2])}, and nothing provides that"
        return Unprovided("unknown", interface, function, is_what, "build it for WASI 0.2")
    hint = TOOLCHAINS.get(name)
    if hint is None and name == "env":
        hint = _ENV
        if function in _ASSEMBLYSCRIPT:
            hint = f"it is AssemblyScript's: compile it with `--use {function}=` or with the wasi-shim"
        elif _EMSCRIPTEN.match(function):
            hint = "it is Emscripten's: build it with -sSTANDALONE_WASM"
    if hint is None:
        hint = _meant(name, _INTERFACES) or (answer_hint(name, function) if found.is_component else _DEFINE)
    return Unprovided("unknown", name, function, "which nothing provides", hint)


def answer_hint(interface: str, function: str) -> str:
    """Says how an entry of the registry would answer an import that the host does not provide."""
    what = "any function" if interface == ROOT else "a library.lua"
    return f"have {what} answer it, as in `imports: [{{{function if interface == ROOT else interface}: id}}]`"


def _of_interface(found: Binary, interface: str, function: str, near: bool) -> Unprovided | None:
    """Says what is wrong with an import of an interface that a grant gives; None where it is as it should be."""
    name = wasi.interface_of(interface)
    if p3.has(interface):
        return _of_0_3(found, interface, function, near)
    signature = SIGNATURES.get(name, {}).get(function)
    if signature is None:
        hint = (near and _meant(function, functions_of(name))) or "build the component for WASI 0.2 as it was published"
        return Unprovided("absent", name, function, "but the interface has no such function", hint)
    params, _, results = signature.partition(">")
    expected = CoreType(params, results.rstrip("*"))
    types = found.imported.get((interface, function), ())
    return mistyped(interface, function) if any(type != expected for type in types) else None


def _of_0_3(found: Binary, interface: str, function: str, near: bool) -> Unprovided | None:
    if function not in p3.functions_of(interface):
        hint = (near and _meant(function, p3.functions_of(interface))) or "build the component for WASI 0.3 as it was published"
        return Unprovided("absent", interface, function, "but the interface has no such function", hint)
    item = found.world.imports.get(interface)
    type = getattr(item, "functions", {}).get(function)
    return None if type is None or p3.fits(interface, function, type) else mistyped(interface, function)


def mistyped(interface: str, function: str) -> Unprovided:
    """Says of an imported function that it has another type where it is provided."""
    name = wasi.interface_of(interface)
    hint = f"build the component for WASI {'0.3' if p3.has(interface) else '0.2'}"
    return Unprovided("mistyped", name, function, "but the interface has it with another type", hint)


@lru_cache(maxsize=256)
def _meant(name: str, known: tuple[str, ...]) -> str | None:
    near = nearest(name, known)
    return None if near is None else f"did you mean {shown(near)}?"
