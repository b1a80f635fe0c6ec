"""`moonwit run`: a script with its arguments, a process or a program, or a function of the registry."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import moonwit
from moonwit import terminal
from moonwit.commands.arguments import is_id, read
from moonwit.commands.failures import Failure, WrongUsage
from moonwit.commands.folders import chosen, needed, show_problems
from moonwit.interrupt import Running, wait
from moonwit.project import CallError

MAX_SCRIPT = 64 * 1024 * 1024
BOM = b"\xef\xbb\xbf"


def command(arguments: Sequence[str]) -> int:
    """Runs a script, a process, a program, or a function for what it does; gives the exit code."""
    granting = bool(arguments) and arguments[0].startswith(("--env", "--dir", "--project"))
    if granting:
        from moonwit.commands.program import take_grants

        grants, arguments = take_grants(arguments)
    options, rest = read("run", arguments, ("--project",), stop=True)
    if not rest:
        if (folder := chosen(options, [Path()])) is not None:
            from moonwit.commands.serve import NothingToServe, serve

            with suppress(NothingToServe):
                return serve(folder)
        raise WrongUsage("run needs a script, a program, a command or the id of a function", "run")
    if rest[0].endswith((".wasm", ".wat")):
        from moonwit.commands.program import Grants, run_file

        return run_file(rest[0], rest[1:], grants if granting else Grants())
    if granting and any(grants):
        raise WrongUsage(f"--env and --dir are for a program in a file (FILE.wasm), and {rest[0]} is none", "run")
    if is_id(rest[0]) or _may_be_command(rest[0]):
        status = _run_entry(options, rest[0], rest[1:])
        if status is not None:
            return status
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


def _may_be_command(word: str) -> bool:
    return word != "-" and "/" not in word and not word.endswith(".lua")


def _run_entry(options: Mapping[str, str], word: str, words: Sequence[str]) -> int | None:
    """Runs what an id or the name of a command stands for; gives None for a name that is none, which may be that of a script."""
    from moonwit.commands import process

    folder = chosen(options, [Path()])
    if word == "list" and (folder is not None or not os.path.exists(word)):
        return process.show_commands(needed(options))
    if folder is None and not is_id(word):
        return None
    with Running(moonwit.open(folder)) as project:
        entry = process.find(project.registry, word)
        if entry is not None:
            return process.run(project, entry, words)
        if is_id(word):
            from moonwit.commands.call import call_in, read_values

            call_in(project, word, read_values(word, words))
            return 0
        if not os.path.exists(word):
            raise Failure(f"there is no script {word} here, and no command of that name{process.near(project.registry, word)}")
    return None


def chunk_name(path: str) -> str:
    """Gives the name under which Lua knows the script: its path, on one line."""
    if path == "-":
        return "stdin"
    # Where the locale knows no UTF-8, Python takes the bytes of a path for something else.
    text = os.fsencode(path).decode("utf-8", "replace")
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def read_script(path: str) -> bytes:
    """Reads a script, for `-` from standard input; a first line for the system (`#!`) becomes a comment, and lines keep their numbers."""
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
