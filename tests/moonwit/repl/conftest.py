"""A session in a real pseudo-terminal, with a screen that tests look at."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyte
import pytest

from tests import projects

# Generous: the machine may be busy with other things. A test that succeeds does not wait.
PATIENCE = 60.0
COLUMNS, LINES = 100, 40
TOOK = re.compile(r"took [\d.e+]+ (s|ms)$")

INDEX = r"""
  - name: answer
    kind: function.wat
    meta: {comment: What everybody asks for.}
    source: (module (func (export "answer") (result i32) i32.const 42))
    method: answer
  - name: add
    kind: function.wat
    source: (module (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))
    wit: "add: func(left: u32, right: u32) -> u32;"
    method: add
  - name: spin
    kind: function.wat
    source: (module (func (export "spin") (loop $again br $again)))
    method: spin
  - name: crash
    kind: function.wat
    source: (module (func $inner unreachable) (func (export "crash") call $inner))
    method: crash
  - name: move
    kind: function.wat
    source: |
      (module (memory (export "memory") 1)
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
        (func (export "move") (param i32 i32 i32 i32) (result i32) local.get 0))
    wit: |
      record place { x-axis: s32, y-axis: s32 }
      move: func(start: place, by: place) -> s32;
    method: move
  - name: big
    kind: function.wat
    source: (module (func (export "big") (result i64) i64.const -1))
    wit: "big: func() -> u64;"
    method: big
"""


class Terminal:
    """A command in a pseudo-terminal. ``screen`` is what it shows, ``seen`` everything that it ever wrote."""

    def __init__(self, command: list[str], cwd: Path, env: dict[str, str], columns: int = COLUMNS, lines: int = LINES) -> None:
        self.screen = pyte.Screen(columns, lines)
        self._feed: Callable[[bytes], object] = pyte.ByteStream(self.screen).feed
        self.seen = bytearray()
        self.number = 1
        # Whether `text` has what a session says of an input that took long: on a busy machine any of them may.
        self.times = False
        self._main, side = pty.openpty()
        fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        # The terminal must be the command's own, or Ctrl-C would be no signal.
        own = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execvp(sys.argv[1], sys.argv[1:])"
        wrapped = [sys.executable, "-c", own, *command]
        self.process = subprocess.Popen(wrapped, stdin=side, stdout=side, stderr=side, cwd=cwd, env=env, start_new_session=True)
        os.close(side)

    def read(self, seconds: float) -> bool:
        """Takes what the command writes next; tells whether there was something."""
        ready, _, _ = select.select([self._main], [], [], seconds)
        if not ready:
            return False
        try:
            data = os.read(self._main, 65536)
        except OSError:
            return False
        self.seen += data
        self._feed(data)
        return bool(data)

    def flood(self, end: bytes) -> None:
        """Takes what the command writes up to `end`, and shows only the last of it: a screen in Python is slow."""
        feed, before, last = self._feed, time.monotonic(), 0
        self._feed = lambda data: None
        while self.seen.find(end, last) < 0:
            last = max(len(self.seen) - len(end), 0)
            assert time.monotonic() - before < 2 * PATIENCE and (self.read(1.0) or self.process.poll() is None), f"{end!r} did not come"
        self._feed = feed
        feed(bytes(self.seen[-20_000:]))

    def send(self, text: str | bytes) -> None:
        """Types."""
        data = text.encode() if isinstance(text, str) else text
        while data:
            data = data[os.write(self._main, data[:1024]) :]
            while self.read(0):
                pass

    @property
    def text(self) -> str:
        """The screen as text, without the space at the ends of lines."""
        lines = [line.rstrip() for line in self.screen.display]
        return "\n".join(line for line in lines if self.times or not TOOK.match(line)).rstrip()

    def until(self, wanted: str | Callable[[str], bool], patience: float = PATIENCE) -> str:
        """Waits until the screen shows a text, or is as wanted; gives the screen."""
        is_there = (lambda text: wanted in text) if isinstance(wanted, str) else wanted
        end = time.monotonic() + patience
        while not is_there(self.text):
            left = end - time.monotonic()
            if left <= 0 or (not self.read(min(left, 1.0)) and self.process.poll() is not None):
                raise AssertionError(f"{wanted!r} did not come; the screen is:\n{self.text}")
        return self.text

    def prompt(self, number: int) -> str:
        """Waits until the session asks for an input, at the cursor."""
        self.number = number
        return self.until(lambda _: self.screen.display[self.screen.cursor.y].startswith(f"[{number}]>"))

    def enter(self, text: str) -> str:
        """Types an input, waits for the prompt after it, and gives the screen."""
        self.send(text + "\r")
        self.number += 1
        return self.prompt(self.number)

    def computes(self, seconds: float) -> None:
        """Waits until the command has computed for so long from now on."""
        path = Path(f"/proc/{self.process.pid}/stat")

        def used() -> float:
            user, system = path.read_text().rpartition(")")[2].split()[11:13]
            return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

        wanted = used() + seconds
        self.until(lambda _: used() >= wanted)

    def ended(self) -> int:
        """Waits until the command has ended; gives its exit code."""
        end = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            assert time.monotonic() < end, f"the command goes on; the screen is:\n{self.text}"
            self.read(0.05)
        while self.read(0.05):
            pass
        return self.process.returncode

    def settings(self) -> list[object]:
        """Gives the terminal's settings, as `stty` would."""
        return termios.tcgetattr(self._main)

    def hang_up(self) -> None:
        """Closes the terminal."""
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, self._main)
        os.close(null)

    def close(self) -> None:
        """Ends the command."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        os.close(self._main)


Start = Callable[..., Terminal]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project."""
    place = tmp_path / "project"
    place.mkdir()
    projects.write(place, INDEX, namespace="demo")
    return place


@pytest.fixture
def start(folder: Path, tmp_path: Path) -> Iterator[Start]:
    """Starts `moonwit repl` with arguments, in the project."""
    begun: list[Terminal] = []

    def run(*arguments: str, cwd: Path | None = None, columns: int = COLUMNS, lines: int = LINES, **changes: str) -> Terminal:
        left_out = ("NO_COLOR", "MOONWIT_DEBUG", "PAGER", "LESS", "MOONWIT_KEYS")
        kept = {name: value for name, value in os.environ.items() if name not in left_out}
        env = {**kept, "TERM": "xterm-256color", "XDG_STATE_HOME": str(tmp_path / "state"), "PAGER": "cat", **changes}
        command = [sys.executable, "-m", "moonwit", *(arguments or ("repl",))]
        begun.append(Terminal(command, cwd or folder, env, columns, lines))
        return begun[-1]

    yield run
    for terminal in begun:
        terminal.close()


@pytest.fixture
def repl(start: Start) -> Terminal:
    """A session in the project that asks for its first input."""
    terminal = start()
    terminal.until("[1]>")
    return terminal
