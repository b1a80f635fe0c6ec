"""What the modules for data ask of Python, by name: done in the lane, on a thread, or in a process apart, as the asking module says."""

from __future__ import annotations

import importlib
import os
import traceback
from typing import Final

from moonwit.lua.values import buffer
from moonwit.stdlib.tasks.problem import DataProblem

# Each is a function of a module, which is imported when it is first asked for. It takes and gives values of the intermediate
# model, and raises ``DataProblem``.
TASKS: Final = {
    b"yaml.decode": ("moonwit.stdlib.tasks.yaml_reader", "decode"),
    b"yaml.decode_all": ("moonwit.stdlib.tasks.yaml_reader", "decode_all"),
    b"yaml.encode": ("moonwit.stdlib.tasks.yaml_writer", "encode"),
    b"compress.encode": ("moonwit.stdlib.tasks.compression", "encode"),
    b"compress.decode": ("moonwit.stdlib.tasks.compression", "decode"),
    b"compress.train": ("moonwit.stdlib.tasks.compression", "train"),
    b"compress.inspect": ("moonwit.stdlib.tasks.compression", "inspect"),
    b"crypto.random": ("moonwit.stdlib.tasks.ciphers", "random"),
    b"crypto.random_text": ("moonwit.stdlib.tasks.ciphers", "random_text"),
    b"crypto.encrypt": ("moonwit.stdlib.tasks.ciphers", "encrypt"),
    b"crypto.decrypt": ("moonwit.stdlib.tasks.ciphers", "decrypt"),
    b"crypto.ed25519.generate": ("moonwit.stdlib.tasks.ciphers", "generate"),
    b"crypto.ed25519.sign": ("moonwit.stdlib.tasks.ciphers", "sign"),
    b"crypto.ed25519.verify": ("moonwit.stdlib.tasks.ciphers", "verify"),
    b"crypto.pbkdf2": ("moonwit.stdlib.tasks.ciphers", "pbkdf2"),
    b"crypto.equal": ("moonwit.stdlib.tasks.ciphers", "equal"),
    b"crypto.jwt.encode": ("moonwit.stdlib.tasks.tokens", "encode"),
    b"crypto.jwt.verify": ("moonwit.stdlib.tasks.tokens", "verify"),
    b"json.validate": ("moonwit.stdlib.tasks.schemas", "validate"),
    b"json.validate_string": ("moonwit.stdlib.tasks.schemas", "validate_string"),
    b"msgpack.pack": ("moonwit.stdlib.tasks.messages", "pack"),
    b"msgpack.unpack": ("moonwit.stdlib.tasks.messages", "unpack"),
    b"template": ("moonwit.stdlib.tasks.templates", "check"),
    b"template.render": ("moonwit.stdlib.tasks.templates", "render"),
    b"text.regexp.compile": ("moonwit.stdlib.tasks.regexps", "describe"),
    b"text.regexp.matches": ("moonwit.stdlib.tasks.regexps", "matches"),
    b"text.regexp.places": ("moonwit.stdlib.tasks.regexps", "places"),
    b"text.diff.compare": ("moonwit.stdlib.tasks.diffs", "compare"),
    b"text.diff.make": ("moonwit.stdlib.tasks.diffs", "make"),
    b"text.diff.apply": ("moonwit.stdlib.tasks.diffs", "apply"),
    b"toml.decode": ("moonwit.stdlib.tasks.toml_reader", "decode"),
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
