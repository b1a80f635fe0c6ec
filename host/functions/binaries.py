"""Binaries of functions: read, hashed and decoded once, and shared by every entry that has the same bytes."""

from __future__ import annotations

import os
import re
import threading
from functools import cached_property
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING
from unicodedata import combining, east_asian_width
from weakref import WeakValueDictionary

from moonwit.host.values.names import advice, shown
from moonwit.host.wasm.binary.core import CoreModule, is_component, read_core
from moonwit.host.wasm.binary.core_types import CoreType
from moonwit.host.wasm.plan.core_plan import plan_core
from moonwit.host.wasm.plan.plan import Plan
from moonwit.host.wasm.wit.types import Function
from moonwit.registry.files import Unreadable, inside, read_bytes

if TYPE_CHECKING:
    from moonwit.host.wasm.component.component import Component, World

MAX_BYTES = 256 * 1024 * 1024
_MAGIC = b"\0asm"
_NEIGHBORS = 1000
_SENTENCE = 300


class BinaryProblem(ValueError):
    """A binary can't be had: a missing file, a path that leaves its folder, bad WAT. The entry's author causes it.

    ``position`` is the line and column in the WAT text, where there is one.
    """

    def __init__(self, sentence: str, position: tuple[int, int] | None = None) -> None:
        super().__init__(sentence)
        self.position = position


class Binary:
    """The bytes of one core module or component, with what has been found out about them."""

    def __init__(self, data: bytes, digest: str) -> None:
        self.data = data
        self.sha256 = digest
        self.is_component = is_component(data)
        self._core_plans: dict[str | None, Plan] = {}
        self._lock = threading.RLock()

    @cached_property
    def core(self) -> CoreModule:
        """The imports and exports of a core module; raises Malformed."""
        return read_core(self.data)

    @cached_property
    def component(self) -> Component:
        """The decoded component; raises Malformed and Refused."""
        from moonwit.host.wasm.component.component import decode

        with self._lock:
            return decode(self.data)

    @property
    def world(self) -> World:
        return self.component.world

    @cached_property
    def component_plan(self) -> Plan:
        """The component's plan; raises Malformed and Refused."""
        from moonwit.host.wasm.plan.planner import plan_component

        with self._lock:
            return plan_component(self.component)

    @cached_property
    def functions(self) -> dict[str, Function]:
        """The functions that the component exports, by path: ``name`` or ``interface#name``."""
        from moonwit.host.wasm.component.component import Interface

        found: dict[str, Function] = {}
        for name, port in self.world.exports.items():
            if isinstance(port, Function):
                found[name] = port
            elif isinstance(port, Interface):
                found.update({f"{name}#{key}": function for key, function in port.functions.items()})
        return found

    @cached_property
    def imported(self) -> dict[tuple[str, str], set[CoreType]]:
        """The core types of the functions that it imports, by interface or module, and name."""
        found: dict[tuple[str, str], set[CoreType]] = {}
        if not self.is_component:
            for each in self.core.imports:
                if each.type is not None and each.kind == "func":
                    found.setdefault((each.module, each.name), set()).add(each.type)
        else:
            for stub in self.component_plan.stubs:
                found.setdefault((stub.interface, stub.function), set()).add(stub.type)
        return found

    def core_plan(self, wit: str | None) -> Plan:
        """The core module's plan under a WIT text; raises Malformed, WitError and CoreProblem."""
        with self._lock:
            if wit not in self._core_plans:
                self._core_plans[wit] = plan_core(self.data, wit)
            return self._core_plans[wit]


_binaries: WeakValueDictionary[str, Binary] = WeakValueDictionary()
_lock = threading.Lock()


def binary(data: bytes) -> Binary:
    """Gives the binary with these bytes: the same object for as long as anybody holds it."""
    digest = sha256(data).hexdigest()
    with _lock:
        found = _binaries.get(digest)
        if found is None:
            found = _binaries[digest] = Binary(data, digest)
        return found


# Wasmtime's text errors: a sentence, then `--> <anon>:3:5`, then the line with a caret.
_PLACE = re.compile(r"^\s*--> .*:(\d+):(\d+)\s*$", re.MULTILINE)


def assemble(text: str) -> Binary:
    """Turns WAT text, a core module's or a component's, into its binary; raises ``BinaryProblem``."""
    from wasmtime import WasmtimeError, wat2wasm

    try:
        return binary(bytes(wat2wasm(text)))
    except WasmtimeError as error:
        message = str(error)
        place = _PLACE.search(message)
        sentence = " ".join((message[: place.start()] if place else message).split())[:_SENTENCE] or "it can't be read"
        position = _position(text, int(place[1]), int(place[2])) if place else None
        raise BinaryProblem(f"the WAT text is not valid: {sentence}", position) from None
    except UnicodeEncodeError as error:
        raise BinaryProblem(f"the WAT text is not valid: it has the lone surrogate U+{ord(text[error.start]):04X}") from None


def _position(text: str, line: int, column: int) -> tuple[int, int]:
    """Turns Wasmtime's column, which counts the columns of a terminal, into one that counts characters."""
    lines = text.split("\n")
    width = 1
    for index, character in enumerate(lines[line - 1] if 0 < line <= len(lines) else "", 1):
        if width >= column:
            return line, index
        width += 0 if combining(character) else 2 if east_asian_width(character) in "WF" else 1
    return line, column


def read_below(folder: Path, path: str) -> bytes:
    """Reads the file ``path`` below ``folder``, which it can't leave, by no `..` and no symbolic link; raises ``BinaryProblem``."""
    relative = path.lstrip("/")
    if ".." in relative.split("/") or "\0" in relative:
        raise BinaryProblem(f"the path {shown(path)} may not hold `..`; write it from the folder on, as in `/name.wasm`")
    root = Path(os.path.realpath(folder))
    if not root.is_dir():
        state = "is a file" if root.exists() else "does not exist"
        raise BinaryProblem(f"the folder {shown(folder.name)} {state}; create it, or change `directory` of the entry that names it")
    file = inside(root, relative)
    if file is None:
        raise BinaryProblem(f"the file {shown(path)} is a symbolic link that leaves its folder; copy the file into the folder")
    try:
        return read_bytes(file, MAX_BYTES)
    except Unreadable as error:
        near = advice(file.name, _neighbors(file.parent)) if not file.exists() else ""
        raise BinaryProblem(f"the file {shown(path)} {error.why}{near}") from None


def no_binary(path: str, data: bytes) -> str | None:
    """Says why the file that an entry names is none of WebAssembly's; None where it begins as one does. Wasmtime would take text."""
    if data.startswith(_MAGIC):
        return None
    text = "WAT text, which a `function.wat` entry takes" if data.lstrip()[:1] in (b"(", b";") else "not a WebAssembly binary"
    return f"the file {shown(path)} is {text if data else 'empty'}; name a .wasm file"


def _neighbors(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as found:
            return [entry.name for entry in islice(found, _NEIGHBORS)]
    except OSError:
        return []
