"""Types, functions and worlds are printed as WIT, and what is printed reads back as the same."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moonwit.host.functions.binaries import assemble
from moonwit.host.wasm.component.show import show_world
from moonwit.host.wasm.wit.show import show_declaration, show_function, show_type
from moonwit.host.wasm.wit.types import (
    PRIMITIVES,
    Case,
    Enum,
    Field,
    Flags,
    Function,
    List,
    Option,
    Primitive,
    Record,
    Result,
    Tuple,
    Type,
    Variant,
)
from moonwit.host.wasm.wit.wit import parse_wit
from tests.texts import texts

_, wat = texts(__file__)

NAMES = st.sampled_from(["a", "b-c", "type", "list", "x2", "user-view", "result"])
FRESH = st.lists(NAMES, min_size=1, max_size=4, unique=True).map(tuple)


def compound(inner: st.SearchStrategy[Type]) -> st.SearchStrategy[Type]:
    """Types without a declaration, made of `inner` ones."""
    side = st.none() | inner
    return st.one_of(
        inner.map(List),
        inner.map(Option),
        st.lists(inner, min_size=1, max_size=3).map(lambda t: Tuple(tuple(t))),
        st.builds(Result, side, side),
    )


def declared(inner: st.SearchStrategy[Type]) -> st.SearchStrategy[Type]:
    """Types that need a declaration, with the name `it`."""
    return st.one_of(
        FRESH.flatmap(lambda names: st.tuples(*(st.builds(Field, st.just(n), inner) for n in names))).map(lambda f: Record(f, "it")),
        FRESH.flatmap(lambda names: st.tuples(*(st.builds(Case, st.just(n), st.none() | inner) for n in names))).map(
            lambda c: Variant(c, "it")
        ),
        FRESH.map(lambda names: Enum(names, "it")),
        FRESH.map(lambda names: Flags(names, "it")),
    )


PLAIN: st.SearchStrategy[Type] = st.recursive(st.sampled_from(PRIMITIVES).map(Primitive), compound, max_leaves=8)


@settings(max_examples=100, deadline=None)
@given(NAMES, st.lists(PLAIN, max_size=3), st.none() | PLAIN, declared(PLAIN))
def test_what_is_printed_reads_back(name: str, params: list[Type], result: Type | None, extra: Type) -> None:
    """A function and a declared type, printed, are read as the same function and type."""
    function = Function((*(Field(f"p{n}", type) for n, type in enumerate(params)), Field("last", List(extra))), result)
    found = parse_wit(f"{show_declaration('it', extra)}\n{show_function(name, function)}")
    assert found.functions == {name: function}
    assert found.types == {"it": extra}


@pytest.mark.parametrize(
    ("type", "text"),
    [
        (Result(None, None), "result"),
        (Result(Primitive("u8"), None), "result<u8>"),
        (Result(None, Primitive("u8")), "result<_, u8>"),
        (List(Record((Field("id", Primitive("u8")),), "user")), "list<user>"),
        (Option(Enum(("a", "b"))), "option<enum { a, b }>"),
    ],
)
def test_types(type: Type, text: str) -> None:
    """A named type is printed by its name, one without a name in full."""
    assert show_type(type) == text


def test_types_in_full() -> None:
    """With `expand` named types are printed by their structure."""
    user = Record((Field("id", Primitive("u8")), Field("kind", Variant((Case("a", None), Case("b", Primitive("char"))), "kind"))), "user")
    assert show_type(List(user), expand=True) == "list<record { id: u8, kind: variant { a, b(char) } }>"


def test_a_world() -> None:
    """A world shows resources with their functions, interfaces with their types, and root functions."""
    source = wat("a_world")
    assert show_world(assemble(source).world) == (
        "world root {\n"
        "  export run: func();\n"
        "  import host:a/files: interface {\n"
        "    resource file {\n"
        "      constructor(name: string);\n"
        "      size: func(m: mode) -> u64;\n"
        "      open: static func(name: string) -> result<file>;\n"
        "    }\n"
        "    enum mode {\n"
        "      read,\n"
        "      write,\n"
        "    }\n"
        "  }\n"
        "}\n"
    )
