"""What modules ask of Python is found by its name alone, in the file that the name says."""

from __future__ import annotations

import importlib
from pkgutil import iter_modules

import pytest

from moonwit.lua.values import buffer
from moonwit.stdlib import tasks as folder
from moonwit.stdlib.tasks import tasks

MODULES = {name: importlib.import_module(f"{folder.__name__}.{name}") for _, name, _ in iter_modules(folder.__path__)}
FOUND = {name: getattr(module, "TASKS") for name, module in MODULES.items() if hasattr(module, "TASKS")}  # noqa: B009


def test_each_task_is_found_by_its_name() -> None:
    """A file that names tasks has names of its own, by which they are found there."""
    assert len(FOUND) > 8
    for file, named in FOUND.items():
        for name, function in named.items():
            assert tasks.find(name) is function, f"{name} of {file}.py is looked for elsewhere"


@pytest.mark.parametrize("name", [b"toml.encode", b"toml", b"plain.plain", b"none.at_all", b".decode", b"..tasks.run", b"os.system"])
def test_nothing_else_is_a_task(name: bytes) -> None:
    """Neither other functions of those files nor other modules can be asked for; the answer is an error of Moonwit's own."""
    done, kind, message, _ = buffer.decode_all(tasks.run(name, b""))
    assert (done, kind) == (False, b"Internal")
    assert b"a mistake in Moonwit" in message
