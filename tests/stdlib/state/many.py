"""A process of its own that uses a project's functions in several lanes at once.

Run: python -m tests.stdlib.state.many FOLDER ID LANES ARGUMENT

It says that it is ready, waits for a line, and prints the errors of the calls.
"""

from __future__ import annotations

import sys
from pathlib import Path

import moonwit
from moonwit.lua.lane.lane import Lane
from moonwit.lua.values import buffer


def call_at_once(project: moonwit.Project, id: str, lanes: int, argument: int) -> list[object]:
    """Calls a function in as many lanes at once, and gives the errors."""
    started = [Lane(project.entries.callbacks()) for _ in range(lanes)]
    try:
        calls = [lane.call(id, buffer.encode_all([argument])) for lane in started]
        errors = [call.result(500)[1] for call in calls]
        return [buffer.decode(error) for error in errors if error is not None]
    finally:
        for lane in started:
            lane.close()


if __name__ == "__main__":
    folder, id, lanes, argument = sys.argv[1:]
    with moonwit.open(Path(folder)) as project:
        print("ready", flush=True)
        sys.stdin.readline()
        print(call_at_once(project, id, int(lanes), int(argument)), flush=True)
