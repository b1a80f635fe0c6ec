"""The tables that cross between Python and Lua: their classes for Lua are those of Python, and Lua reads only what they have."""

import importlib.util
import re
import typing
from pathlib import Path

import pytest

from moonwit.lua.border import entries
from tests.texts import texts

lua, _ = texts(__file__)

SPEC = importlib.util.spec_from_file_location("border", Path(__file__).parents[1] / "border.py")
border = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(border)

ROOT = border.ROOT
SOURCES = sorted(path for room in ("lua", "stdlib") for path in (ROOT / room).rglob("*.lua") if path.parent.name != "border")


@pytest.mark.parametrize("module", border.MODULES, ids=lambda module: module.__name__.rpartition(".")[2])
def test_lua_has_the_classes_of_python(module):
    """The classes of lua/border/*.lua are those of the Python file beside each."""
    assert border.class_file(module).read_text(encoding="utf-8") == border.text(module), "run: python tests/border.py"


def test_names_are_used_once():
    """Each class has a name of its own: they share one name space in Lua."""
    names = [
        value.__name__
        for module in border.MODULES
        for value in vars(module).values()
        if getattr(value, "__module__", "") == module.__name__
    ]
    assert len(names) == len(set(names))


def test_lua_has_the_constants_of_python():
    """What both must know is in lua/border/facts.lua as Python has it."""
    assert border.FACTS_FILE.read_text(encoding="utf-8") == border.facts(), "run: python tests/border.py"


def test_what_may_be_absent_is_marked():
    """A field is optional in Lua where Python may leave it out, and where it may be None, which does not cross."""
    assert border.optional(entries.Compiling) == {"limit_ms"}
    assert border.optional(entries.PoolBounds) == {"bound", "concurrency", "room", "warm"}
    optional = {"limit_ms", "limit_ticks", "limit_bytes", "limit_stack", "worldly", "workers", "part"}
    assert border.optional(entries.GuestEntry) == optional


def test_lua_reads_only_declared_fields():
    """Each field that Lua reads of a table from Python is declared in lua/border."""
    found = [(path, read) for path in SOURCES for read in border.reads(path.read_text(encoding="utf-8"))]
    wrong = [f"{path.relative_to(ROOT)}:{read.line}: {read.path}.{read.field}" for path, read in found if not read.declared]
    assert not wrong, "expected fields that lua/border declares, got:\n" + "\n".join(wrong)
    # So many are seen that the reader of Lua has not gone blind.
    assert len(found) > 100


def test_each_answer_is_declared():
    """What Lua decodes of an answer of Python's has a type."""
    asks = re.compile(
        r"^(.*)\n\s*local [^\n]*= (?:buffer\.decode\(host\.\w+\(|ask(?:_away)? ?\(?'(?:fs_get|fs_open|fs_size|env_)).*$", re.MULTILINE
    )
    count = 0
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        for match in asks.finditer(text):
            count += 1
            line = text.count("\n", 0, match.end()) + 1
            declared = "---@type border." in match[1] or ("stdlib" in path.parts and "_set'" in match[0])
            assert declared, f"{path.relative_to(ROOT)}:{line}: expected ---@type before what crosses from Python"
    assert count > 15


def test_every_message_has_a_handler():
    """lua/boot.lua and lua/http/requests.lua answer each kind of message that a lane may be told."""
    handlers = (ROOT / "lua" / "boot.lua").read_text(encoding="utf-8") + (ROOT / "lua" / "http" / "requests.lua").read_text(
        encoding="utf-8"
    )
    for message in typing.get_args(border.ALIASES["Message"]):
        (kind,) = typing.get_args(border.hints(message)["kind"])
        assert re.search(rf"\bhandlers\.{kind}\(|\bmessages\.{kind}\b", handlers), f"expected a handler of {kind} messages"


EXAMPLES = {
    "a parameter": (
        "---@param made border.Hired\nlocal function f(made)\n  return made.orders, made.nothing\nend\nlocal made = 1\nmade.other()\n",
        ["nothing"],
    ),
    "a local": ("do\n  ---@type border.Hired\n  local made = ask()\n  print(made.most, made.moth)\nend\nprint(made.later)\n", ["moth"]),
    "a table within": ("---@param entry border.GuestEntry\nlocal function f(entry) return entry.plan.key, entry.plan.lock end\n", ["lock"]),
    "a list within": (
        lua("examples_a_list_within"),
        ["modules"],
    ),
    "one of several": (
        "---@param told border.Loaded\nlocal function f(told) return told.failed, told.compiling, told.plan, told.flan end\n",
        ["flan"],
    ),
    "a table that is made": ("---@type border.Hired\nlocal made = { orders = 1, twice = f { inner = 2 } }\n", ["twice"]),
    "a table that is returned": (
        lua("examples_a_table_that_is_returned"),
        ["moth"],
    ),
    "a comment": ("---@param made border.Hired\nlocal function f(made) return 1 end -- made.up\n", []),
    "a function behind": (
        "---@param made border.Hired\nfunction M.f(made) return made.most end\n\nfunction M.g(made) return made.up end\n",
        [],
    ),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_undeclared_fields_are_seen(name):
    """What is read of a table, of those in it and of its lists is compared, as far as the variable reaches."""
    text, wrong = EXAMPLES[name]
    assert [read.field for read in border.reads(text) if not read.declared] == wrong
