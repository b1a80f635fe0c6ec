"""What the modules for data ask of Python, by name: done in the lane, on a thread, or in a process apart, as the asking module says."""

from __future__ import annotations

import functools
import importlib
import os
import traceback
from collections.abc import Callable, Mapping

from moonwit.host.values.intermediate import Value
from moonwit.lua.values import buffer
from moonwit.stdlib.tasks.problem import DataProblem


@functools.cache
def find(name: str) -> Callable[..., Value]:
    """Gives the function of a task: `text.diff.make` is named by the table ``TASKS`` of text_diff.py, which is imported when it is first
    asked for. It takes and gives values of the intermediate model, and raises ``DataProblem``."""
    file = "_".join(name.split(".")[:-1]) or name
    tasks: Mapping[str, Callable[..., Value]] = importlib.import_module(f"moonwit.stdlib.tasks.{file}").TASKS
    return tasks[name]


def run(name: bytes, arguments: bytes) -> bytes:
    """Does a task; gives true and its result, or false, a kind, a message and details, encoded one after the other."""
    try:
        result = find(name.decode())(*buffer.decode_all(arguments))
        return buffer.encode(True) + buffer.encode(result)
    except DataProblem as problem:
        return failure(name, problem.kind, problem.message, problem)
    except MemoryError:
        return failure(name, "Invalid", "it takes more memory than it may")
    except RecursionError:
        return failure(name, "Invalid", "the value is nested too deep")
    except Exception as error:
        if os.environ.get("MOONWIT_DEBUG"):
            traceback.print_exc()
        return failure(name, "Internal", f"a mistake in Moonwit, please report it: {type(error).__name__}: {error}")


def failure(name: bytes, kind: str, message: str, problem: DataProblem | None = None) -> bytes:
    """Encodes what went wrong with a task."""
    details = None if problem is None else problem.details
    shown = f"{name.decode()}: {message}".encode("utf-8", "replace")
    return buffer.encode_all([False, kind, shown, details])
