"""Generated functions read as `golden/NAME.lua` has them, one or two for each way of calling, and one for each way that an import gives its
result; so a change of the generator shows what it changes.

`python -m tests.abi.test_generated` writes these texts; read the difference before keeping it.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.abi.conftest import State, opened  # noqa: F401 -- the fixture
from tests.texts import texts

lua, _ = texts(__file__)

GOLDEN = Path(__file__).parent / "golden"

# The parameters and the result of a function, by the names of TYPES, and the options of lua/abi/generate.lua.
CASES = {
    "plain_numbers": ("{ u32, u32 }, u32", "{}"),
    "plain_strings": ("{ point, list(word) }, pair", "{ pair = true, post = 'calls', limit = 7, gated = true, results = 1 }"),
    "plain_shared": ("{ u32 }, u32", "{ shared = true }"),
    "plain_fresh": ("{ own }, own", "{ fresh = true, resources = true }"),
    "hosted": ("{ own, word }, word", "{ mode = 'hosted', post = 'leaf', leaf = true, resources = true, state = 3 }"),
    "turns": ("{ option(word) }, pair", "{ mode = 'turns', post = 'calls' }"),
    "hosted_turns": ("{}, level", "{ mode = 'hosted_turns' }"),
    "waits": ("{ own, word }, pair", "{ mode = 'waits', pair = true, post = 'leaf', leaf = true, resources = true }"),
}

# The same of imports, by the way of lua/imports/glue.lua.
IMPORTS = {
    "nothing": "{ own, list(word), option(option(level)) }, nil",
    "flat": "{ f32, point, { kind = 'borrow', resource = 1 } }, own",
    "placed": "{ shape, pair }, option(u32)",
    "filled": "{ many, list(u8) }, { kind = 'result', ok = list(point), err = shape }",
}

TYPES = lua("types")


def generated(state: State, name: str) -> str:
    """Gives the text of a case."""
    signature, options = CASES[name]
    written: bytes = state.run(f"{TYPES} return (require('lua.abi.generate').write(parts({signature}), {options}))")
    return written.decode() + "\n"


def glue(state: State, way: str) -> str:
    """Gives the text of an import's glue, whose result is given in that way."""
    text = lua("text", TYPES=TYPES, IMPORTS=IMPORTS[way], WAY=way)
    written: bytes = state.run(text)
    return written.decode() + "\n"


@pytest.mark.parametrize("name", CASES)
def test_a_generated_function_reads_as_expected(name: str, opened: Callable[..., State]) -> None:  # noqa: F811
    """Each way of calling writes its stages in order, and each block where it belongs."""
    assert generated(opened([], {}), name) == (GOLDEN / f"{name}.lua").read_text()


@pytest.mark.parametrize("way", IMPORTS)
def test_the_glue_of_an_import_reads_as_expected(way: str, opened: Callable[..., State]) -> None:  # noqa: F811
    """Arguments are lifted and the provider begun, and its result is given, in stages too."""
    assert glue(opened([], {}), way) == (GOLDEN / f"import_{way}.lua").read_text()


def test_each_way_of_calling_has_a_text(opened: Callable[..., State]) -> None:  # noqa: F811
    """A way of calling that is added needs a golden text, and a text that nothing writes is stale."""
    ways: bytes = opened([], {}).run(lua("each_way_of_calling_has_a_text"))
    imports = {f"import_{way}" for way in IMPORTS}
    assert set(ways.decode().split()) <= {name.split("_")[0] if name.startswith("plain") else name for name in CASES} | imports
    assert {path.stem for path in GOLDEN.iterdir()} == set(CASES) | imports


def test_blocks_are_closed_and_indented(opened: Callable[..., State]) -> None:  # noqa: F811
    """The emitter closes what is open, indents texts of several lines, and formats only what comes with values."""
    assert opened([], {}).run(lua("blocks_are_closed_and_indented")) == "\n".join([
        "function(v)", "  local a = v % 2", "  local b", "  if a == 1 then", "    b = 1", "  else",
        "    while a do a = nil end", "    while a do", "      -- " + 30 * "long ", "    end", "  end", "end",
    ]).encode()  # fmt: skip


def main() -> None:
    """Writes the texts."""
    with tempfile.TemporaryDirectory() as folder:
        state = State(Path(folder), [], {})
        for name in CASES:
            (GOLDEN / f"{name}.lua").write_text(generated(state, name))
        for way in IMPORTS:
            (GOLDEN / f"import_{way}.lua").write_text(glue(state, way))
        state.close()


if __name__ == "__main__":
    sys.exit(main())
