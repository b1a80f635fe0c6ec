"""Components of several component instances: what each has of its own, what crosses, and what is a trap."""

from __future__ import annotations

from pathlib import Path

import pytest

import moonwit
from tests.abi.composed import ALLOCATING, COUNTERS, HOLDER, opened
from tests.texts import texts

lua, wat = texts(__file__)

TEXTS = wat("texts", ALLOCATING=ALLOCATING)


def test_component_instances_have_memories_and_globals_of_their_own(tmp_path: Path) -> None:
    """Two component instances call a third, in another encoding than its own; what that one keeps, both see, each other's not."""
    with opened(tmp_path, TEXTS, {"one": "one"}) as project:
        assert [project.call("t:one") for _ in range(3)] == [4000 + 65, 4000 + 66, 4000 + 67]


@pytest.mark.parametrize("method", ["a:b/outer#inner#ask", "other"])
def test_an_instance_in_an_instance_is_named_by_a_path(method: str, tmp_path: Path) -> None:
    """A function of an instance that another holds is `outer#inner#function`."""
    with opened(tmp_path, TEXTS, {"f": method}) as project:
        assert project.call("t:f") == 4065


RESOURCES = wat("resources", COUNTERS=COUNTERS, HOLDER=HOLDER)
METHODS = {
    **{name: name for name in ("index", "kept", "end")},
    **{name: f"t:c/holder#{name}" for name in ("give", "look", "leak", "take")},
    "make": "t:c/counters#[constructor]counter",
    "value": "t:c/counters#[method]counter.value",
    "dropped": "t:c/counters#dropped",
}


def script(project: moonwit.Project, text: str) -> None:
    project.run_script(f"local funcs = require 'funcs'\n{text}")


def test_resources_cross_between_component_instances(tmp_path: Path) -> None:
    """Each component instance has handles of its own, and the last that drops an own one has the definer's destructor run."""
    with opened(tmp_path, RESOURCES, METHODS) as project:
        assert [project.call("t:index", value) for value in (7, 8)] == [1, 2]
        assert project.call("t:kept") == 8
        project.call("t:end")
        assert project.call("t:dropped") == 8
        with pytest.raises(moonwit.CallError, match="unknown handle index"):
            project.call("t:kept")


def test_a_script_holds_what_crosses(tmp_path: Path) -> None:
    """A handle that one component instance has made is lent and given to another, which gets it as a borrow or as its own."""
    with opened(tmp_path, RESOURCES, METHODS) as project:
        script(project, lua("a_script_holds_what_crosses"))


def test_a_borrow_that_is_left_is_a_trap(tmp_path: Path) -> None:
    """A component instance that keeps a handle which the host has lent it fails as the call ends."""
    with opened(tmp_path, RESOURCES, METHODS) as project:
        script(project, """
          local counter = assert(funcs.call('t:make', 5))
          local nothing, err = funcs.call('t:leak', counter)
          assert(nothing == nil and err:message():find('borrow handles still remain at the end of the call', 1, true), tostring(err))
        """)


BACK = wat("back")


def test_an_instance_inside_may_call_back_and_another_call_may_not_come_in(tmp_path: Path) -> None:
    """What is inside of a component instance may call what that one lifts; but one that is in a call can't be entered again."""
    with opened(tmp_path, BACK, {"run": "run"}) as project:
        assert project.call("t:run", 0) == 1
        with pytest.raises(moonwit.CallError, match="cannot enter component instance"):
            project.call("t:run", 1)
        assert project.call("t:run", 0) == 1
