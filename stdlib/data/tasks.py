"""What the modules for data ask of Python, by name: done in the lane, on a thread, or in a process apart, as the asking module says."""

from __future__ import annotations

import importlib
import os
import traceback
from typing import Final

from moonwit.lua.values import buffer
from moonwit.stdlib.data.problem import DataProblem

# Each is a function of a module, which is imported when it is first asked for. It takes and gives values of the intermediate
# model, and raises ``DataProblem``.
TASKS: Final = {
    b"yaml.decode": ("moonwit.stdlib.data.yaml_reader", "decode"),
    b"yaml.decode_all": ("moonwit.stdlib.data.yaml_reader", "decode_all"),
    b"yaml.encode": ("moonwit.stdlib.data.yaml_writer", "encode"),
    b"text.regexp.compile": ("moonwit.stdlib.data.regexps", "describe"),
    b"text.regexp.matches": ("moonwit.stdlib.data.regexps", "matches"),
    b"text.regexp.places": ("moonwit.stdlib.data.regexps", "places"),
    b"text.diff.compare": ("moonwit.stdlib.data.diffs", "compare"),
    b"text.diff.make": ("moonwit.stdlib.data.diffs", "make"),
    b"text.diff.apply": ("moonwit.stdlib.data.diffs", "apply"),
    b"toml.decode": ("moonwit.stdlib.data.toml_reader", "decode"),
}


def run(name: bytes, arguments: bytes) -> bytes:
    """Does a task; gives true and its result, or false, a kind, a message and details, encoded one after the other."""
    try:
        module, function = TASKS[name]
        result = getattr(importlib.import_module(module), function)(*buffer.decode_all(arguments))
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
