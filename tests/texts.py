"""Texts of tests that have files of their own: Lua in `scripts`, WAT in `wat`, each beside the tests, in a folder named like the test file.

    from tests.texts import texts

    lua, wat = texts(__file__)

    def test_a_timer_goes_on(project, pool):
        project.run_script(lua("a_timer_goes_on", POOL=pool, COUNT=10))

In tests/lua/test_turns.py that reads tests/lua/scripts/turns/a_timer_goes_on.lua, and `wat("counter")` tests/lua/wat/turns/counter.wat.
Three lines of Lua or WAT may stand in the test itself.

A parameter is a word in capitals, in the file as in the call, and stands where it is not part of a longer word; `t:spin_POOL` has one:

    for i = 1, COUNT do funcs.call('t:spin_POOL', i) end

A part of a script is a comment of that one word, `--[[ BODY ]]`, so that the file remains Lua that tools can read and format. Scripts
that are meant not to be Lua are in a folder called `wrong`, which formatter and linters leave out: `lua("wrong/half_a_string")`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

Text = Callable[..., str]


@cache
def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def filled(path: Path, values: dict[str, object]) -> str:
    """Reads a file and puts values in place of its parameters; one that it has not is a mistake of the test."""
    text = read(path)
    if not values:
        return text
    names = "|".join(sorted(map(re.escape, values), key=len, reverse=True))
    parameter = re.compile(rf"--\[\[ ({names}) \]\]|(?<![A-Za-z0-9])({names})(?![A-Za-z0-9])")
    missing = values.keys() - {one or other for one, other in parameter.findall(text)}
    assert not missing, f"{path} has no {', '.join(sorted(missing))}"
    return parameter.sub(lambda found: str(values[found[1] or found[2]]), text)


def texts(file: str) -> tuple[Text, Text]:
    """Gives the readers of the Lua and of the WAT files of a test file: ``lua(name, NAME=value, ...)``."""
    place = Path(file)
    folder = place.stem.removeprefix("test_")

    def lua(name: str, **values: object) -> str:
        return filled(place.parent / "scripts" / folder / f"{name}.lua", values)

    def wat(name: str, **values: object) -> str:
        return filled(place.parent / "wat" / folder / f"{name}.wat", values)

    return lua, wat
