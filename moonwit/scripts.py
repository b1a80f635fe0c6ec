"""Scripts as files: their text, the name that Lua knows them by, and the words for one that failed."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from moonwit.failures import Failure

if TYPE_CHECKING:
    from moonwit.project import CallError

MAX_SCRIPT = 64 * 1024 * 1024
BOM = b"\xef\xbb\xbf"


def chunk_name(path: str) -> str:
    """Gives the name under which Lua knows the script: its path, on one line."""
    if path == "-":
        return "stdin"
    # Where the locale knows no UTF-8, Python takes the bytes of a path for something else.
    text = os.fsencode(path).decode("utf-8", "replace")
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def read_script(path: str) -> bytes:
    """Reads a script, for `-` from standard input; a first line for the system (`#!`) becomes a comment, and lines keep their numbers.

    Raises ``Failure``.
    """
    try:
        with open(0 if path == "-" else path, "rb", closefd=path != "-") as file:
            source = file.read(MAX_SCRIPT + 1)
    except FileNotFoundError:
        raise Failure(f"the script {path} does not exist{_near(path)}") from None
    except IsADirectoryError:
        raise Failure(f"the script {path} is a folder; name a Lua file in it") from None
    except (OSError, ValueError) as error:
        reason = os.strerror(error.errno or 0).lower() if isinstance(error, OSError) else str(error)
        raise Failure(f"the script {path} can't be read: {reason}") from None
    source = source.removeprefix(BOM)
    if len(source) > MAX_SCRIPT:
        raise Failure(f"the script {path} is larger than {MAX_SCRIPT // 1048576} MiB, which is more than is read")
    if source.startswith(b"\x1b"):
        raise Failure(f"the script {path} is compiled Lua (bytecode), which is not run; give its source text")
    try:
        source.decode()
    except UnicodeDecodeError as error:
        line = source.count(b"\n", 0, error.start) + 1
        raise Failure(f"the script {path} is not UTF-8 text (byte 0x{source[error.start]:02x} in line {line}); save it as UTF-8") from None
    if not source.strip():
        raise Failure(f"the script {path} is empty")
    return b"--" + source if source.startswith(b"#") else source


def _near(path: str) -> str:
    from moonwit.registry import nearest, shown

    folder, name = os.path.split(path)
    try:
        near = nearest(name, sorted(os.listdir(folder or ".")))
    except (OSError, ValueError):
        return ""
    return f"; did you mean {shown(os.path.join(folder, near))}?" if near else ""


_FRAME = re.compile(r"\t(\S.*?:\d+): in ")


def failed(error: CallError, script: str | None = None) -> Failure:
    """Words a failed call or script: its message, with the line of the script it comes from, and the frames below."""
    sentence = error.message
    frames = error.stack.removeprefix(sentence).strip("\n")
    if script is not None and not re.match(r".*?:\d+: ", sentence):
        places = (match[1] for line in frames.split("\n") if (match := _FRAME.match(line)))
        if (place := next((place for place in places if place.startswith(f"{script}:")), None)) is not None:
            sentence = f"{place}: {sentence}"
    return Failure(sentence, "\n".join(filter(None, (_details(error), frames))))


def _details(error: CallError) -> str:
    """Gives what an error carries beside its message, as JSON on one line."""
    from moonwit.host.values.json_values import Unshowable, write

    if error.details in (None, [], {}, error.message):
        return ""
    try:
        return f"\tdetails: {write(error.details)}"
    except Unshowable:
        return ""
