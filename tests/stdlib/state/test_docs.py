"""The page about state shows what runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import moonwit
from tests.projects import write

PAGE = (Path(__file__).parents[3] / "docs" / "state.md").read_text(encoding="utf-8")
ENTRIES = re.findall(r"^  - \{.*\}$", "".join(re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)), re.MULTILINE)
EXAMPLES = re.findall(r"```lua\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_examples_run(tmp_path: Path, number: int) -> None:
    """Each example ends without an error, in a project with the entries of the page."""
    write(tmp_path, *ENTRIES, namespace="app")
    with moonwit.open(tmp_path) as project:
        project.run_script(EXAMPLES[number])
