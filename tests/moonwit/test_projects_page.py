"""The page docs/projects.md: what it shows in YAML and Lua is a project that runs and passes."""

from __future__ import annotations

import re
from pathlib import Path

from moonwit.__main__ import main
from moonwit.commands import COMMANDS

PAGE = Path(__file__).parents[2] / "docs" / "projects.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_page_runs(tmp_path, monkeypatch, capfd):
    """Its first YAML block is the project; each Lua block is run there, those with tests as tests."""
    blocks = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    (tmp_path / "_index.yaml").write_text(next(text for kind, text in blocks if kind == "yaml"))
    monkeypatch.chdir(tmp_path)
    scripts = [text for kind, text in blocks if kind == "lua"]
    assert len(scripts) >= 2
    for number, text in enumerate(scripts):
        name = f"page_{number}_test.lua" if "'test'" in text else f"page_{number}.lua"
        (tmp_path / name).write_text(text)
        assert main(["test" if "'test'" in text else "run", name]) == 0, capfd.readouterr()
    assert "5\n7\t7\n" in capfd.readouterr().out


def test_the_page_names_only_commands_that_there_are():
    """Each `moonwit ...` on it begins with a command."""
    for word in re.findall(r"^moonwit (\S+)|`moonwit ([a-z-]+)", PAGE.read_text(encoding="utf-8"), re.MULTILINE):
        assert "".join(word) in COMMANDS
