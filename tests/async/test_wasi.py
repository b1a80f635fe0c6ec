"""What guests import of WASI 0.3: clocks that wait, and random values."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.projects import opened
from tests.texts import texts

lua, _ = texts(__file__)

GUEST = (Path(__file__).parent / "wasi.wat").read_text()
METHODS = ("waited", "until", "past", "at", "bytes", "number", "seed")


def entries(imports: str) -> list[str]:
    return [f'name: {name}, kind: function.wat, source: "file://wasi.wat", method: {name}, imports: [{imports}]' for name in METHODS]


def run(tmp_path: Path, script: str, imports: str = "wasi:clocks, wasi:random", guest: str = GUEST) -> None:
    with opened(tmp_path, *entries(imports), files={"wasi.wat": guest}) as project:
        project.run_script(f"local funcs, time = require('funcs').new(), require 'time'\n{script}")


@pytest.mark.parametrize("name", ["waited", "until"])
def test_a_guest_waits_and_others_go_on(tmp_path: Path, name: str) -> None:
    """It waits at least as long as it asked to, and functions are called meanwhile."""
    run(
        tmp_path,
        lua("a_guest_waits_and_others_go_on", NAME=name),
    )


def test_a_wait_without_end_is_canceled(tmp_path: Path) -> None:
    """The script ends though the guest would wait for centuries."""
    run(
        tmp_path,
        lua("a_wait_without_end_is_canceled"),
    )


def test_the_time_of_the_day(tmp_path: Path) -> None:
    """It is the time that scripts see."""
    run(
        tmp_path,
        """
        local before = time.now():unix()
        local at = assert(funcs:call('t:at'))
        assert(at.seconds >= before and at.seconds <= time.now():unix() and at.nanoseconds < 1e9)
        """,
    )


def test_random_values(tmp_path: Path) -> None:
    """Each is another, in the length that was asked for, up to a bound. The seed of an instance stays the same."""
    run(
        tmp_path,
        lua("random_values"),
    )


def test_what_is_not_granted_is_not_there(tmp_path: Path) -> None:
    """The error says what to import."""
    run(
        tmp_path,
        """
        local value, err = funcs:call('t:number')
        assert(value == nil and err:message():find 'add wasi:random to the imports of t:number', tostring(err))
        assert(funcs:call('t:past') == 1)
        """,
        "wasi:clocks",
    )


def test_a_function_of_another_type_is_not_called(tmp_path: Path) -> None:
    """Types are those of the standard, though core types are alike."""
    guest = GUEST.replace('(export "get-random-u64" (func (result u64)))', '(export "get-random-u64" (func (result s64)))')
    assert guest != GUEST
    with pytest.raises(Exception, match="another type"):
        run(tmp_path, "local v, err = funcs:call('t:number') assert(v == nil) error(err:message())", guest=guest)
