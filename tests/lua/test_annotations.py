"""Public functions of Lua modules say what they take; tests/lint_lua.py has the language server that checks it."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# The modules of the standard library are annotated in moonwit/stubs, and boot.lua gives Python its functions.
WITHOUT = {"lua", "stdlib", "lua/border", "lua/wasi/files", "lua/wasi/p1", "lua/wasi/p2", "lua/wasi/sockets"}
FILES = [path for room in ("lua", "stdlib") for path in (ROOT / room).rglob("*.lua")]
FOLDERS = sorted({path.parent.relative_to(ROOT).as_posix() for path in FILES} - WITHOUT)

PUBLIC = re.compile(r"((?:^--[^\n]*\n)*)^function M\.(\w+)\([^)\s]", re.MULTILINE)


@pytest.mark.parametrize("folder", FOLDERS)
def test_public_functions_are_annotated(folder):
    """Each public function that takes something has annotations."""
    missing = []
    for path in sorted((ROOT / folder).glob("*.lua")):
        for match in PUBLIC.finditer(path.read_text(encoding="utf-8")):
            if "---@param" not in match[1]:
                missing.append(f"{path.name}: {match[2]}")
    assert not missing, f"expected ---@param before each function of {folder}, got none before: {', '.join(missing)}"
