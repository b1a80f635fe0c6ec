"""Docstrings say what their functions raise: a caller need not read the body for it."""

import ast
import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest

SPEC = importlib.util.spec_from_file_location("rooms", Path(__file__).with_name("rooms.py"))
rooms = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(rooms)

# A command raises a `Failure` or a `WrongUsage` whatever it is; CONTRIBUTING.md says so once.
COMMANDS = "moonwit/commands/"
# What is raised for a mistake in the program that calls, and what nobody is to catch.
MISTAKES = {"AttributeError", "TypeError", "RuntimeError", "NotImplementedError", "AssertionError", "KeyboardInterrupt", "SystemExit"}


def own_nodes(function: ast.AST) -> Iterator[ast.AST]:
    """Gives what is in a function, without the functions in it."""
    for node in ast.iter_child_nodes(function):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            yield node
            yield from own_nodes(node)


def unsaid(text: str) -> Iterator[tuple[int, str, list[str]]]:
    """Gives line and name of each public function whose docstring does not say that it raises, and the exceptions that it makes."""
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or node.name.startswith("_"):
            continue
        made = [each.exc.func.id for each in own_nodes(node)
                if isinstance(each, ast.Raise) and isinstance(each.exc, ast.Call) and isinstance(each.exc.func, ast.Name)]  # fmt: skip
        raised = sorted({name for name in made if name[:1].isupper()} - MISTAKES)
        docstring = ast.get_docstring(node)
        if raised and docstring is not None and "aises " not in docstring:
            yield node.lineno, node.name, raised


@pytest.mark.parametrize("path", rooms.files(".py"), ids=rooms.name_of)
def test_docstrings_say_what_is_raised(path: Path) -> None:
    """A public function that makes an exception names it, or says that it raises one."""
    if not rooms.name_of(path).startswith(COMMANDS):
        found = list(unsaid(path.read_text(encoding="utf-8")))
        assert not found, f"expected docstrings that say what is raised, got (line, function, exceptions): {found}"


def test_what_is_not_said_is_seen() -> None:
    """An exception of the function itself counts, one of a function in it does not, nor does what has no docstring of its own."""
    said = 'def f():\n  """Does it; raises ``Wrong``."""\n  raise Wrong(1)\n'
    inner = 'def f():\n  """Gives it."""\n  def g():\n    raise Wrong(1)\n  return g\n'
    not_said = 'class C:\n  def f(self):\n    """Does it."""\n    if self:\n      raise Wrong(1) from None\n    raise TypeError("x")\n'
    assert [list(unsaid(text)) for text in (said, inner, not_said)] == [[], [], [(2, "f", ["Wrong"])]]
