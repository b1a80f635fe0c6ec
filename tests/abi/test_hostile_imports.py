"""Guests that call their imports with anything: addresses, lengths, discriminants, characters, handles, and a realloc that lies."""

from __future__ import annotations

import struct
import tempfile
from pathlib import Path
from random import Random

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from moonwit.host.wasm.wit import types as wit
from tests.abi import values
from tests.abi.conftest import State
from tests.abi.guests import MAX_FLAT, flat
from tests.abi.imported import INTERFACE, Inside
from tests.texts import texts

lua, wat = texts(__file__)

ATTACKS, TYPES = 1000, 10
EDGES = (0, 1, 2, 3, 4, 7, 8, 16, 255, 256, 0xD800, 0x110000, 65528, 65532, 65535, 65536, 65537, 2**31 - 1, 2**31, 2**32 - 8, 2**32 - 1)


def number(rng: Random, bits: int) -> int:
    """A number that is likely to be wrong."""
    if rng.random() < 0.6:
        return rng.choice(EDGES) if bits == 32 else rng.choice([*EDGES, 2**32, 2**53, 2**63, 2**64 - 1])
    return rng.randrange(0, 64) if rng.random() < 0.7 else rng.getrandbits(bits)


def constant(rng: Random, core: str) -> str:
    if core == "f32":
        return f"(f32.reinterpret_i32 (i32.const {number(rng, 32)}))"
    if core == "f64":
        return f"(f64.reinterpret_i64 (i64.const {number(rng, 64)}))"
    return f"({core}.const {number(rng, int(core[1:]))})"


def data(rng: Random) -> str:
    """A page of such numbers, as a string of WAT."""
    words = b"".join(struct.pack("<I", number(rng, 32)) for _ in range(65536 // 4))
    return "".join(f"\\{byte:02x}" for byte in words)


def hostile(rng: Random, signatures: list[tuple[list[wit.Type], wit.Type]]) -> str:
    """A component whose function `go` makes the attack with a number."""
    inside, imports, lowered, wanted, given = Inside(), [], [], [], []
    shapes: list[tuple[str, list[str], bool]] = []
    for i, (types, result) in enumerate(signatures):
        params = " ".join(f'(param "p{k}" {inside.type(type)})' for k, type in enumerate(types))
        imports.append(f'(export "f{i}" (func {params} (result {inside.type(result)})))')
        cores = [core for type in types for core in flat(type)]
        cores = ["i32"] if len(cores) > MAX_FLAT else cores
        pointed = len(flat(result)) > 1
        cores += ["i32"] * pointed
        options = '(memory (core memory $lib "memory")) (realloc (core func $lib "realloc"))'
        lowered.append(f'(core func $f{i} (canon lower (func $h "f{i}") {options}))')
        returned = "" if pointed else f"(result {flat(result)[0]})"
        wanted.append(f'(import "h" "f{i}" (func $f{i} (param {" ".join(cores)}) {returned}))')
        given.append(f'(export "f{i}" (func $f{i}))')
        shapes.append((f"$f{i}", cores, pointed))
    attacks = []
    for k in range(ATTACKS):
        name, cores, pointed = rng.choice(shapes)
        call = f"(call {name} {' '.join(constant(rng, core) for core in cores)})"
        attacks.append(f"(func $a{k} {call if pointed else f'(drop {call})'})")
    newline = "\n"
    return wat(
        "hostile",
        INTERFACE=INTERFACE,
        DEFINITIONS=newline.join(inside.definitions),
        IMPORTS=newline.join(imports),
        DATA=data(rng),
        LOWERED=newline.join(lowered),
        WANTED=newline.join(wanted),
        TEXT=" ".join(f"$a{k}" for k in range(ATTACKS)),
        ATTACKS=newline.join(attacks),
        GIVEN=" ".join(given),
    )


DRIVER = lua("driver")


@settings(max_examples=3, deadline=None, database=None, print_blob=True, derandomize=False, phases=(Phase.generate,))
@given(st.randoms(use_true_random=True))
def test_whatever_a_guest_hands_to_its_imports_is_a_value_or_an_error(rng: Random) -> None:
    """Each of a thousand calls is answered, or ends its guest with a sentence; none is a mistake of the host's, and the lane goes on."""
    signatures = [([values.a_type(rng, 2) for _ in range(rng.randint(1, 4))], values.a_type(rng, 2)) for _ in range(TYPES)]
    lines = ["local wit, time = require 'wit', require 'time' local library = { use = function() end, thing = {} }"]
    for i, (_, result) in enumerate(signatures):
        wait = "time.sleep(1) " if i % 4 == 0 else ""
        lines.append(f"function library.f{i}() {wait}return {values.good(rng, result)[0]} end")
    entries = [
        f"name: go, kind: function.wat, source: file://guest.wat, method: go, imports: [{{'{INTERFACE}': lib}}]",
        "name: lib, kind: library.lua, modules: [wit, time], source: file://lib.lua",
    ]
    helper = "local function put(t, ...) for i = 1, select('#', ...) do t[i] = (select(i, ...)) end return t end\n"
    with tempfile.TemporaryDirectory() as folder:
        files = {"guest.wat": hostile(rng, signatures), "lib.lua": "\n".join([helper, *lines, "return library"])}
        state = State(Path(folder), entries, files)
        try:
            found = state.run(DRIVER)(ATTACKS)
            assert isinstance(found, tuple), found
            said, fine = found[0].decode(), found[1]
            assert "a mistake in Moonwit" not in said, said
            assert len(said.splitlines()) + fine == ATTACKS + 1
            assert "the guest broke the canonical ABI" in said
            assert "an argument is not a handle of the guest" in said
        finally:
            state.close()
