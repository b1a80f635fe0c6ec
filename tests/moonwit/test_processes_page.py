"""The page docs/processes.md: its files are a project, and the script prints what the page says."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "processes.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_page_runs(moonwit, write):
    """The YAML block is the project, Lua blocks are files that their first lines name, and the text is what is printed."""
    blocks = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    write("_index.yaml", next(text for kind, text in blocks if kind == "yaml"))
    for kind, text in blocks:
        if kind == "lua":
            write(text.removeprefix("-- ").partition(":")[0], text)
    result = moonwit("run", "main.lua")
    assert (result.stderr, result.stdout) == ("", next(text for kind, text in blocks if kind == "text"))
