"""`moonwit run`: a script with its arguments, or a function of the registry."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

import moonwit
from moonwit import terminal
from moonwit.arguments import is_id, read
from moonwit.failures import Failure, WrongUsage
from moonwit.folders import chosen, show_problems
from moonwit.interrupt import Running, wait
from moonwit.project import CallError

MAX_SCRIPT = 64 * 1024 * 1024
_BOM = b"\xef\xbb\xbf"


def command(arguments: Sequence[str]) -> int:
    """Runs a script, or calls an entry and shows nothing of its result."""
    options, rest = read("run", arguments, ("--project",), stop=True)
    if not rest:
        raise WrongUsage("run needs a script or the id of a function", "run")
    if is_id(rest[0]):
        from moonwit.call import call

        call(options, rest[0], rest[1:])
        return 0
    source = read_script(rest[0])
    name = chunk_name(rest[0])
    with Running(moonwit.open(chosen(options, [Path(rest[0]).parent, Path()]))) as project:
        known = show_problems(project.registry)
        try:
            wait(project.start_script(source, f"@{name}", [os.fsencode(word) for word in rest[1:]]))
        except CallError as error:
            if terminal.reader_is_gone():
                return 1
            show_problems(project.registry, known)
            raise failed(error, name) from None
    return 0


def chunk_name(path: str) -> str:
    """Gives the name under which Lua knows the script: its path, on one line."""
    if path == "-":
        return "stdin"
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in path)


def read_script(path: str) -> bytes:
    """Reads a script, for `-` from standard input; a first line for the system (`#!`) becomes a comment, so that lines keep their numbers."""
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
    source = source.removeprefix(_BOM)
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
    from moonwit.json_values import Unshowable, as_json

    if error.details is None or error.details == error.message:
        return ""
    try:
        return f"\tdetails: {as_json(error.details)}"
    except Unshowable:
        return ""
