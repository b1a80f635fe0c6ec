"""The pages under docs/ do what they show: each Lua example runs as the command below it says, and prints what stands there."""

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
# A Lua file whose first line names it, and a shell session that runs it.
PAIR = re.compile(
    r"```lua\n(-- (\S+\.lua)\b.*?)```\n+(?:[^`]*?\n)?```sh\n\$ (?:printf '(.*?)' \| )?moonwit run \2(.*?)\n(.*?)```", re.DOTALL
)
FOUND = [
    pytest.param(*match.groups(), id=f"{page.stem}-{match[2]}")
    for page in sorted(DOCS.glob("*.md"))
    for match in PAIR.finditer(page.read_text())
]


@pytest.mark.parametrize(("text", "name", "given", "words", "shown"), FOUND)
def test_an_example_prints_what_its_page_shows(moonwit, write, text, name, given, words, shown):
    """The file, run by the command, prints the lines."""
    write(name, text)
    result = moonwit("run", name, *words.split(), input=given)
    assert (result.stderr, result.stdout) == ("", shown)


def test_the_pages_have_examples():
    """Each page on scripts has one."""
    assert {"scripts-count.lua", "groups-prices.lua", "groups-stages.lua", "console-sizes.lua"} <= {param.id for param in FOUND}
