"""`moonwit run`: a script with its arguments, a process or a program, or a function of the registry."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import moonwit
from moonwit import terminal
from moonwit.arguments import is_id, leading, read
from moonwit.failures import Failure, WrongUsage
from moonwit.interrupt import Running, wait
from moonwit.project import CallError
from moonwit.projects.folders import chosen, needed, show_problems
from moonwit.scripts import chunk_name, failed, read_script


def command(arguments: Sequence[str]) -> int:
    """Runs a script, a process, a program, or a function for what it does; gives the exit code."""
    watches, arguments = leading("--watch", arguments)
    given = list(arguments)
    granting = bool(arguments) and arguments[0].startswith(("--env", "--dir", "--project"))
    if granting:
        from moonwit.commands.program import take_grants

        grants, arguments = take_grants(arguments)
    options, rest = read("run", arguments, ("--project",), stop=True)
    if watches:
        from moonwit.projects.watching import watch

        file = [Path(rest[0])] if rest and not is_id(rest[0]) else []
        return watch(["run", *given], chosen(options, [*(path.parent for path in file), Path()]), file)
    if not rest:
        if (folder := chosen(options, [Path()])) is not None:
            from moonwit.commands.serve import NothingToServe, serve

            with suppress(NothingToServe):
                return serve(folder)
        raise WrongUsage("run needs a script, a program, a command or the id of a function", "run")
    if rest[0].endswith((".wasm", ".wat")):
        from moonwit.commands.program import Grants, run_file

        return run_file(rest[0], rest[1:], grants if granting else Grants())
    if granting and grants.dir:
        raise WrongUsage(f"--dir is for a program in a file (FILE.wasm), and {rest[0]} is none", "run")
    environ: Mapping[str, str] = {}
    if granting and grants.env:
        from moonwit.commands.program import environment

        if is_id(rest[0]):
            raise WrongUsage(f"--env is for a script or a program in a file, and {rest[0]} is none", "run")
        environ = environment(grants)
    elif is_id(rest[0]) or _may_be_command(rest[0]):
        status = _run_entry(options, rest[0], rest[1:])
        if status is not None:
            return status
    source = read_script(rest[0])
    name = chunk_name(rest[0])
    with Running(moonwit.open(chosen(options, [Path(rest[0]).parent, Path()]))) as project:
        known = show_problems(project.registry)
        try:
            words = [os.fsencode(word) for word in rest[1:]]
            return wait(project.start_script(source, f"@{name}", words, os.path.dirname(rest[0]), environ))
        except CallError as error:
            if terminal.reader_is_gone():
                return 1
            show_problems(project.registry, known)
            raise failed(error, name) from None


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
