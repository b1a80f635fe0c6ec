"""The folders of `lua/` stand on each other in the order that the room's docstring states."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import moonwit.lua

ROOT = Path(__file__).parents[2]
FILES = sorted([*(ROOT / "lua").rglob("*.lua"), *(ROOT / "lua").rglob("*.py")])
REQUIRED = re.compile(r"""require\s*\(?\s*['"](lua\.[\w.]+)['"]""")
IMPORTED = "moonwit.lua."


def stated() -> list[str]:
    """Reads the order of the folders, the lowest first, and boot.lua at its end."""
    return " ".join(line for line in moonwit.lua.__doc__.splitlines() if "<-" in line).split()[::2]


def named(path: Path) -> Iterator[str]:
    """Gives the files of the room that a file requires or imports, wherever in it."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".lua":
        yield from (f"{module.replace('.', '/')}.lua" for module in REQUIRED.findall(text))
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        for name in names:
            # The last part may be a name in the module.
            for module in (name, name.rpartition(".")[0]):
                file = f"{module.removeprefix('moonwit.').replace('.', '/')}.py"
                if module.startswith(IMPORTED) and (ROOT / file).is_file():
                    yield file


def place(file: str) -> str:
    """Gives what stands in the order for a file."""
    return file.removeprefix("lua/") if file.count("/") == 1 else file.removeprefix("lua/").rpartition("/")[0]


def test_folders_require_only_those_below():
    """A folder names its own files and those of folders that stand before it; only boot.lua, which none names, names them all."""
    order, seen = stated(), set()
    for path in FILES:
        name = str(path.relative_to(ROOT))
        for target in named(path) if name != "lua/__init__.py" else ():
            seen.add((place(name), place(target)))
            found = f"{name}: expected a file of this folder or of one below it, got {target}"
            assert order.index(place(target)) <= order.index(place(name)), found
    # It reads both languages, and what lies deeper.
    assert {("boot.lua", "calls"), ("calls", "lane"), ("wasi/p1", "wasi/p2"), ("http", "lane")} <= seen


def test_the_order_names_each_folder():
    """The order has all folders, each once."""
    folders = {place(str(path.relative_to(ROOT))) for path in FILES} - {"__init__.py"}
    assert sorted(stated()) == sorted(folders)
