"""Runs a program (host/programs/program.py) in a lane, and words how it ends."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from moonwit.host.programs.program import ProgramProblem
from moonwit.host.values.intermediate import ErrorValue
from moonwit.lua.values import buffer

if TYPE_CHECKING:
    from moonwit.host.functions.loaded import LoadedFunction
    from moonwit.host.programs.program import Program
    from moonwit.lua.border.entries import GuestEntry
    from moonwit.lua.calls.entries import Entries
    from moonwit.lua.lane.lane import Answer, Lane
    from moonwit.registry import Registry

# The largest status that a process can end with: a failure stays one when the system cuts it to a byte.
MAX_STATUS = 255


def run(program: Program, entries: Entries, lane: Lane) -> int:
    """Runs a program to its end and gives its exit status; raises ``ProgramProblem``. The calling thread waits."""
    function = program.function()
    entry = _entry(program, function, entries.registry)
    entries.add_program(program, function)
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    return _status(program, lane.run_program(entry).result())


def _entry(program: Program, function: LoadedFunction, registry: Registry | None) -> GuestEntry:
    """Describes the program for the lane, once its code is there."""
    from moonwit.lua.calls.descriptions import guest_entry
    from moonwit.lua.guest.plan import item_data, plan_data

    plan = program.compiled(lambda code: plan_data(function, code))
    if function.plan.tasks is not None:
        from moonwit.lua.tasks.plan import add_tasks

        add_tasks(plan, function, registry, lambda item: item_data(item, function.linkage))
    # The streams are its own, so nothing shares the plan; and `_start` is all that is to be called.
    plan["key"] = f"program|{plan['key']}"
    plan.pop("initialize", None)
    entry = guest_entry(function, plan, "lane", None)
    entry["lift"]["signature"]["name"] = program.name
    # There is nobody else in the lane whom it would keep from running.
    entry["pool"] = {"type": "inline"}
    return entry


def _status(program: Program, answer: Answer) -> int:
    value, encoded, stack = answer
    if encoded is not None:
        error = buffer.decode(encoded)
        assert isinstance(error, ErrorValue)
        raise _problem(program, error, (stack or b"").decode("utf-8", "replace"))
    status = None if value is None else buffer.decode(value)
    assert isinstance(status, int | float)
    return int(status) if 0 <= status <= MAX_STATUS else MAX_STATUS


def _problem(program: Program, error: ErrorValue, stack: str) -> ProgramProblem:
    start, own = f"{program.name}: ", f"\tin entry {program.id or program.name} "
    # Which program it is is said already.
    frames = tuple(line for line in stack.removeprefix(error.message).split("\n") if line and not line.startswith(own))
    if not error.message.startswith(start):
        return ProgramProblem(error.kind, error.message, frames)
    what = error.message.removeprefix(start)
    return ProgramProblem(error.kind, f"{program.name} {what if error.kind == 'Timeout' else f'failed: {what}'}", frames)
