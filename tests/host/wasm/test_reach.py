"""The proof that a core function calls no import: it reads every instruction, and says no to all that it does not know for certain."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from wasmtime import wat2wasm

from moonwit.host.wasm.binary.instructions import Unknown, callees
from moonwit.host.wasm.binary.reader import Reader
from moonwit.host.wasm.plan.reach import MOST_BYTES, MOST_FUNCTIONS, stays_inside
from tests.host.wasm.calls.disassembled import EXPECTED, ROOT, Calls, digest, guests
from tests.host.wasm.instruction_cases import CALL, QUIET, body, instructions, leb, module, problem

# call, call_indirect, return_call, return_call_indirect, call_ref, return_call_ref
LEAVING = {f"{code:#x}" for code in range(0x10, 0x16)}
# Direct calls of the function itself.
ITSELF = (b"\x10\x01", b"\x12\x01", b"\x10\x81\x00", b"\x12\x81\x00")


def test_each_instruction_before_a_call_of_an_import_is_read() -> None:
    """With all forms of its immediates that Wasmtime takes: the call is seen, and without it the answer is yes."""
    known: Counter[str] = Counter()
    wrong = []
    for name, instruction, inside in instructions():
        known[name] += 1
        if stays_inside(module(body(instruction, CALL, inside)), "f"):
            wrong.append(f"{instruction.hex()} hides a call")
        # What may be a call of its own, where it is not an immediate, says nothing here.
        quiet = 0x10 not in instruction[1:]
        leaves = name in LEAVING and not instruction.startswith(ITSELF)
        if quiet and stays_inside(module(body(instruction, QUIET, inside)), "f") == leaves:
            wrong.append(f"{instruction.hex()} alone is {'taken for a leaf' if leaves else 'not known'}")
    assert not wrong
    prefixes = Counter(name.partition(" ")[0] for name in known if " " in name)
    # Were this engine to take more one day, it would be here that it is seen first; array.init_data and others are among them.
    assert (len(known) - prefixes.total(), prefixes) == (194, {"0xfb": 31, "0xfc": 22, "0xfd": 256, "0xfe": 67})


def locals_of(*types: str) -> bytes:
    return leb(len(types)) + b"".join(b"\x01" + bytes.fromhex(type) for type in types)


PLAIN = [f"{code:02x}" for code in (*range(0x7B, 0x80), *range(0x69, 0x75))]
REFERENCES = [f"{code} {heap}" for code in ("63", "64") for heap in ("70", "6f", "6e", "69", "00", "01", "0b", "10", "8000", "8180808000")]


@pytest.mark.parametrize("type", PLAIN + REFERENCES)
def test_each_type_of_a_local_is_read(type: str) -> None:
    """A reference to a type takes a byte more than a number, and as many as its index has."""
    many = "\n".join(f"(type $t{number} (func (param {'i32 ' * number})))" for number in range(20))
    head = bytes(wat2wasm(f'(module {many} (import "" "out" (func (type $t0))) (func (export "f")))'))
    for text, stays in ((CALL, False), (QUIET, True)):
        code = locals_of(type, "7f") + text + b"\x0b"
        whole = head[: head.index(b"\x0a\x04\x01\x02\x00\x0b")] + b"\x0a" + leb(len(code) + 2) + b"\x01" + leb(len(code)) + code
        # One that may not be null has no value to begin with, which is of no matter to who does not read it.
        assert (problem(whole), stays_inside(whole, "f")) == ("", stays)


@pytest.mark.parametrize(("code", "words"), [
    ("0b 00", "code after the end"),
    ("01", "ends in the middle"),
    ("02 40 0b", "ends in the middle"),
    ("06 40 0b 0b", "the instruction 0x6"),            # try, of an old proposal
    ("fb 1f 0b", "the instruction 0x1f"),
    ("fc 12 00 0b", "the instruction 0x12"),          # memory.discard
    ("fd 9a 01 0b", "the instruction 0x9a"),
    ("fd 94 02 0b", "the instruction 0x114"),
    ("fe 4f 00 00 0b", "the instruction 0x4f"),
    ("fe 03 01 0b", "should be zero"),
    ("28 20 00 0b", "a memory argument"),
    ("28 80 01 00 0b", "a memory argument"),
    ("02 75 0b 0b", "a block type"),
    ("02 c0 7f 0b 0b", "a block type"),               # an empty type, in two bytes
    ("1c 01 68 0b", "the value type 0x68"),
    ("d0 68 0b", "a heap type"),
    ("d0 62 00 0b", "a heap type"),                   # an exact one
    ("fb 18 04 00 6e 6e 0b", "the flags of a cast"),
    ("1f 40 01 04 00 0b 0b", "the instruction 0x4"),
    ("41 80 80 80 80 80 00 0b", "a number that is too long"),
    ("20 80 80 80 80 80 00 0b", "a number does not fit"),
    ("0e ff ff ff ff 0f 00 0b", "announced"),
])  # fmt: skip
def test_what_is_not_known_for_certain_is_refused(code: str, words: str) -> None:
    """An instruction, a type or a length that no proposal has that the engine takes; the answer is no."""
    given = bytes.fromhex("00" + code)
    with pytest.raises((Unknown, ValueError), match=words):
        callees(Reader(given))
    assert not stays_inside(module(bytes.fromhex(code), b"\x00"), "f")


def test_a_body_of_a_type_that_is_not_known_is_refused() -> None:
    with pytest.raises(Unknown, match="0x75"):
        callees(Reader(bytes.fromhex("01 01 75 0b")))


def chain(count: int, *, last: str = "") -> bytes:
    """A module whose function "f" is the first of so many that call one another in turn."""
    functions = "".join(f"(func $f{number} (call $f{number + 1}))" for number in range(count - 1))
    return bytes(wat2wasm(f'(module (import "" "out" (func $out)) (export "f" (func $f0)) {functions} (func $f{count - 1} {last}))'))


def test_the_proof_follows_calls() -> None:
    """Through functions that call one another, and themselves, up to its bounds; an export without a function of its own is not a leaf."""
    assert stays_inside(chain(5), "f") and not stays_inside(chain(5, last="(call $out)"), "f")
    assert stays_inside(chain(5, last="(call $f0)"), "f")
    assert stays_inside(chain(MOST_FUNCTIONS), "f") and not stays_inside(chain(MOST_FUNCTIONS + 1), "f")
    assert not stays_inside(chain(1), "g")
    assert not stays_inside(bytes(wat2wasm('(module (import "" "out" (func $out)) (export "f" (func $out)))')), "f")
    assert not stays_inside(bytes(wat2wasm('(module (memory (export "f") 1) (func))')), "f")
    assert not stays_inside(b"\0asm\1\0\0\0", "f") and not stays_inside(b"", "f")


def test_long_code_is_not_read_through() -> None:
    """The lane that asks waits for the answer."""
    assert stays_inside(module(b"\x01" * (MOST_BYTES - 2) + b"\x0b", b"\x00"), "f")
    assert not stays_inside(module(b"\x01" * (MOST_BYTES - 1) + b"\x0b", b"\x00"), "f")


def test_a_second_code_section_is_refused() -> None:
    """Which of two would be run is not for the proof to say."""
    whole = chain(1)
    assert not stays_inside(whole + b"\x0a\x04\x01\x02\x00\x0b", "f")


def test_a_section_that_is_longer_than_its_content_is_refused() -> None:
    head = b"\0asm\1\0\0\0" + b"\x01\x04\x01\x60\0\0" + b"\x03\x02\x01\0" + b"\x07\x05\x01\x01f\0\0"
    assert stays_inside(head + b"\x0a\x04\x01\x02\0\x0b", "f") and not stays_inside(head + b"\x0a\x05\x01\x02\0\x0b\0", "f")


def modules_in(reader: Reader) -> Iterator[Reader]:
    """Finds the core modules in a binary, in the order in which they end."""
    start, layer = reader.position, reader.take(8)
    if layer.data[layer.position + 6] == 0:
        yield Reader(reader.data, start, reader.end)
        return
    while not reader.done:
        section, inner = reader.byte(), reader.take(reader.u32())
        if section in (1, 4):
            yield from modules_in(inner)


def read(path: Path) -> Iterator[tuple[int, Calls]]:
    """Reads the calls of all functions of a binary as moonwit does."""
    for found in modules_in(Reader(path.read_bytes())):
        index = 0
        found.take(8)
        while not found.done:
            section, content = found.byte(), found.take(found.u32())
            if section == 2:
                index = imported(content)
            for _ in range(content.u32() if section == 10 else 0):
                try:
                    yield index, callees(content.take(content.u32()))
                except Unknown:
                    yield index, None
                index += 1


def imported(content: Reader) -> int:
    count = 0
    for _ in range(content.u32()):
        content.name()
        content.name()
        kind = content.byte()
        count += kind == 0
        if kind == 0:
            content.u32()
        elif kind == 1:
            content.byte()
        if kind in (1, 2):
            flags = content.byte()
            content.u32()
            if flags & 1:
                content.u32()
        elif kind == 3:
            content.take(2)
    return count


def test_the_calls_of_real_code_are_those_that_a_disassembler_finds() -> None:
    """Of all guests in the repository, what Rust, C, Go and others make: calls.json is what wasm-tools says."""
    expected = json.loads(EXPECTED.read_text())
    found = {str(path.relative_to(ROOT)): digest(read(path)) for path in guests()}
    assert found == expected
    assert sum(each["known"] for each in expected.values()) > 4000
