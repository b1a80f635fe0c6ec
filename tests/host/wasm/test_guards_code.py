"""What reads code knows exactly the instructions that it should: the first that it takes, the last, and none beside them."""

from __future__ import annotations

import pytest
from wasmtime import Module as Compiled
from wasmtime import wat2wasm

from moonwit.host.engine.engine import shared_engine
from moonwit.host.wasi.preview1 import export_memory
from moonwit.host.wasm.binary.instructions import Unknown, callees
from moonwit.host.wasm.binary.reader import Reader
from moonwit.host.wasm.component.component import decode
from moonwit.host.wasm.component.core_code import check_module_code
from moonwit.host.wasm.component.entities import Module
from moonwit.host.wasm.plan.brief import MOST, ends_soon
from moonwit.host.wasm.plan.reach import stays_inside
from moonwit.host.wasm.problems import Malformed
from tests.host.wasm.instruction_cases import leb

# Each opcode that is read for the functions that a body calls. What leads anywhere (0x11, 0x13 to 0x15) is not among them.
READ = {
    None: {
        *(0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x08, 0x0A, 0x0B, 0x0C, 0x0D, 0x0E, 0x0F, 0x10, 0x12, 0x1A, 0x1B, 0x1C, 0x1F),
        *range(0x20, 0x27), *range(0x28, 0xC5), *range(0xD0, 0xD7), 0xFB, 0xFC, 0xFD, 0xFE,
    },
    0xFB: {*range(31)},
    0xFC: {*range(18), *range(19, 23)},
    0xFD: {*range(0x114)} - {
        0x9A, 0xA2, 0xA5, 0xA6, 0xAF, 0xB0, 0xB2, 0xB3, 0xB4, 0xBB, 0xC2, 0xC5, 0xC6, 0xCF, 0xD0, 0xD2, 0xD3, 0xD4, 0xE2, 0xEE,
    },
    0xFE: {0, 1, 2, 3, *range(0x10, 0x4F)},
}  # fmt: skip


def is_read(opcode: bytes, name: str) -> bool:
    """Tells whether a body that begins with an opcode fails, if it does, for another reason than the opcode."""
    try:
        callees(Reader(b"\0" + opcode + bytes(20)))
    except Unknown as problem:
        return str(problem) != f"the instruction {name}"
    except Malformed:
        return True
    return True


@pytest.mark.parametrize("prefix", READ, ids=lambda prefix: "alone" if prefix is None else hex(prefix))
def test_each_opcode_that_is_read(prefix: int | None) -> None:
    """All others are not known."""
    codes = range(0x100 if prefix is None else 0x200)
    head = b"" if prefix is None else bytes([prefix])
    read = {code for code in codes if is_read(head + (bytes([code]) if prefix is None else leb(code)), hex(code))}
    assert read == READ[prefix]


@pytest.mark.parametrize(("argument", "right"), [
    ("00 00", True), ("04 00", True), ("05 00", False), ("3f 00", False), ("44 01 00", True), ("45 01 00", False), ("80 01 00", False),
])  # fmt: skip
def test_the_largest_alignment(argument: str, right: bool) -> None:
    """It is 2^4, with and without the number of a memory."""
    body = Reader(bytes.fromhex(f"00 fd 00 {argument} 0b"))
    if right:
        assert callees(body) == set()
    else:
        with pytest.raises(Unknown, match="a memory argument"):
            callees(body)


def module(body: str) -> bytes:
    """A module whose function "f" has a body, given in hexadecimal after its locals; it calls function 0, itself an empty one."""
    code = bytes.fromhex(body)
    bodies = b"\x02" + b"\x02\x00\x0b" + leb(len(code)) + code
    return b"\0asm\1\0\0\0\1\4\1\x60\0\0\3\3\2\0\0\7\5\1\1f\0\1\x0a" + leb(len(bodies)) + bodies


# What stands after an opcode so that it is whole.
AFTER = {0x02: "40", 0x04: "40", 0x0E: "00 00", 0x43: "00000000", 0x44: "0000000000000000"}
INDEXED, WITH_TWO, PLAIN = (0x0C, 0x0D, 0x10, *range(0x20, 0x25), 0x3F, 0x41, 0x42), range(0x28, 0x3F), (0, 1, 5, 0xB, 0xF, 0x1A, 0x1B)
BRIEF = {*AFTER, *INDEXED, *WITH_TWO, *PLAIN, *range(0x45, 0xC5)}


def test_each_instruction_of_what_ends_soon() -> None:
    """All others may take long, or are not known: loops, calls that lead anywhere, memory.grow."""
    believed = {code for code in range(256) if ends_soon(module(f"00 {code:02x} {AFTER.get(code, '00 00')} 0b"), "f")}
    assert believed == BRIEF


@pytest.mark.parametrize(("body", "believed"), [
    ("01 01 7f 0b", True), ("01 01 7e 0b", True), ("01 01 7d 0b", True), ("01 01 7c 0b", True), ("01 01 7b 0b", False),
    ("01 01 80 00 0b", False),
    ("00 02 7f 0b 0b", True), ("00 02 7e 0b 0b", True), ("00 04 7d 0b 0b", True), ("00 02 7c 0b 0b", True), ("00 02 7b 0b 0b", False),
    ("00 28 3f 00 0b", True), ("00 28 40 00 00 0b", False), ("00 28 c0 00 00 00 0b", False), ("00 28 80 01 00 0b", False),
    ("00 41 ff 00 0b", True), ("00 41 ff ff ff ff 0f 0b", True), ("00 41 ff 0b", True), ("00 41 ff", False), ("00 41 80 0b 03", False),
    ("00 43 03030303 0b", True), ("00 43 0303030303 0b", False), ("00 44 0303030303030303 0b", True),
    ("00 44 030303030303030303 0b", False),
    ("00 0e 02 03 03 03 0b", True), ("00 0e 02 03 03 03 03 0b", False), ("00 10 00 03 0b", False), ("00 10 01 0b", False),
])  # fmt: skip
def test_operands_of_what_ends_soon(body: str, believed: bool) -> None:
    """What stands after an instruction is read as its operands, neither more nor less: a loop (0x03) right after it is seen."""
    assert ends_soon(module(body), "f") == believed


def chain(count: int) -> bytes:
    functions = "".join(f"(func $f{number} (call $f{number + 1}))" for number in range(count - 1))
    return bytes(wat2wasm(f'(module {functions} (func $f{count - 1}) (export "f" (func $f0)))'))


def test_how_deep_calls_of_what_ends_soon_go() -> None:
    """A hundred functions that call one another in turn; one more is not believed."""
    assert ends_soon(chain(100), "f") and not ends_soon(chain(101), "f")


def test_the_bound_on_code_that_is_called() -> None:
    """Calls and what they call are summed up: MOST bytes are believed, one more is not."""
    def twice(count: int, more: int) -> bytes:
        inner = "nop " * count
        return bytes(wat2wasm(f'(module (func $a {inner}) (func (export "f") (call $a) (call $a) {"nop " * more}))'))

    # A body has two bytes besides, for its locals and its end; a call has two.
    inner = MOST // 2 - 10
    rest = MOST - 2 * (inner + 2) - 2 - 4
    assert ends_soon(twice(inner, rest), "f") and not ends_soon(twice(inner, rest + 1), "f")


def test_functions_count_after_those_that_are_imported() -> None:
    """Imports of other sorts are not functions."""
    imports = '(import "m" "a" (func)) (import "m" "b" (global i32)) (import "m" "c" (memory 1)) (import "m" "d" (func))'
    brief, loop = '(func (export "f") (call $inner)) (func $inner)', '(func (export "f") (call $inner)) (func $inner (loop (br 0)))'
    assert ends_soon(bytes(wat2wasm(f"(module {imports} {brief})")), "f")
    assert stays_inside(bytes(wat2wasm(f"(module {imports} {brief})")), "f")
    assert not ends_soon(bytes(wat2wasm(f"(module {imports} {loop})")), "f")
    assert not ends_soon(bytes(wat2wasm(f'(module {imports} (func $last) (func (export "f") (call 1)))')), "f")
    # An export of another sort has the function's name and number.
    assert not ends_soon(bytes(wat2wasm('(module (func) (memory (export "f") 1))')), "f")


HEAD = b"\0asm\1\0\0\0"
ONE = HEAD + b"\1\4\1\x60\0\0" + b"\3\2\1\0"


@pytest.mark.parametrize(("module", "words", "at"), [
    (ONE + b"\x0a\5\1\3\0\x6a\x0b", "type mismatch: expected i32 but nothing on stack", 0x17),
    (ONE + b"\x0a\5\1\3\0\xff\x0b", "illegal opcode: 0xff", 0x17),
    (ONE + b"\x0a\5\1\3\0\x0b\x0b", "operators remaining after end of function body or expression", 0x18),
    (ONE + b"\x0a\x08\1\6\0\1\1\1\x6a\x0b", "type mismatch: expected i32 but nothing on stack", 0x1A),
])  # fmt: skip
def test_where_a_module_is_wrong(module: bytes, words: str, at: int) -> None:
    """The place counts from the start of the file that the module is in; the validator names it in hexadecimal."""
    for start in (0, 100):
        data = bytes(start) + module
        with pytest.raises(Malformed) as caught:
            check_module_code(Module(data, start, len(data)))
        assert str(caught.value) == f"the core module at byte {start} is not valid WebAssembly: {words}, at byte {start + at}"


@pytest.mark.parametrize(("text", "exports"), [
    ('(global i32 (i32.const 0)) (global i32 (i32.const 0)) (memory 1) (func (export "f"))', ["f", "memory"]),
    ('(func (export "f")) (func (export "g"))', ["f", "g", "memory"]), ("(memory 1)", ["memory"]), ("", ["memory"]),
    ('(global (export "g") i32 (i32.const 0)) (memory 1)', ["g", "memory"]),
])  # fmt: skip
def test_a_memory_is_exported_besides(text: str, exports: list[str]) -> None:
    """What a module exported before it goes on exporting, whatever other sections it has."""
    made = export_memory(bytes(wat2wasm(f"(module {text})")))
    assert made is not None and [each.name for each in Compiled(shared_engine(), made).exports] == exports


def test_the_most_parameters_of_a_function_type() -> None:
    """A thousand, as in Wasmtime; one more is refused."""
    def component(count: int) -> bytes:
        params = " ".join(f'(param "p{number}" u8)' for number in range(count))
        return bytes(wat2wasm(f"(component (type (func {params})))"))

    decode(component(1000))
    with pytest.raises(Malformed, match="1001 elements is announced where 1000 is the limit"):
        decode(component(1001))
