"""Resource handles as a script sees them, with a guest compiled from Rust or C."""

from pathlib import Path

import pytest

import moonwit
from tests.projects import entry, folder, guest, opened
from tests.texts import texts

lua, wat = texts(__file__)

GUEST = Path(__file__).parents[2] / "examples" / "resources" / "wasm" / "library.wasm"
METHODS = {
    "new": "search#[constructor]text-index",
    "from_texts": "search#[static]text-index.from-texts",
    "absorb": "search#[method]text-index.absorb",
}


@pytest.fixture
def project(tmp_path):
    """A project whose entries call the guest of examples/resources."""
    entries = [guest(name, GUEST, method, path="/library.wasm") for name, method in METHODS.items()]
    with opened(tmp_path, folder(directory=GUEST.parent), *entries, namespace="r") as project:
        yield project


def test_methods_run_by_name(project):
    """A handle's methods are called by name, with `_` for `-`; lists of handles come back as handles."""
    project.run_script(lua("methods_run_by_name"))


def test_a_handle_that_is_given_away_ends(project):
    """An `own` argument ends the script's handle: using it again is an error, not a crash."""
    project.run_script(lua("a_handle_that_is_given_away_ends"))


def test_drop_ends_a_handle(project):
    """`handle:drop()` ends the resource; dropping twice raises a sentence."""
    project.run_script(lua("drop_ends_a_handle"))


@pytest.mark.parametrize("value", ["5", "'x'", "{}", "print", "1LL", "wit.none", "errors.new('x')"])
def test_nothing_else_is_a_handle(project, value):
    """What is not a handle is refused with a sentence that names the resource."""
    project.run_script(lua("nothing_else_is_a_handle", VALUE=value))


def test_a_handle_does_not_leave_lua(project):
    """JSON and Python get a sentence instead of a handle that would not work there."""
    with pytest.raises(moonwit.CallError, match="handle"):
        project.call("r:new", "books")
    project.run_script("""
        local text, problem = json.encode(assert(funcs.call("r:new", "books")))
        assert(text == nil and problem ~= nil)
    """)


NAMES = ("drop", "end", "number", "rep", "new-one")
METHODS_OF_BOX = (f'(export "[method]box.{name}" (func $g) (func (param "self" (borrow $re)) (result u32)))' for name in NAMES)
BOX = wat("box", METHODS="\n".join(METHODS_OF_BOX))


def test_methods_may_have_any_name(tmp_path):
    """A guest's methods are callable whatever they are called; where one is `drop`, wit.drop ends the resource."""
    with opened(tmp_path, entry("box", source=BOX, method="boxes#[constructor]box"), namespace="r") as project:
        project.run_script(lua("methods_may_have_any_name", NAMES=", ".join(f"'{name}'" for name in NAMES)))
