"""Flat signatures against Wasmtime's validator; sizes and alignments against CanonicalABI.md."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wasmtime import Engine, WasmtimeError, wat2wasm
from wasmtime.component import Component

from moonwit.host.wasm.binary.core_types import CoreType
from moonwit.host.wasm.wit.flatten import flatten, layout, lower
from moonwit.host.wasm.wit.types import (
    PRIMITIVES,
    Case,
    Enum,
    Field,
    Flags,
    Function,
    List,
    Option,
    Own,
    Primitive,
    Record,
    Resource,
    Result,
    Tuple,
    Type,
    Variant,
)
from tests.texts import texts

_, wat = texts(__file__)

U8, U16, U32, U64, F32, F64, STRING = map(Primitive, ("u8", "u16", "u32", "u64", "f32", "f64", "string"))
CORE = {"i": "i32", "I": "i64", "f": "f32", "F": "f64"}


def names(count: int) -> tuple[str, ...]:
    return tuple(f"n{number}" for number in range(count))


def compound(inner: st.SearchStrategy[Type]) -> st.SearchStrategy[Type]:
    optional = st.none() | inner
    return st.one_of(
        st.lists(inner, min_size=1, max_size=6).map(lambda parts: Record(tuple(map(Field, names(len(parts)), parts)))),
        st.lists(optional, min_size=1, max_size=5).map(lambda parts: Variant(tuple(map(Case, names(len(parts)), parts)))),
        st.lists(inner, min_size=1, max_size=5).map(lambda parts: Tuple(tuple(parts))),
        inner.map(List),
        inner.map(Option),
        st.builds(Result, optional, optional),
        st.integers(1, 32).map(lambda count: Flags(names(count))),
        st.integers(1, 300).map(lambda count: Enum(names(count))),
    )


TYPES = st.recursive(st.sampled_from([Primitive(kind) for kind in PRIMITIVES]), compound, max_leaves=12)
FUNCTIONS = st.builds(
    lambda params, result: Function(tuple(map(Field, names(len(params)), params)), result),
    st.lists(TYPES, max_size=5),
    st.none() | TYPES,
)


def written(found: Type | None) -> str:
    """A type in the text format."""
    if isinstance(found, Primitive):
        return found.kind
    if isinstance(found, Record):
        fields = " ".join(f'(field "{part.name}" {written(part.type)})' for part in found.fields)
        return f"(record {fields})"
    if isinstance(found, Variant):
        cases = " ".join(f'(case "{part.name}" {written(part.type) if part.type else ""})' for part in found.cases)
        return f"(variant {cases})"
    if isinstance(found, Tuple):
        return f"(tuple {' '.join(map(written, found.types))})"
    if isinstance(found, (Flags, Enum)):
        quoted = " ".join(f'"{name}"' for name in found.names)
        return f"({type(found).__name__.lower()} {quoted})"
    if isinstance(found, List):
        return f"(list {written(found.element)})"
    if isinstance(found, Option):
        return f"(option {written(found.some)})"
    assert isinstance(found, Result)
    return f"(result {written(found.ok) if found.ok else ''} {f'(error {written(found.err)})' if found.err else ''})"


def core(found: CoreType) -> str:
    params, results = (" ".join(CORE[letter] for letter in letters) for letters in (found.params, found.results))
    return f"(param {params}) (result {results})"


def component(function: Function) -> bytes:
    """A component that lifts a core function to ``function``, and lowers it again for a core module to import."""
    params = " ".join(f'(param "{param.name}" {written(param.type)})' for param in function.params)
    result = f"(result {written(function.result)})" if function.result else ""
    options = '(memory (core memory $i "m")) (realloc (core func $i "r"))'
    return bytes(
        wat2wasm(
            wat("component", CORE=core(flatten(function)), PARAMS=params, RESULT=result, OPTIONS=options, CORE_2=core(lower(function)))
        )
    )


@settings(max_examples=60, deadline=None)
@given(FUNCTIONS)
def test_wasmtime_agrees_with_flat_signatures(function: Function) -> None:
    """Wasmtime validates a component whose core functions have the flattened types, for lifting and for lowering."""
    Component(Engine(), component(function))


def test_wasmtime_disagrees_with_another_signature(monkeypatch: pytest.MonkeyPatch) -> None:
    """The validator does look at signatures: with a wrong one it refuses."""
    monkeypatch.setitem(globals(), "flatten", lambda function: CoreType("F", ""))
    with pytest.raises(WasmtimeError):
        Component(Engine(), component(Function((Field("a", U8),), None)))


@pytest.mark.parametrize("count", [15, 16, 17, 18])
def test_more_than_16_values_lie_in_memory(count: int) -> None:
    """In a record, and in a record within one: what is kept of a large type still tells that it is one."""
    record = Record(tuple(Field(name, U8) for name in names(count)))
    for found in (record, Record((Field("inner", record),)), Option(Record(record.fields[1:]))):
        assert flatten(Function((Field("a", found),), None)).params == ("i" * count if count <= 16 else "i")


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (Primitive("bool"), (1, 1)),
        (Primitive("char"), (4, 4)),
        (U64, (8, 8)),
        (F32, (4, 4)),
        (STRING, (8, 4)),
        (List(U64), (8, 4)),
        (Own(Resource("r")), (4, 4)),
        (Record((Field("a", U8), Field("b", U32), Field("c", U8))), (12, 4)),
        (Tuple((U8, U64, U16)), (24, 8)),
        (Tuple((U8, U8, U16)), (4, 2)),
        (Option(U8), (2, 1)),
        (Option(U64), (16, 8)),
        (Option(Option(U16)), (6, 2)),
        (Result(None, None), (1, 1)),
        (Result(U8, STRING), (12, 4)),
        (Variant((Case("a", U8), Case("b", None), Case("c", Tuple((U32, U8))))), (12, 4)),
        (Enum(names(256)), (1, 1)),
        (Enum(names(257)), (2, 2)),
        (Enum(names(65536)), (2, 2)),
        (Enum(names(65537)), (4, 4)),
        (Flags(names(8)), (1, 1)),
        (Flags(names(9)), (2, 2)),
        (Flags(names(17)), (4, 4)),
        (Variant(tuple(Case(name, U8) for name in names(257))), (4, 2)),
    ],
)
def test_layout(found: Type, expected: tuple[int, int]) -> None:
    """Sizes and alignments are those of the canonical ABI."""
    assert layout(found) == expected


def test_limits_of_flat_signatures() -> None:
    """Sixteen parameters stay flat, seventeen become a pointer; more than one result becomes one."""
    sixteen = Tuple((U8,) * 16)
    assert flatten(Function((Field("a", sixteen),), None)) == CoreType("i" * 16, "")
    assert flatten(Function((Field("a", sixteen), Field("b", U64)), None)) == CoreType("i", "")
    assert flatten(Function((), Tuple((F64, F64)))) == CoreType("", "i")
    assert lower(Function((Field("a", sixteen),), STRING)) == CoreType("i" * 17, "")
    assert lower(Function((Field("a", sixteen), Field("b", U64)), STRING)) == CoreType("ii", "")
