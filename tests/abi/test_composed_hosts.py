"""Handles of the host's resources in components that are composed: each component instance has its own, and passes them on."""

from __future__ import annotations

from pathlib import Path

import pytest

import moonwit
from tests.abi.composed import ALLOCATING, opened
from tests.texts import texts

_, wat = texts(__file__)

POLL = wat("poll")
OUTSIDE = wat("outside")
LOOKING = wat("looking", POLL=POLL)
HOLDING = wat("holding", POLL=POLL, ALLOCATING=ALLOCATING).replace(" (alias outer $all $pollable (type $o))\n", "")
NAMES = ("open", "lend", "poll", "give", "back", "ready", "leak", "end")
EXPORTS = " ".join(f'(export "{name}" (func $h "{name}"))' for name in NAMES)
# The resource makes the functions share an instance.
COMPOSED = wat("composed", OUTSIDE=OUTSIDE, LOOKING=LOOKING, HOLDING=HOLDING, EXPORTS=EXPORTS)
GRANTED = ", imports: [wasi:clocks, wasi:io]"


def test_handles_of_the_host_are_lent_and_given(tmp_path: Path) -> None:
    """Each has indices of its own; what was lent and dropped there is still the lender's, and what was given is not."""
    with opened(tmp_path, COMPOSED, {name: name for name in NAMES}, GRANTED) as project:
        assert project.call("t:open") == 2
        assert project.call("t:lend") == 11 * 1000 + 11 * 10 + 1
        assert project.call("t:poll") == 10
        assert project.call("t:give") == 1
        with pytest.raises(moonwit.CallError, match="unknown handle index"):
            project.call("t:ready")


def test_handles_of_the_host_come_back(tmp_path: Path) -> None:
    """What was given comes back as a result, and ends once."""
    with opened(tmp_path, COMPOSED, {name: name for name in NAMES}, GRANTED) as project:
        project.call("t:open")
        project.call("t:give")
        assert project.call("t:back") is True
        project.call("t:end")
        with pytest.raises(moonwit.CallError, match="unknown handle index"):
            project.call("t:end")


@pytest.mark.parametrize("index", [1, 2])
def test_nobody_guesses_the_handles_of_another(index: int, tmp_path: Path) -> None:
    """A component instance that was given nothing has no handle, whatever others hold."""
    with opened(tmp_path, COMPOSED, {"open": "open", "guess": "guess"}, GRANTED) as project:
        assert project.call("t:open") == 2
        with pytest.raises(moonwit.CallError, match="unknown handle index"):
            project.call("t:guess", index)


def test_a_borrow_of_the_hosts_that_is_left_is_a_trap(tmp_path: Path) -> None:
    """What is lent has to be dropped before the call ends, the host's resources too."""
    with opened(tmp_path, COMPOSED, {"open": "open", "leak": "leak"}, GRANTED) as project:
        project.call("t:open")
        with pytest.raises(moonwit.CallError, match="borrow handles still remain at the end of the call"):
            project.call("t:leak")
