"""What Python and Lua each work out or list for themselves is the same on both sides."""

import random
from pathlib import Path

import pytest

from moonwit.host.programs.program import late
from moonwit.host.wasi import preview1
from moonwit.host.wasi.signatures import NULL, SIGNATURES
from moonwit.host.wasm.wit import flatten
from moonwit.host.wasm.wit import types as wit
from moonwit.lua.calls.entries import Entries
from moonwit.lua.guest.plan import signature_data
from moonwit.lua.lane.lane import new_state
from moonwit.lua.scripts.keywords import KEYWORDS
from moonwit.lua.values import buffer
from tests.abi.values import a_type
from tests.texts import texts

read_lua, _ = texts(__file__)

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def lua():
    return new_state(Entries(None).callbacks())[0]


LAYOUTS = read_lua("layouts").encode()


def test_types_are_laid_out_alike(lua):
    """Size, alignment and core types of a WIT type are the same in host/wasm/wit/flatten.py and lua/abi/layout.lua."""
    rng = random.Random(20)
    types = [wit.Primitive(kind) for kind in wit.PRIMITIVES] + [a_type(rng) for _ in range(300)]
    types += [wit.Enum(tuple(f"c{i}" for i in range(count))) for count in (1, 256, 257, 65536, 65537)]
    types += [wit.Flags(tuple(f"f{i}" for i in range(count))) for count in (1, 8, 9, 16, 17, 32)]
    function = wit.Function(tuple(wit.Field(f"p{i}", type) for i, type in enumerate(types)), None)
    of_lua = lua.execute(LAYOUTS)(buffer.encode(signature_data("f", function))).decode().split("\n")
    layouts = flatten.Layouts()
    # Python stops counting the core types where there are too many to be passed flat.
    cut = flatten.MOST_PARAMS + 1
    of_python = [f"{' '.join(map(str, layouts.layout(type)))} {layouts.flat(type)[:cut]}" for type in types]
    sizes, flats = zip(*(found.rsplit(" ", 1) for found in of_lua), strict=True)
    assert [f"{size} {flat[:cut]}" for size, flat in zip(sizes, flats, strict=True)] == of_python


def test_limits_of_flat_values_are_alike(lua):
    """So many parameters are flat on both sides."""
    assert lua.execute(b"return require('lua.abi.layout').MAX_FLAT_PARAMS") == flatten.MOST_PARAMS


NAMES = read_lua("names").encode()


def test_lua_provides_each_function_of_wasi_that_python_links(lua):
    """The functions of host/wasi/signatures.py and host/wasi/preview1.py are those of lua/wasi, but for those that need no Lua."""
    paths = [path for folder in ("p1", "p2") for path in sorted((ROOT / "lua" / "wasi" / folder).glob("*.lua"))]
    files = [f"lua.wasi.{path.parent.name}.{path.stem}".encode() for path in paths]
    provided = set(lua.execute(NAMES, *files).decode().split("\n"))
    interfaces = {interface: names for interface, names in SIGNATURES.items() if interface.startswith("wasi:")}
    of_python = {f"{interface}#{name}" for interface, names in interfaces.items() for name in names}
    of_python |= {f"wasi_snapshot_preview1#{name}" for name in preview1.FUNCTIONS}
    assert sorted(of_python - NULL.keys() - provided) == []
    assert sorted(provided - of_python) == []


def test_lateness_is_said_alike(lua):
    """A program whose compilation takes too long reads as one that Lua ends, and a long limit is not rounded."""
    of_lua = lua.execute(b"return require('lua.values.errors').late('p', 12345678, {}, 'it slept'):message()").decode()
    assert of_lua.replace("p: ", "p ", 1) == late("p", 12345678, "it slept") == "p took longer than its limit of 12345678 ms: it slept"


def test_keywords_are_those_of_luajit(lua):
    """The words of lua/scripts/keywords.py are those that LuaJIT takes for no variable, and `goto`, which it takes for one too."""
    can_be_a_name = lua.execute(b"return function(word) return loadstring('local ' .. word .. ' = 1') ~= nil end")
    words = {
        *KEYWORDS,
        "continue",
        "self",
        "print",
        "switch",
        "elif",
        "None",
        "class",
        "async",
        "export",
        "global",
        "default",
        "go",
        "type",
    }
    assert {word for word in words if not can_be_a_name(word.encode())} == KEYWORDS - {"goto"}
    assert lua.execute(b"return loadstring('goto out ::out::') ~= nil")
