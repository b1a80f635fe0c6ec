"""A session at a terminal, put together."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from moonwit import __version__, terminal
from moonwit.failures import CommandError
from moonwit.project import Project
from moonwit.repl.commands import SUMMARIES, Commands
from moonwit.repl.editor.completion import LuaCompleter
from moonwit.repl.editor.prompt import Prompt
from moonwit.repl.editor.screen import Screen, interrupts, restored_by_sigterm
from moonwit.repl.editor.toolbar import Toolbar
from moonwit.repl.opening import Opening
from moonwit.repl.problems import Check
from moonwit.repl.session.chunks import is_command
from moonwit.repl.session.colors import paint
from moonwit.repl.session.explanations import Explanations
from moonwit.repl.session.knowledge import Knowledge
from moonwit.repl.session.session import Session
from moonwit.repl.shell import Shell, leave

# After so many mistakes of our own in a row nothing will come of it any more.
MOST_MISTAKES = 20


def interact(project: Project, folder: Path | None, files: Sequence[str], grants: Sequence[str] = ()) -> int:
    """Runs a session until the user leaves; gives the exit code. WebAssembly among ``files`` has the ``grants`` besides."""
    color = terminal.colored(sys.stdout)
    screen = Screen()
    shell = Shell(screen, color=color)
    screen.open()
    try:
        knowledge = Knowledge(project.entries)
        explanations = Explanations(knowledge)
        session = shell.session = Session(project, screen.put, shell.failed, shell.traced, explanations.of_value, shell.hopeless, folder)
        check = Check(lambda text: screen.put(f"{text}\n".encode("utf-8", "replace")))
        opening = Opening(project.entries, folder, knowledge, check)
        commands = Commands(shell, opening, explanations)
        problems = opening.load_project()
        completer, toolbar = LuaCompleter(session, knowledge, SUMMARIES), Toolbar(session, knowledge)
        prompt = Prompt(screen, color=color, finished=shell.finished, completer=completer, toolbar=toolbar.show)
        opening.session, commands.prompt, shell.pressed_ctrl_c = session, prompt, prompt.pressed_ctrl_c
        prompt.on_ctrl_c, shell.typed_ahead = shell.end_busy, prompt.typed_ahead
        shell.drop_typed = prompt.drop_typed
        parts = [paint("bold", f"moonwit {__version__}", color), *opening.summary()]
        shell.say(f"{', '.join(parts)}\n{paint('dim', ':help explains, Tab completes, Ctrl-D leaves', color)}")
        if problems:
            shell.say(problems)
        with restored_by_sigterm(screen):
            for name in files:
                commands.open_file(name, grants)
            # Noted rather than raised: an exception that is raised while Python frees something is lost.
            with interrupts(prompt.note_ctrl_c):
                _loop(shell, prompt, commands)
    finally:
        leave(project, screen)
    return 0


def _raise() -> NoReturn:
    raise KeyboardInterrupt


def _loop(shell: Shell, prompt: Prompt, commands: Commands) -> None:
    mistakes = 0
    while mistakes < MOST_MISTAKES:
        text = ""
        try:
            text = prompt.ask(shell.number)
            if not text.strip():
                continue
            if is_command(text):
                with interrupts(_raise):
                    if not commands.run(text):
                        return
            else:
                commands.lua(text)
            mistakes = 0
        except EOFError:
            return
        except KeyboardInterrupt:
            prompt.drop_typed()
            shell.say_interrupted()
        except CommandError as error:
            shell.complain(error.sentence)
        except Exception as error:
            if os.environ.get("MOONWIT_DEBUG"):
                raise
            mistakes += 1
            words = " ".join(f"{type(error).__name__}: {error}".split())
            shell.complain(f"this is a bug in moonwit, please report it with what MOONWIT_DEBUG=1 shows: {words}")
        shell.number += 1
