"""Tests ask the product by what it offers; what reaches into it all the same is listed here, with its reason, and nothing else does."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parent
# By file and name: why it can't be had in another way.
STAYS = {
    ("host/test_beneath.py", "_link"): "a file is swapped between the look at it and its opening: there is no moment from outside",
    ("host/test_beneath.py", "_library"): "the kernel's answers to openat2: EAGAIN comes in a race only, ENOSYS from another kernel",
    ("host/test_guards_directory.py", "_must_be_file"): "what is opened becomes a FIFO between two looks",
    ("host/wasm/test_reflection.py", "_bindings"): "Wasmtime's: a setting of its C API that wasmtime-py does not offer",
    ("oracle/component_values.py", "_from_ptr"): "Wasmtime's, which has no other way to make a resource of what its C API gives",
    ("oracle/instance.py", "_context"): "Wasmtime's: a call by its C API takes the store's pointer",
    ("oracle/instance.py", "_from_ptr"): "Wasmtime's: an error that its C API gives",
    ("oracle/instance.py", "_func"): "Wasmtime's: a call by its C API takes the function's struct",
    ("oracle/linking.py", "_from_ptr"): "Wasmtime's: an error that its C API gives",
}
# Not internals, though they are written so.
PUBLIC = {"_asdict", "_exit", "_replace", "_ffi", "_fields"}
OWN = {"self", "cls"}
NAMING = {"setattr", "getattr", "delattr", "hasattr"}


def _private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name != "_" and name not in PUBLIC


def internals(source: str) -> Iterator[str]:
    """Gives the names with an underscore that a text imports, reads or sets of something else than itself."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and _private(node.attr) and not (isinstance(node.value, ast.Name) and node.value.id in OWN):
            yield node.attr
        elif isinstance(node, ast.ImportFrom):
            yield from (alias.name for alias in node.names if _private(alias.name))
        elif isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            names = [each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
            if called in NAMING:
                yield from (name for name in (full.rpartition(".")[2] for full in names) if _private(name))


def test_nothing_else_reaches_into_the_product() -> None:
    """Each name of another's that begins with an underscore is listed above, and each that is listed is used."""
    found = {
        (str(path.relative_to(TESTS)), name) for path in TESTS.rglob("*.py") for name in internals(path.read_text(encoding="utf-8"))
    }
    assert found - STAYS.keys() == set(), "ask by a public name, such as a `statistics()`"


def test_the_rule_would_notice() -> None:
    """An attribute, an import, and a name in a text; not what a class has of itself."""
    source = "jobs._left += 1\nfrom x import _work\nmonkeypatch.setattr('a.b._c', 1)\nself._own, value._asdict(), __name__, a.__dict__"
    assert sorted(internals(source)) == ["_c", "_left", "_work"]
