"""`moonwit repl`: an interactive session, or inputs from a pipe."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from moonwit import terminal
from moonwit.arguments import read, split_grants
from moonwit.failures import WrongUsage
from moonwit.projects.folders import chosen
from moonwit.repl.session.session import SessionEntries


def command(arguments: Sequence[str]) -> int:
    """Starts a session, in the project around the files or the working directory."""
    options, files = read("repl", arguments, ("--project", "--grant"))
    for name in files:
        if not name.endswith((".lua", ".wasm", ".wat")):
            raise WrongUsage(f"repl opens .lua, .wasm and .wat files, not {name}", "repl")
    grants = split_grants(options.get("--grant", ""))
    if grants and not any(name.endswith((".wasm", ".wat")) for name in files):
        raise WrongUsage("--grant is for WebAssembly files: name one", "repl")
    folder = chosen(options, [Path(), *(Path(name).parent for name in files)])
    from moonwit.project import Project

    # The lane starts meanwhile, on a thread of its own.
    project = Project(SessionEntries(None))
    if terminal.is_terminal(sys.stdin) and terminal.is_terminal(sys.stdout):
        from moonwit.repl.interactive import interact

        return interact(project, folder, files, grants)
    from moonwit.repl.piped import evaluate_all

    return evaluate_all(project, folder, files, grants)
