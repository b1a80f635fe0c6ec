"""Guests that misuse what the host provides: each misuse is an error of its call, with a sentence, and the next call works."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from moonwit.lua.values import buffer
from tests.abi.conftest import State
from tests.abi.hosted import ALL, BUMP, FUNCTIONS, HOOKED, OPTIONS, QUICK, RESOURCES, component, lift
from tests.texts import texts

lua, wat = texts(__file__)

NO_ROOM = "an address outside of the guest's memory was given to the host"
OWN = "the guest's realloc gave memory that it does not have"
LEFT = "cannot leave component instance: it calls an import while values are passed to or from it, in its realloc or post-return function"
HANDLES = {
    "ready": "pollable", "block": "pollable", "debug": "error", "read": "input-stream", "check-write": "output-stream",
    "write": "output-stream", "blocking-write": "output-stream", "zeroes": "output-stream", "blocking-zeroes": "output-stream",
    "subscribe": "output-stream", "drop-pollable": "pollable", "drop-output": "output-stream", "drop-input": "input-stream",
    "drop-error": "error",
}  # fmt: skip


def call(name: str, first: str, *, ret: str = "(i32.const 64)") -> str:
    """Core code that calls an imported function with a first argument, a return pointer where it has one, and else zeroes."""
    kind = "(param i32)" if name in RESOURCES else FUNCTIONS[name][2]
    params = kind.partition("(param ")[2].partition(")")[0].split()
    given = [first, *(f"({each}.const 0)" for each in params[1:])] if params else []
    if len(given) > 1:
        given[-1] = ret
    code = f"(call ${name} {' '.join(given)})"
    return f"(drop {code})" if "result" in kind else code


class Guests:
    """Functions of a component, one for each piece of core code; each entry is there with all grants and with a few."""

    def __init__(self, folder: Path, codes: dict[str, str], **options: Any) -> None:
        core = "\n".join(f'(func (export "{name}") (result i32) (local $h i32) {code})' for name, code in codes.items() if name != "global")
        lifts = "\n".join(lift(name, "(result u32)") for name in codes if name != "global")
        text = component(codes.get("global", "") + core, lifts, **options)
        folder.mkdir()
        entries = [
            f"name: {name}{suffix}, kind: function.wat, source: file://guest.wat, method: {name}, {grants}"
            for name in codes
            if name != "global"
            for suffix, grants in (("", ALL), ("-quick", QUICK))
        ]
        self.state = State(folder, entries, {"guest.wat": text})
        self.state.boot[b"test_clock"]()

    def call(self, name: str) -> list[str]:
        """Calls a function with all grants, twice; gives what comes back."""
        source = lua("source", NAME=name)
        answers = []
        for _ in range(2):
            answer = self.state.boot[b"run"](source.encode(), b"@s.lua", buffer.encode([]))
            answers.append(buffer.decode(answer[0]).message)
        return answers

    def expect(self, name: str, message: str) -> None:
        found = self.call(name)
        assert found == [f"nil Internal {name.removesuffix('-quick')}: {message}"] * 2

    def works(self, name: str) -> None:
        assert self.call(name) == ["7 ", "7 "]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "p"


def made(folder: Path, codes: dict[str, str], **options: Any) -> Guests:
    return Guests(
        folder,
        {**codes, "fine": "(call $wall (i32.const 64)) (call $random (i64.const 7) (i32.const 64)) (i32.load offset=4 (i32.const 64))"},
        **options,
    )


def test_wrong_handles(folder: Path) -> None:
    """A number that is not a handle, a handle of another kind, and one that was dropped, for every function that takes one."""
    codes = {}
    for name in HANDLES:
        other = "(call $stdout)" if HANDLES[name] != "output-stream" else "(call $instant (i64.const 0))"
        codes[f"none-{name}"] = call(name, "(i32.const 77)") + "(i32.const 7)"
        codes[f"zero-{name}"] = call(name, "(i32.const 0)") + "(i32.const 7)"
        codes[f"large-{name}"] = call(name, "(i32.const -1)") + "(i32.const 7)"
        codes[f"kind-{name}"] = call(name, other) + "(i32.const 7)"
    codes["twice"] = "(local.set $h (call $stdout)) (call $drop-output (local.get $h)) (call $drop-output (local.get $h)) (i32.const 7)"
    codes["polled"] = "(i32.store (i32.const 16) (i32.const 5)) (call $poll (i32.const 16) (i32.const 1) (i32.const 64)) (i32.const 7)"
    guests = made(folder, codes)
    for name, kind in HANDLES.items():
        for which, number in (("none", 77), ("zero", 0), ("large", 2**32 - 1), ("kind", 1)):
            guests.expect(f"{which}-{name}", f"there is no {kind} with the handle {number}")
    guests.expect("twice", "there is no output-stream with the handle 1")
    guests.expect("polled", "there is no pollable with the handle 5")
    guests.works("fine")
    guests.works("fine-quick")
    guests.state.close()


def test_wrong_addresses(folder: Path) -> None:
    """Return pointers beyond the memory or not aligned, and lists that lie beyond it."""
    takers = {"random": "(i64.const 5)", "environment": "", "arguments": "", "wall": ""}
    streams = ("check-write", "write", "blocking-write", "zeroes", "blocking-zeroes")
    codes = {}
    for place, ret in (("end", "(i32.const 65532)"), ("far", "(i32.const -4)"), ("odd", "(i32.const 65)")):
        for name, first in takers.items():
            codes[f"{place}-{name}"] = (call(name, first, ret=ret) if first else f"(call ${name} {ret})") + "(i32.const 7)"
        for name in streams:
            codes[f"{place}-{name}"] = call(name, "(call $stdout)", ret=ret) + "(i32.const 7)"
    del codes["odd-check-write"], codes["odd-write"], codes["odd-blocking-write"], codes["odd-zeroes"], codes["odd-blocking-zeroes"]
    for name in ("write", "blocking-write"):
        codes[f"list-{name}"] = f"(call ${name} (call $stdout) (i32.const 65535) (i32.const 2) (i32.const 64)) (i32.const 7)"
        codes[f"wrap-{name}"] = f"(call ${name} (call $stdout) (i32.const -1) (i32.const 2) (i32.const 64)) (i32.const 7)"
    for place, at in (("list", 65532), ("odd", 65)):
        codes[f"{place}-poll"] = f"(call $poll (i32.const {at}) (i32.const 2) (i32.const 64)) (i32.const 7)"
    codes["many-poll"] = "(call $poll (i32.const 64) (i32.const 16384) (i32.const 64)) (i32.const 7)"
    guests = made(folder, codes)
    for name in codes:
        guests.expect(name, NO_ROOM)
    guests.works("fine")
    guests.works("fine-quick")
    guests.state.close()


def test_what_is_too_much(folder: Path) -> None:
    """2^40 random bytes, 2^32 zeroes, writing without permission, a list of no pollables or of very many, handles without end."""
    loop = "(local.set $h (call $stdout)) (loop $l {} (br $l)) (i32.const 7)"
    guests = made(folder, {
        "random": "(call $random (i64.const 1099511627776) (i32.const 64)) (i32.const 7)",
        "zeroes": "(call $zeroes (call $stdout) (i64.const 4294967296) (i32.const 64)) (i32.const 7)",
        "blocking-zeroes": "(call $blocking-zeroes (call $stdout) (i64.const 4294967296) (i32.const 64)) (i32.const 7)",
        "negative": "(call $random (i64.const -1) (i32.const 64)) (i32.const 7)",
        "writes": loop.format("(call $write (local.get $h) (i32.const 0) (i32.const 60000) (i32.const 64))"),
        "large": "(call $blocking-write (call $stdout) (i32.const 0) (i32.const 2000000) (i32.const 64)) (i32.const 7)",
        "nothing": "(call $poll (i32.const 16) (i32.const 0) (i32.const 64)) (i32.const 7)",
        "lists": "(call $poll (i32.const 16) (i32.const 100000) (i32.const 64)) (i32.const 7)",
        "handles": "(loop $l (drop (call $instant (i64.const 0))) (br $l)) (i32.const 7)",
        "streams": "(loop $l (drop (call $stdout)) (br $l)) (i32.const 7)",
    }, pages=40)  # fmt: skip
    guests.expect("random", "the guest asks for 1099511627776 random bytes at once; at most 16777216 are given")
    guests.expect("zeroes", "the guest writes 4294967296 zeroes at once; check-write allows 1048576")
    guests.expect("blocking-zeroes", "the guest writes 4294967296 zeroes at once; at most 1048576 are taken")
    guests.expect("large", "the guest writes 2000000 bytes at once; at most 1048576 are taken")
    guests.expect("nothing", "the guest polls an empty list")
    guests.expect("lists", "the guest polls 100000 pollables at once; at most 65536 are taken")
    guests.expect("handles", "the guest holds 65536 handles, more than it may")
    guests.expect("streams", "the guest holds 65536 handles, more than it may")
    assert "random bytes at once" in guests.call("negative")[0]
    assert "check-write allows" in guests.call("writes")[0]
    guests.works("fine")
    guests.state.close()


@pytest.mark.parametrize(("body", "message"), [
    ("(i32.const -16)", OWN),
    ("(i32.const 65535)", OWN),
    ("(unreachable)", "wasm `unreachable` instruction executed"),
    ("(call $random (i64.const 1) (i32.const 8)) (i32.const 64)", LEFT),
    ("(call $block (call $instant (i64.const 1))) (i32.const 64)", LEFT),
    ("(call $r (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))", "call stack exhausted"),
    ("(drop (memory.grow (i32.const 1))) (i32.const 65536)", None),
])  # fmt: skip
def test_a_realloc_of_bad_intent(folder: Path, body: str, message: str | None) -> None:
    """What realloc gives is checked, it may not call the host, and memory that moves under the host is found again."""
    taken = "(call $random (i64.const 7) (i32.const 64)) (i32.load offset=4 (i32.const 64))"
    source = f"(func $r (param i32 i32 i32 i32) (result i32) {body}) (elem (i32.const 0) $r)"
    guests = Guests(folder, {"global": source, "f": taken, "env": "(call $wall (i32.const 64)) (i32.const 7)"}, realloc=HOOKED)
    for name in ("f", "f-quick") if "instant" not in body else ("f",):
        if message:
            guests.expect(name, message)
        else:
            guests.works(name)
    guests.works("env")
    guests.state.close()


def test_a_realloc_of_bad_intent_while_arguments_are_lowered(tmp_path: Path) -> None:
    """It may not call an import there either, and to compute without end is ended."""
    lifted = lift("f", '(param "text" string) (result u32)', OPTIONS)
    for number, (body, message) in enumerate([
        ("(call $block (call $instant (i64.const -1))) (i32.const 64)", LEFT),
        ("(loop $l (br $l)) (unreachable)", "it computes for very long where a guest may not wait"),
        ("(i32.const 65535)", "broke the canonical ABI: the guest's realloc gave memory that it does not have"),
    ]):  # fmt: skip
        core = f"""(func $r (param i32 i32 i32 i32) (result i32) {body}) (elem (i32.const 0) $r)
          (func (export "f") (param i32 i32) (result i32) (i32.const 7))"""
        folder = tmp_path / str(number)
        folder.mkdir()
        fields = f"kind: function.wat, source: file://guest.wat, method: f, {ALL}"
        state = State(folder, [f"name: f, {fields}"], {"guest.wat": component(core, lifted, HOOKED)})
        source = b"local v, err = require('funcs').call('t:f', 'hello') error(err:message(), 0)"
        for _ in range(2 if number != 1 else 1):
            assert message in buffer.decode(state.boot[b"run"](source, b"@s.lua", buffer.encode([]))[0]).message
        state.close()


@pytest.mark.parametrize(("start", "message"), [
    ("(call $block (call $duration (i64.const 1)))", "it waits in its start function, where a guest may not"),
    ("(call $random (i64.const 7) (i32.const 64))", None),
    ("(call $wall (i32.const -8))", NO_ROOM),
    ("(call $drop-output (i32.const 3))", "there is no output-stream with the handle 3"),
    ("(call $blocking-write (call $stdout) (i32.const 0) (i32.const 100) (i32.const 64))", None),
])  # fmt: skip
def test_a_start_function_that_calls_the_host(folder: Path, start: str, message: str | None, capfd: pytest.CaptureFixture[str]) -> None:
    """It gets what needs no waiting; each failure is told to who calls."""
    guests = Guests(folder, {"global": f"(func $s {start}) (start $s)", "f": "(i32.const 7)"})
    if message:
        guests.expect("f", message)
    else:
        guests.works("f")
    guests.state.close()


@pytest.mark.parametrize("step", [
    "(call $random (i64.const 1) (i32.const 64))",
    "(call $block (call $instant (i64.const 0)))",
    "(call $wall (i32.const 64))",
    "(call $arguments (i32.const 64))",
    "(drop (call $now))",
])  # fmt: skip
def test_recursion_into_the_host_at_the_end_of_the_stack(tmp_path: Path, step: str) -> None:
    """Functions of the host run where the guest has hardly any stack left, on its fiber too; then the guest's stack is exhausted."""
    realloc = '(func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 256))'
    core = f'(func $deep (export "f") (result i32) {step} (i32.add (call $deep) (i32.const 1)))'
    for number, more in enumerate(("", ", pool: {type: inline}")):
        folder = tmp_path / str(number)
        folder.mkdir()
        fields = f"kind: function.wat, source: file://guest.wat, method: f, {ALL}{more}"
        state = State(folder, [f"name: f, {fields}"], {"guest.wat": component(core, lift("f", "(result u32)"), realloc)})
        state.boot[b"test_clock"]()
        source = b"local v, err = require('funcs').call('t:f') error(err:message(), 0)"
        assert buffer.decode(state.boot[b"run"](source, b"@s.lua", buffer.encode([]))[0]).message == "f: call stack exhausted"
        state.close()


def test_a_signature_of_its_own_is_never_called(tmp_path: Path) -> None:
    """A component that imports a function of WASI with other types, or one that WASI does not have, is refused or fails by itself."""
    imports = [
        '(export "now" (func (result u32)))',
        '(export "now" (func (param "x" u64) (result u64)))',
        '(export "now" (func (result string)))',
        '(export "later" (func (result u64)))',
    ]
    for number, each in enumerate(imports):
        memory = '(memory (core memory $l "memory")) (realloc (core func $l "realloc"))' if "string" in each else ""
        name = "later" if "later" in each else "now"
        core = {0: "(result i32)", 1: "(param i64) (result i64)", 2: "(param i32)", 3: "(result i64)"}[number]
        text = wat(
            "a_signature_of_its_own_is_never_called",
            BUMP=BUMP,
            EACH=each,
            NAME=name,
            MEMORY=memory,
            CORE=core,
            NUMBER="(drop (call $f))"
            if number in (0, 3)
            else "(drop (call $f (i64.const 0)))"
            if number == 1
            else "(call $f (i32.const 64))",
        )
        folder = tmp_path / str(number)
        folder.mkdir()
        fields = "kind: function.wat, source: file://guest.wat, method: f, imports: ['wasi:clocks']"
        state = State(folder, [f"name: f, {fields}"], {"guest.wat": text})
        source = b"local v, err = require('funcs').call('t:f') error(err and 'refused ' .. err:message() or 'called', 0)"
        for _ in range(2):
            message = buffer.decode(state.boot[b"run"](source, b"@s.lua", buffer.encode([]))[0]).message
            assert message.startswith("refused ") and "mistake" not in message and "\n" not in message, message
        state.close()
