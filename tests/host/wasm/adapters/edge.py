"""An edge for tests: two guests made by hand, each with a memory and a realloc that only ever goes on, and an adapter between them."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from typing import Any

from wasmtime import Config, Engine, Func, FuncType, Instance, Module, Store, Trap, WasmtimeError, wat2wasm

from moonwit.host.wasm.adapters import Options
from moonwit.host.wasm.adapters.adapter import adapter
from moonwit.host.wasm.wit import types as wit
from tests.host.wasm.adapters import oracle
from tests.texts import texts

_, wat = texts(__file__)

PAGE = 65536
FULL = Options(memory=True, realloc=True)

_config = Config()
_config.cranelift_opt_level = "none"
ENGINE = Engine(_config)
_modules: dict[str, Module] = {}


def options(encoding: str = "utf8", memory64: bool = False, post_return: bool = False) -> Options:
    return Options(encoding, True, memory64, True, post_return)


def function(params: Iterable[wit.Type], result: wit.Type | None = None) -> wit.Function:
    return wit.Function(tuple(wit.Field(f"p{number}", found) for number, found in enumerate(params)), result)


def compiled(text: str) -> Module:
    if text not in _modules:
        _modules[text] = Module(ENGINE, wat2wasm(text))
    return _modules[text]


def guest_text(memory64: bool, params: list[str], results: list[str], pages: int, most: int) -> str:
    """A guest: what its functions get is kept in globals, what they return lies in others, and each of them counts its calls.

    Its realloc and post-return functions see to it that it may not leave, and its function that it may. ``forged`` makes realloc return
    something else; it counts down ``wait`` before.
    """
    a, kind = ("i64", "i64") if memory64 else ("i32", "")

    def wide(value: str) -> str:
        return value if memory64 else f"(i64.extend_i32_u {value})"

    forged = "(global.get $forged)" if memory64 else "(i32.wrap_i64 (global.get $forged))"
    got = "\n".join(f'(global $got{n} (export "got{n}") (mut {t}) ({t}.const 0))' for n, t in enumerate(params))
    keep = " ".join(f"(global.set $got{n} (local.get {n}))" for n in range(len(params)))
    give = "\n".join(f'(global $give{n} (export "give{n}") (mut {t}) ({t}.const 0))' for n, t in enumerate(results))
    same = "" if not results else f"(if ({results[0]}.ne (local.get 0) (global.get $give0)) (then (unreachable)))"
    return wat(
        "guest_text",
        KIND=kind,
        PAGES=pages,
        MOST=most,
        A=a,
        GOT=got,
        GIVE=give,
        WIDE=" ".join(wide(f"(local.get ${name})") for name in ("old", "olds", "align", "new")),
        FORGED=forged,
        WIDE_2=wide("(global.get $next)"),
        WIDE_3=wide("(memory.size 0)"),
        PARAMS=" ".join(params),
        RESULTS=" ".join(results),
        KEEP=keep,
        TEXT=" ".join(f"(global.get $give{n})" for n in range(len(results))),
        SAME=same,
    )


class Side:
    """A guest that is instantiated, and the oracle's view of it."""

    def __init__(self, store: Store, given: Options, params: list[str], results: list[str], pages: int, most: int) -> None:
        self.store, self.options = store, given
        self.width = 8 if given.memory64 else 4
        module = compiled(guest_text(given.memory64, params, results, pages, most))
        self.exports = Instance(store, module, []).exports(store)
        self.memory = self.exports["memory"]
        self.params, self.results = params, results

    def view(self) -> oracle.Guest:
        data = bytearray(self.memory.read(self.store, 0, self.memory.data_len(self.store)))
        return oracle.Guest(data, self.width, self.options.encoding, self.exports["next"].value(self.store))

    def write(self, guest: oracle.Guest) -> None:
        self.memory.write(self.store, guest.data, 0)
        self.set("next", guest.next)

    def set(self, name: str, value: int) -> None:
        self.exports[name].set_value(self.store, value)

    def get(self, name: str) -> Any:
        return self.exports[name].value(self.store)

    def got(self) -> list[int]:
        return [bits(letter, self.get(f"got{number}")) for number, letter in enumerate(self.params)]

    def give(self, values: list[tuple[str, int]]) -> None:
        for number, (letter, value) in enumerate(values):
            self.set(f"give{number}", core(letter, value))

    def log(self) -> list[tuple[int, ...]]:
        """Gives the calls of its realloc since the last time: (old, old size, alignment, new size); (-1, ...) is its function's."""
        raw = self.exports["calls"].read(self.store, 0, self.get("log"))
        self.set("log", 0)
        return [struct.unpack("<4q", raw[at : at + 32]) for at in range(0, len(raw), 32)]


class Edge:
    """An adapter of ``function`` between two guests. ``resources`` answers what it asks of handles."""

    def __init__(
        self,
        signature: wit.Function,
        caller: Options = FULL,
        callee: Options = FULL,
        resources: dict[str, Callable[..., Any]] | None = None,
        pages: int = 1,
        most: int = 64,
        caller_pages: int = 0,
    ) -> None:
        self.function = signature
        self.params = [param.type for param in signature.params]
        self.result = [] if signature.result is None else [signature.result]
        self.store = Store(ENGINE)
        lifted = self.core(callee, self.params, 16), self.core(callee, self.result, 1)
        self.caller = Side(self.store, caller, [], [], caller_pages or pages, max(caller_pages, most))
        self.callee = Side(self.store, callee, *lifted, pages, most)
        binary = adapter(signature, caller, callee)
        module = Module(ENGINE, binary)
        sides = {"caller": self.caller, "callee": self.callee}
        arguments: list[Any] = []
        self.imports = [(found.module, found.name) for found in module.imports]
        for found in module.imports:
            if found.module == "resource":
                assert resources is not None and isinstance(found.type, FuncType)
                arguments.append(Func(self.store, found.type, resources[found.name]))
            else:
                arguments.append(sides[found.module].exports[found.name])
        self.call_it = Instance(self.store, module, arguments).exports(self.store)["call"]
        self.spills = bool(self.result) and len(oracle.flat(self.result[0], 4)) > 1
        self.lowered = self.core(caller, self.params, 16) + ([] if not self.spills else ["i64" if caller.memory64 else "i32"])

    @staticmethod
    def core(given: Options, found: list[wit.Type], most: int) -> list[str]:
        width = 8 if given.memory64 else 4
        letters = [letter for type in found for letter in oracle.flat(type, width)]
        return letters if len(letters) <= most else ["i64" if given.memory64 else "i32"]

    def area(self, guest: oracle.Guest) -> list[int]:
        """Allocates the caller's place for the result, where there is one."""
        if not self.spills:
            return []
        return [guest.allocate(*oracle.shape(self.result[0], guest.width))]

    def call(self, arguments: list[int]) -> Any:
        """Calls the adapter with the bits of core values."""
        result = self.call_it(self.store, *map(core, self.lowered, arguments))
        return result

    def send(self, values: list[Any]) -> list[Any]:
        """Passes parameters, and gives what arrives."""
        guest = self.caller.view()
        arguments = [value for _, value in oracle.lower_all(guest, self.params, 16, values)] + self.area(guest)
        self.caller.write(guest)
        self.call(arguments)
        return oracle.lift_all(self.callee.view(), self.params, 16, self.callee.got())

    def answer(self, value: Any, values: list[Any] | None = None) -> Any:
        """Has the callee return a value, and gives what arrives."""
        theirs = self.callee.view()
        self.callee.give(oracle.lower_all(theirs, self.result, 1, [value]))
        self.callee.write(theirs)
        guest = self.caller.view()
        arguments = [value for _, value in oracle.lower_all(guest, self.params, 16, values or [])]
        area = self.area(guest)
        self.caller.write(guest)
        returned = self.call(arguments + area)
        letter = self.core(self.caller.options, self.result, 1)[0]
        return oracle.lift_all(self.caller.view(), self.result, 1, area or [bits(letter, returned)])[0]


def bits(letter: str, value: Any) -> int:
    """Gives a core value as an unsigned number."""
    if letter[0] == "f":
        return int.from_bytes(struct.pack("<f" if letter == "f32" else "<d", value), "little")
    return int(value) % (1 << int(letter[1:]))


def core(letter: str, value: int) -> Any:
    """Gives bits as wasmtime-py takes a core value: signed, or a float."""
    size = int(letter[1:])
    if letter[0] == "f":
        return struct.unpack("<f" if size == 32 else "<d", value.to_bytes(size // 8, "little"))[0]
    value %= 1 << size
    return value - (1 << size) if value >> (size - 1) else value


def problem(call: Callable[[], Any]) -> str:
    """Gives the name of the adapter's function in which a call traps."""
    try:
        call()
    except Trap as trap:
        return trap.frames[0].func_name or str(trap)
    except WasmtimeError as error:
        return str(error)
    return "no trap"
