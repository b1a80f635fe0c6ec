"""What each reader of a part of a binary makes of bytes at its edges: the value and where it stops, or the sentence and its place."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from moonwit.host.wasm.binary import core_types, names, typesyntax
from moonwit.host.wasm.binary.reader import Reader
from moonwit.host.wasm.binary.sections import Sections
from moonwit.host.wasm.problems import Malformed, Refused

# For each part what comes of which bytes, as the specification's binary format has it.
FOUND: dict[str, dict[str, str]] = json.loads((Path(__file__).parent / "outcomes.json").read_text())
READERS: dict[str, Callable[[Reader], Any]] = {
    "byte": Reader.byte,
    "peek": Reader.peek,
    "u32": Reader.u32,
    "u64": Reader.u64,
    "s33": Reader.s33,
    "name": Reader.name,
    "count": Reader.count,
    "count up to 2": lambda reader: reader.count(2),
    "take 2": lambda reader: [(part.position, part.end) for part in [reader.take(2)]],
    "expect 7": lambda reader: reader.expect(7, "this"),
    "finish": lambda reader: reader.finish("this"),
    "values": core_types.values,
    "value type": core_types.value_type,
    "core types": core_types.recursive_types,
    "memory": core_types.memory,
    "table": lambda reader: core_types.table(reader, definition=True),
    "table type": lambda reader: core_types.table(reader, definition=False),
    "global": core_types.global_type,
    "import": lambda reader: core_types.describe(reader, lambda inner: core_types.CoreType("i" * inner.u32(), "")),
    "constant expression": core_types.constant_expression,
    "label": names.label,
    "name of an import": names.extern_name,
    "sort": typesyntax.sort,
    "core sort": typesyntax.core_sort,
    "sort outside": typesyntax.external_sort,
    "reference": typesyntax.ref,
    "optional": typesyntax.optional,
    "bound": typesyntax.bound,
    "alias": typesyntax.alias,
    "core type of a component": typesyntax.core_type,
    "type": lambda reader: typesyntax.definition(reader, 0),
    "deep type": lambda reader: typesyntax.definition(reader, typesyntax.DEEPEST - 1),
    "less deep type": lambda reader: typesyntax.definition(reader, typesyntax.DEEPEST - 2),
    "core module": lambda reader: list(Sections().section(1, reader, 0, 0)),
    "component": lambda reader: list(Sections().section(4, reader, 0, typesyntax.DEEPEST - 1)),
    "deep component": lambda reader: list(Sections().section(4, reader, 0, typesyntax.DEEPEST)),
    "canonical": lambda reader: Sections().canonical(reader, 0),
    "core instance": lambda reader: Sections().core_instance(reader, 0),
    "instance": lambda reader: Sections().instance(reader, 0),
    "export": lambda reader: Sections().export(reader, 0),
    "start": Sections().start,
}


def said(value: Any) -> str:
    """Writes a value out: of an object its class and the fields that are set, in the order of their names."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {said(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list) or type(value) is tuple:
        return "(" + ", ".join(map(said, value)) + ")"
    fields = value._asdict() if isinstance(value, tuple) else getattr(value, "__dict__", None)
    if fields is None:
        return repr(value)
    return f"{type(value).__name__}({', '.join(f'{name} {said(each)}' for name, each in sorted(fields.items()) if each is not None)})"


def outcome(read: Callable[[Reader], Any], data: bytes) -> str:
    """Reads what lies between bytes that are not to be looked at."""
    reader = Reader(b"\xee" + data + b"\0" * 12, 1, 1 + len(data))
    try:
        value = read(reader)
    except (Malformed, Refused) as problem:
        return str(problem)
    return f"{said(value)} to {reader.position}"


@pytest.mark.parametrize("part", READERS)
def test_each_outcome(part: str) -> None:
    """Is what is listed."""
    assert FOUND[part]
    assert {data: outcome(READERS[part], bytes.fromhex(data)) for data in FOUND[part]} == FOUND[part]


def test_pages_of_memories_have_64_kib_at_most() -> None:
    """Or any smaller power of two."""
    assert outcome(core_types.memory, bytes.fromhex("080110")).endswith(" to 4")
    assert not outcome(core_types.memory, bytes.fromhex("080111")).endswith(" to 4")


def test_all_are_listed() -> None:
    """Each part has inputs of its own, among them some that are taken and some that are not."""
    assert list(FOUND) == list(READERS)
    for part, outcomes in FOUND.items():
        if part == "deep component":
            continue
        assert {re.search(r" to \d+$", each) is not None for each in outcomes.values()} == {True, False}, part
