"""Lints the Lua files by tools that others keep: luacheck, and emmylua_check, a language server that knows the annotations.

Run: python tests/lint_lua.py; prints what they find, names the one that is not installed, and exits 1 when one has found something.
Luacheck (.luacheckrc) sees names that are defined nowhere, what is assigned and never read, names that hide others, and long lines;
emmylua_check (.emmyrc.json) fields that no class declares, and annotations that are wrong.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]

TOOLS = {
    "luacheck": (["--quiet", "--no-color", "lua", "stdlib", "moonwit/stubs", "examples"], "Debian has it as lua-check"),
    "emmylua_check": (["--warnings-as-errors", "."], "cargo install --locked emmylua_check@0.25.1"),
}


def find(tool: str) -> str | None:
    """Gives the path of a tool; cargo installs where few shells look."""
    return shutil.which(tool) or shutil.which(tool, path=os.path.expanduser("~/.cargo/bin"))


def main() -> int:
    failed = False
    for tool, (arguments, hint) in TOOLS.items():
        path = find(tool)
        if path is None:
            print(f"== the Lua files are not checked by {tool}, which is not installed: {hint}")
            continue
        done = subprocess.run([path, *arguments], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            print(done.stdout)
            failed = True
        else:
            print(f"{tool}: no findings")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
