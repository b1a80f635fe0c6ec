"""WIT text becomes types and functions, and every mistake in it is a sentence with its place."""

import pytest

from moonwit.host.wasm.wit.types import (
    Borrow,
    Case,
    Enum,
    Field,
    FixedList,
    Flags,
    Function,
    List,
    Map,
    Option,
    Own,
    Primitive,
    Record,
    Resource,
    Result,
    Tuple,
    Variant,
)
from moonwit.host.wasm.wit.wit import parse_wit
from moonwit.host.wasm.wit.wit_lexer import WitError

U8, U32, STRING = Primitive("u8"), Primitive("u32"), Primitive("string")


def result_of(text: str) -> object:
    """The result type of the text's function `f`."""
    return parse_wit(text).functions["f"].result


@pytest.mark.parametrize("kind", ["bool", "s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64", "f32", "f64", "char", "string"])
def test_primitives(kind: str) -> None:
    """Every primitive of WIT is read as itself."""
    assert result_of(f"f: func() -> {kind};") == Primitive(kind)


@pytest.mark.parametrize(
    ("written", "type"),
    [
        ("list<u8>", List(U8)),
        ("list<list<string>>", List(List(STRING))),
        ("list<u8, 4>", FixedList(U8, 4)),
        ("list<list<u8, 20>, 25>", FixedList(FixedList(U8, 20), 25)),
        ("map<string, list<u32>>", Map(STRING, List(U32))),
        ("option<u32>", Option(U32)),
        ("result", Result(None, None)),
        ("result<u32>", Result(U32, None)),
        ("result<_, string>", Result(None, STRING)),
        ("result<u32, string>", Result(U32, STRING)),
        ("tuple<u8, string>", Tuple((U8, STRING))),
        ("tuple<u8,>", Tuple((U8,))),
        ("user", Record((Field("id", U32), Field("name", STRING)))),
        ("shape", Variant((Case("point", None), Case("line", U32)))),
        ("color", Enum(("red", "green"))),
        ("rights", Flags(("read", "write"))),
        ("names", List(STRING)),
        ("%list", U8),
    ],
)
def test_constructors(written: str, type: object) -> None:
    """Every type constructor is read, with the declarations after their use."""
    assert (
        result_of(
            f"""f: func() -> {written};
            type names = list<string>; type %list = u8;
            record user {{ id: u32, name: string, }}
            variant shape {{ point, line(u32) }}
            enum color {{ red, green }}
            flags rights {{ read, write }}"""
        )
        == type
    )


def test_names_are_kept_for_display() -> None:
    """A declared type knows its name; an alias of a declared type keeps the first name."""
    types = parse_wit("record user { id: u8 } type users = list<user>; type person = user;").types
    assert {name: getattr(type, "name", None) for name, type in types.items()} == {"user": "user", "users": "users", "person": "user"}


def test_functions_with_and_without_export() -> None:
    """Several functions are read, `export` and the last semicolon may be missing, and each one's place is known."""
    found = parse_wit("export add: func(a: u32, %type: u8) -> u32;\n  run: func()")
    assert found.functions == {"add": Function((Field("a", U32), Field("type", U8)), U32), "run": Function((), None)}
    assert found.positions == {"add": (1, 8), "run": (2, 3)}


def test_comments() -> None:
    """Line, documentation and nested block comments may stand anywhere, and lines are counted through them."""
    found = parse_wit("/// says\n// more\n/* a /* b */\n c */ f: /* x */ func() -> u8; // end")
    assert found.functions == {"f": Function((), U8)} and found.positions == {"f": (4, 7)}


def test_a_package_with_a_world() -> None:
    """Of a whole package the world's exports count: root functions by name, interfaces by their full name; imports do not."""
    found = parse_wit(
        """package demo:shop@1.2.0-rc.1;
        @since(version = 1.0.0)
        interface types { record item { id: u32 } }
        interface cart { use types.{item as thing}; add: func(i: thing) -> bool; }
        world shop {
            import wasi:cli/environment@0.2.0; import log: func(s: string);
            export cart;
            export inner: interface { go: func(); }
            export run: func() -> result<_, string>;
        }"""
    )
    assert list(found.functions) == ["run", "demo:shop/cart@1.2.0-rc.1#add", "inner#go"]
    assert found.functions["demo:shop/cart@1.2.0-rc.1#add"].params == (Field("i", Record((Field("id", U32),))),)


def test_a_sole_interface() -> None:
    """Functions of the only interface of a text without a world go by their own names."""
    assert list(parse_wit("package a:b; interface x { go: func(); }").functions) == ["go"]


def test_resources() -> None:
    """A resource's functions carry the names of the canonical ABI; all of them speak of one resource."""
    found = parse_wit(
        """resource counter {
            constructor(start: u32); get: func() -> u32; merge: static func(a: counter, b: borrow<counter>) -> counter;
        }"""
    )
    counter = found.types["counter"]
    assert isinstance(counter, Resource) and counter.local
    assert found.functions == {
        "[constructor]counter": Function((Field("start", U32),), Own(counter)),
        "[method]counter.get": Function((Field("self", Borrow(counter)),), U32),
        "[static]counter.merge": Function((Field("a", Own(counter)), Field("b", Borrow(counter))), Own(counter)),
    }


MISTAKES = [
    ("f: func(a: usr); record user {a: u8}", 1, 12, "unknown type `usr`; did you mean `user`?"),
    ("f: func() -> strng", 1, 14, "unknown type `strng`; did you mean `string`?"),
    ("f: func() -> i32", 1, 14, "unknown type `i32`; WIT has `s32` for it"),
    ("f: func() -> float64", 1, 14, "unknown type `float64`; WIT has `f64` for it"),
    (
        "record a {b: list<b>}\nrecord b {a: a}",
        2,
        14,
        "the type `a` contains itself (a -> b -> a), which WIT does not allow; hold an index",
    ),
    ("f: func(u32)", 1, 9, "a parameter of `f` has no name; write `name: type`"),
    (
        "transform_users: func()",
        1,
        1,
        "`transform_users` is not a WIT name, words of letters and digits joined by single dashes; write `transform-users`",
    ),
    ("f: func(userName: u8)", 1, 9, "`userName` is not a WIT name, words of letters and digits joined by single dashes; write `user-name`"),
    ("f: func(type: u8)", 1, 9, "`type` is a word of WIT itself; write `%type` to use it as a parameter's name"),
    ("f: func() -> stream<u8>", 1, 14, "streams need WASI 0.3 and are not taken"),
    ("f: func() -> future<u8>", 1, 14, "futures need WASI 0.3 and are not taken"),
    ("f: func() -> error-context", 1, 14, "error contexts need WASI 0.3 and are not taken"),
    (
        "package a:b { interface c {} }",
        1,
        13,
        "nested packages are not taken; write the package's name on a line of its own, ended with `;`",
    ),
    ("f: async func()", 1, 4, "`f` is an async function, which needs WASI 0.3 and is not taken; make it a plain `func`"),
    ("f: func(a: list<u8, 0>)", 1, 21, "a list of a fixed length: expected 1 to 500 elements, got 0; use list<T>"),
    ("f: func(a: list<list<u8, 21>, 25>)", 1, 31, "a list of a fixed length: expected 1 to 500 elements, got 525 in all; use list<T>"),
    ("f: func(a: list<u8, 501>)", 1, 21, "a list of a fixed length: expected 1 to 500 elements, got 501; use list<T>"),
    ("f: func(a: list<u8, 99999999999>)", 1, 21, "a list of a fixed length: expected 1 to 500 elements, got 99999999999;"),
    (
        "f: func(a: list<u8, 1234567890123456789012345>)", 1, 21,
        "a list of a fixed length: expected 1 to 500 elements, got 12345678901234567890;",
    ),
    ("f: func(a: option<u8, 4>)", 1, 23, "a number stands only behind the type of a list of a fixed length, like `list<u8, 4>`"),
    ("f: func(a: list<4>)", 1, 17, "a number stands only behind the type of a list of a fixed length, like `list<u8, 4>`"),
    ("f: func(a: map<f32, u8>)", 1, 12, "the keys of a map: expected integers, chars, bools or strings; use list<tuple<K, V>>"),
    ("f: func(a: map<u8>)", 1, 12, "`map` takes two types in brackets, not 1; write it like `map<string, u32>`"),
    ("f: func() -> (a: u8)", 1, 14, "named results are no longer part of WIT"),
    ("f: func() -> option<_>", 1, 14, "`_` stands only for the missing side of a `result`; name a type there"),
    ("f: func() -> result<_, _>", 1, 14, "`_` stands only for the missing side of a `result`; write `result` alone"),
    (
        "f: func() -> result<u8, u8, u8>",
        1,
        14,
        "`result` takes none, one or two types in brackets, not 3; write it like `result<u32, string>`",
    ),
    ("f: func() -> list", 1, 14, "`list` takes one type in brackets, not 0; write it like `list<u8>`"),
    ("f: func() -> tuple<>", 1, 14, "`tuple<>` names no type; write one between the brackets"),
    ("f: func() -> u8<u8>", 1, 14, "`u8` takes no types in brackets; remove `<...>`"),
    ("f: func() -> own<u8>", 1, 18, "`own` takes a resource, and `u8` is not one; use the type itself"),
    ("record r {}", 1, 10, "the record `r` is empty; give it at least one field"),
    ("enum e {}", 1, 8, "the enum `e` is empty; give it at least one case"),
    ("flags e {}", 1, 9, "the flags `e` is empty; give it at least one flag"),
    ("variant v {}", 1, 11, "the variant `v` is empty; give it at least one case"),
    ("record r { a: u8, A: u8 }", 1, 19, "the field `A` of `r` is declared twice; rename one of them"),
    ("f: func(a: u8, a: u8)", 1, 16, "the parameter `a` of `f` is declared twice; rename one of them"),
    ("f: func();\nf: func();", 2, 1, "`f` is declared twice, first on line 1; rename one of them"),
    ("record r { a: u8 b: u8 }", 1, 18, "expected `,` between the fields of `r`, got `b`"),
    ("record r { a u8 }", 1, 14, "expected `:` after the field `a`, got `u8`"),
    ("f: func() g: func()", 1, 11, "expected `;` after the function, got `g`"),
    ("f", 1, 1, "expected a declaration such as `name: func(a: u32) -> string;`, got `f`"),
    ("f: func() ->", 1, 13, "expected a type, got the end of the text"),
    ("f: u32", 1, 4, "expected `func` after `f:`, got `u32`"),
    ("f: func() -> string$", 1, 20, "the character `$` has no place in WIT text; remove it"),
    ("f: func()\x1b[2J", 1, 10, "the character `U+001B` has no place in WIT text; remove it"),
    ("/* /* */", 1, 1, "the comment that starts here is not closed; end it with `*/`"),
    ("interface x {", 1, 14, "expected `}` after the declarations, got the end of the text"),
    ("world w { export carts; } interface cart {}", 1, 18, "the interface `carts` is not in this text; did you mean `cart`?"),
    ("interface a { use b.{t}; } interface b { type u = u8; }", 1, 22, "the interface `b` has no type `t`"),
    ("interface a {} interface b {}", 1, 1, "the text has several interfaces and no world"),
    ("world a {} world b {}", 1, 18, "the text has 2 worlds and only one can be meant; leave out the others"),
    ("union u { u8 }", 1, 1, "`union` is no longer part of WIT; write a `variant`"),
    ("world w { include other; }", 1, 11, "`include` is not taken"),
    ("flags f {" + ", ".join(f"g{n}" for n in range(33)) + "}", 1, 160, "`f` has 33 flags, and 32 is the limit; split it in two"),
    ("f: func(a: " + "list<" * 500 + "u8" + ">" * 500 + ")", 1, 512, "types are nested deeper than 100 levels here"),
]


@pytest.mark.parametrize(("text", "line", "column", "sentence"), MISTAKES, ids=[f"{n}" for n in range(len(MISTAKES))])
def test_mistakes(text: str, line: int, column: int, sentence: str) -> None:
    """A mistake is told in one sentence, with the place where it stands."""
    with pytest.raises(WitError) as caught:
        parse_wit(text)
    assert caught.value.sentence.startswith(sentence)
    assert (caught.value.line, caught.value.column) == (line, column)


def test_doubling_types_are_bounded() -> None:
    """Declarations that double at each step are refused before they are written out."""
    with pytest.raises(WitError, match="parts when written out in full, and 20000 is the limit"):
        parse_wit("".join(f"type a{n} = tuple<a{n + 1}, a{n + 1}>;" for n in range(40)) + "type a40 = u8;")


def test_long_chains_are_bounded() -> None:
    """Chains of names, each deeply nested, end in a sentence and not in a RecursionError."""
    nested = "list<" * 99
    for each in ("a{next}", nested + "a{next}" + ">" * 99):
        text = "".join(f"type a{n} = {each.replace('{next}', str(n + 1))};" for n in range(500)) + "type a500 = u8;"
        with pytest.raises(WitError, match="nested deeper than 100 levels"):
            parse_wit(text)


def test_huge_text_is_refused() -> None:
    """A text beyond the size limit is refused before it is looked at."""
    with pytest.raises(WitError, match="1048576 is the limit"):
        parse_wit(" " * (1 << 20) + " ")
