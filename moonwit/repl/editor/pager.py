"""Text that is longer than the screen."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys

from moonwit.repl.editor.screen import Screen

# How a program ends that has not begun to show anything: it refuses its options, or a shell does not find it.
FAILED = (1, 126, 127)


def page(text: str, screen: Screen) -> None:
    """Shows text, through `$PAGER` or `less` where it does not fit on the screen and there is one."""
    text = text.rstrip("\n") + "\n"
    columns, lines = screen.size()
    command = _command()
    if command is None or _height(text, columns) < lines:
        screen.write(text)
        return
    try:
        # Its own Ctrl-C is its own: it shares the terminal.
        viewer = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=screen.terminal,
            stderr=screen.terminal,
            env={**os.environ, "LESS": os.environ.get("LESS", "-R -F -X")},
        )
    except OSError:
        screen.write(text)
        return
    while True:
        try:
            viewer.communicate(text.encode("utf-8", "replace") if viewer.stdin and not viewer.stdin.closed else None)
            if viewer.returncode in FAILED:
                screen.write(text)
            return
        except KeyboardInterrupt:
            continue
        except (BrokenPipeError, ValueError):
            viewer.wait()
            return


def _command() -> list[str] | None:
    named = os.environ.get("PAGER")
    if named is not None:
        try:
            return shlex.split(named) or None
        except ValueError:
            return None
    found = shutil.which("less") or shutil.which("more")
    return [found] if found and sys.stdin.isatty() else None


def _height(text: str, columns: int) -> int:
    return sum(1 + max(len(line) - 1, 0) // columns for line in text.split("\n")[:-1])
