"""`moonwit run FILE.wasm`: a WebAssembly program without a project, with what the command line grants it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import moonwit
from moonwit.failures import Failure, WrongUsage
from moonwit.host.engine import worker
from moonwit.interrupt import Running, wait
from moonwit.projects.folders import real_folder

if TYPE_CHECKING:
    from moonwit.host.functions.binaries import Binary
    from moonwit.host.programs.program import Program
    from moonwit.host.wasi.world import World
    from moonwit.project import Project

_READ_ONLY = ":ro"


class Grants(NamedTuple):
    """What the options grant a program: texts as they are typed."""

    env: tuple[str, ...] = ()
    dir: tuple[str, ...] = ()


def take_grants(arguments: Sequence[str]) -> tuple[Grants, list[str]]:
    """Takes `--env` and `--dir`, which may be there several times, out of the options before the first other word."""
    taken: dict[str, list[str]] = {"--env": [], "--dir": []}
    rest: list[str] = []
    at = 0
    while at < len(arguments) and arguments[at].startswith("--") and arguments[at] != "--":
        name, sign, value = arguments[at].partition("=")
        at += 1
        if name in taken and not sign:
            value = arguments[at] if at < len(arguments) else ""
            at += 1
        if name in taken:
            if not value:
                raise WrongUsage(f"{name} needs a value", "run")
            taken[name].append(value)
            continue
        rest.append(arguments[at - 1])
        if not sign and at < len(arguments):
            rest.append(arguments[at])
            at += 1
    return Grants(tuple(taken["--env"]), tuple(taken["--dir"])), [*rest, *arguments[at:]]


def run_file(path: str, words: Sequence[str], grants: Grants) -> int:
    """Runs a program and gives its exit status; raises ``Failure``."""
    from moonwit.host.programs.program import Program

    # A guest takes UTF-8 only, and the file's name is its first argument.
    name = os.fsencode(os.path.basename(path)).decode("utf-8", "replace")
    # Its lane starts while the file is read.
    with Running(moonwit.open()) as project:
        made = wait(worker.start(lambda: Program(name, _binary(path), _world(words, grants))))
        return run(project, made)


def run(project: Project, program: Program) -> int:
    """Runs a program in a project's lane and gives its exit status; raises ``Failure``."""
    from moonwit.host.programs.program import ProgramProblem

    try:
        return wait(worker.start(lambda: project.run_program(program)))
    except ProgramProblem as error:
        raise Failure(error.message, "\n".join(error.backtrace)) from None


def _binary(path: str) -> Binary:
    from moonwit.host.functions.binaries import MAX_BYTES, BinaryProblem, assemble, binary
    from moonwit.registry.files import Unreadable, decode, read_bytes

    try:
        data = read_bytes(Path(path), MAX_BYTES)
        if not path.endswith(".wat"):
            if data[:4] != b"\0asm":
                raise Failure(f"{path} is {'not a WebAssembly binary' if data else 'empty'}")
            return binary(data)
        return assemble(decode(data))
    except Unreadable as error:
        raise Failure(f"the program {path} {error.why}") from None
    except BinaryProblem as error:
        place = "" if error.position is None else f":{error.position[0]}:{error.position[1]}"
        raise Failure(f"{path}{place}: {error}") from None


def environment(grants: Grants) -> dict[str, str]:
    """Gives the variables that `--env` grants by name; raises ``WrongUsage`` and ``Failure``."""
    env: dict[str, str] = {}
    for text in grants.env:
        name, sign, value = text.partition("=")
        if not name:
            # What stands behind the = may be a secret.
            raise WrongUsage("--env has no name before the =; write --env NAME=VALUE, or --env NAME for the host's own", "run")
        if not sign:
            if name not in os.environ:
                raise Failure(f"--env {name}: the environment variable {name} is not set; give it a value: --env {name}=VALUE")
            value = os.environ[name]
        env[name] = value
    return env


def _world(words: Sequence[str], grants: Grants) -> World:
    from moonwit.host.wasi.world import Mount, World

    env = environment(grants)
    mounts: list[Mount] = []
    for text in grants.dir:
        plain = text.removesuffix(_READ_ONLY)
        host, sign, guest = plain.partition("::")
        guest = guest if sign else host
        if not host or not guest:
            raise WrongUsage(f"--dir {text} names no folder; write --dir HOST::GUEST, --dir HOST::GUEST:ro or --dir HOST", "run")
        if any(mount.guest == guest for mount in mounts):
            raise WrongUsage(f"--dir {text}: the program has a folder at {guest} already", "run")
        folder = real_folder(host, f"--dir {text}: the folder")
        mounts.append(Mount("--dir", folder, guest, plain != text))
    if not all(map(_is_utf8, (*words, *env, *env.values()))):
        raise Failure("expected UTF-8 text as the arguments and variables of a WebAssembly program, got other bytes")
    if not all(_is_utf8(mount.guest) for mount in mounts):
        sentence = "expected UTF-8 text as the path at which a WebAssembly program sees a folder, got other bytes"
        raise Failure(f"{sentence}; write --dir HOST::GUEST")
    return World(tuple(words), None, tuple(env.items()), tuple(mounts))


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
