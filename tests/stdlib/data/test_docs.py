"""The page about data shows what runs."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[3] / "docs" / "data.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"## ([\w, ]+)\n\n```lua\n(.*?)```", PAGE, re.DOTALL)


def test_each_module_has_an_example() -> None:
    """No module is without one."""
    shown = {name.strip() for title, _ in EXAMPLES for name in title.split(",")}
    stubs = Path(__file__).parents[3] / "moonwit" / "stubs" / "data"
    assert shown == {path.stem for path in stubs.glob("*.lua")} | {"json", "hash", "uuid"}


@pytest.mark.parametrize(("title", "example"), EXAMPLES, ids=[title for title, _ in EXAMPLES])
def test_examples_run(run: Callable[[str], str], title: str, example: str) -> None:
    """Each example ends without an error."""
    run(example)
