"""A session without a terminal: inputs from standard input, values to standard output."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from moonwit import terminal
from moonwit.failures import Failure
from moonwit.interrupt import Running, wait
from moonwit.project import GRACE, Project
from moonwit.projects.folders import show_problems
from moonwit.repl.opening import Opening
from moonwit.repl.session.chunks import Compiler, Mistake, is_command
from moonwit.repl.session.explanations import Explanations
from moonwit.repl.session.knowledge import Knowledge
from moonwit.repl.session.session import Session
from moonwit.repl.session.values import Layout, read
from moonwit.scripts import BOM, chunk_name, read_script

WIDTH = 100


class Failed(Exception):
    """An input that failed; its error has been shown."""


def evaluate_all(project: Project, folder: Path | None, files: Sequence[str], grants: Sequence[str] = ()) -> int:
    """Evaluates what standard input holds, input by input, until one fails; gives the exit code."""
    knowledge = Knowledge(project.entries)
    session = Session(project, _print, _background, lambda call: None, Explanations(knowledge).of_value, lambda: True, folder)
    opening = Opening(project.entries, folder, knowledge)
    opening.session = session
    with Running(project):
        opening.load_project()
        show_problems(opening.registry)
        try:
            for name in files:
                if name.endswith(".lua"):
                    _evaluate(session, read_script(name).decode(), f"@{chunk_name(name)}")
                else:
                    opening.open(name, None, grants)
            _lines(session)
            status = 0
        except Failed:
            status = 1
        # What is left running ends with the input.
        if not project.interrupt(GRACE):
            os._exit(status)
    return status


def _lines(session: Session) -> None:
    """Takes lines until they make an input; it begins at the line that its errors count from."""
    if sys.stdin is None:
        raise Failure("standard input is closed, so there is nothing to evaluate")
    waiting, start, number = "", 1, 0
    for line in sys.stdin.buffer:
        number += 1
        if number == 1:
            line = line.removeprefix(BOM)
        waiting += line.decode("utf-8", "surrogateescape")
        if not waiting.strip():
            waiting, start = "", number + 1
            continue
        if is_command(waiting):
            raise Failure(f"stdin:{number}: commands such as {waiting.split()[0]} work at a terminal only")
        try:
            _evaluate(session, "\n" * (start - 1) + waiting, "=stdin")
        except Mistake as mistake:
            if mistake.finished:
                raise Failure(str(mistake)) from None
            continue
        waiting, start = "", number + 1
    if waiting.strip():
        try:
            _evaluate(session, "\n" * (start - 1) + waiting, "=stdin")
        except Mistake as mistake:
            raise Failure(str(mistake)) from None


def _evaluate(session: Session, text: str, name: str) -> None:
    chunk = Compiler().chunk(text, name)
    outcome = wait(session.start(chunk, name))
    layout = Layout(WIDTH, False)
    if outcome.get("interrupted"):
        raise KeyboardInterrupt
    if "failed" in outcome:
        terminal.complain(layout.show(read(outcome["failed"])))
        raise Failed
    for items in outcome["values"]:
        terminal.write(layout.show(read(items)) + "\n")


def _print(data: bytes) -> None:
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except OSError:
        os._exit(1)  # nobody reads any more, and the lane's thread can't say so


def _background(number: int, items: Sequence[bytes]) -> None:
    terminal.complain(Layout(WIDTH, False).show(read(items)))
