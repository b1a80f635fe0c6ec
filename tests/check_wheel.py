"""Checks that the wheel in a folder holds the rooms' Python and Lua, the man page, and nothing else: python tests/check_wheel.py DIR."""

from __future__ import annotations

import sys
import tomllib
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROOMS = ("registry", "host", "lua", "stdlib", "moonwit/commands", "moonwit/projects", "moonwit/repl", "moonwit/stubs", "moonwit/templates")
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]


def expected() -> set[str]:
    """Lists the files that the package should hold, as paths in the wheel."""
    files = {"moonwit/py.typed", f"moonwit-{VERSION}.data/data/share/man/man1/moonwit.1"}
    files |= {f"moonwit/{path.name}" for path in (ROOT / "moonwit").glob("*.py")}
    for room in ROOMS:
        for path in (ROOT / room).rglob("*"):
            if path.suffix in (".py", ".lua", ".tmpl") and "__pycache__" not in path.parts:
                files.add(f"moonwit/{str(path.relative_to(ROOT)).removeprefix('moonwit/')}")
    return files


def main(folder: str) -> int:
    (wheel,) = Path(folder).glob("moonwit-*.whl")
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    for name in sorted(expected() - held):
        print(f"{wheel.name} lacks {name}")
    for name in sorted(held - expected()):
        print(f"{wheel.name} should not hold {name}")
    print(f"{wheel.name} holds {len(held)} files")
    return 1 if held != expected() else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
