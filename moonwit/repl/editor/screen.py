"""The terminal while a session owns it: one place through which everything is written, so that nothing garbles the prompt.

What scripts print arrives from the lane's thread, what guests write from a pipe in the place of standard output. It is kept, within
bounds, until the main thread writes it: at once while an input runs, above the prompt while the user types.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import termios
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

# How much is kept that is not written yet; printing more waits. How much is written at once: a terminal may be slow, and Ctrl-C
# is looked for in between.
MOST_KEPT, MOST_AT_ONCE = 64 * 1024, 4 * 1024
# How much is written above the prompt before it is drawn again.
MOST_ABOVE = 16 * 1024


class Screen:
    """The terminal behind standard output. Standard output and error are pipes to it from ``open`` to ``close``."""

    def __init__(self) -> None:
        self.terminal = os.dup(1)
        self.wake: Callable[[], None] | None = None  # how whoever edits a line learns that there is something to write
        self._kept = bytearray()
        self._change = threading.Condition()
        self._discarding = False
        self._closed = False
        self._at_line_start = True
        self._before = os.dup(2)
        self._settings = termios.tcgetattr(self.terminal)

    def open(self) -> None:
        """Takes the place of standard output and standard error."""
        with suppress(AttributeError, OSError):
            _line_buffered()
        reader, writer = os.pipe()
        os.dup2(writer, 1)
        os.dup2(writer, 2)
        os.close(writer)
        threading.Thread(target=self._read, args=(reader,), name="moonwit output", daemon=True).start()

    def close(self) -> None:
        """Gives standard output and standard error back, and the terminal as it was."""
        _flush()
        with self._change:
            self._closed = True
            self._change.notify_all()
        self.drain()
        os.dup2(self.terminal, 1)
        os.dup2(self._before, 2)
        self.restore()

    def restore(self, *, at_once: bool = False) -> None:
        """Puts the terminal's settings back; ``at_once`` does not wait for what is on its way to it, and ends what an editor of lines
        had switched on: pastes in brackets, a cursor that is not seen."""
        if at_once:
            with suppress(OSError):
                _, ready, _ = select.select([], [self.terminal], [], 0)  # it may have been stopped, by Ctrl-S
                if ready:
                    os.write(self.terminal, b"\x1b[?2004l\x1b[?25h\x1b[0m\r\n")
        with suppress(termios.error):
            termios.tcsetattr(self.terminal, termios.TCSANOW if at_once else termios.TCSADRAIN, self._settings)

    def put(self, data: bytes) -> None:
        """Takes output from any thread; waits while too much of it is kept."""
        with self._change:
            while len(self._kept) > MOST_KEPT and not self._discarding and not self._closed:
                self._change.wait()
            if self._discarding:
                return
            self._kept += data
            self._change.notify_all()
        if (wake := self.wake) is not None:
            with suppress(RuntimeError):  # the loop has just ended
                wake()

    @contextmanager
    def discarding(self) -> Iterator[None]:
        """Throws away what is printed meanwhile, and what is kept."""
        with self._change:
            self._discarding = True
            self._kept.clear()
            self._change.notify_all()
        try:
            yield
        finally:
            with self._change:
                self._discarding = False

    def take(self, *, lines: bool = False) -> bytes:
        """Gives the next piece of what is kept; with ``lines`` it ends with a line."""
        with self._change:
            end = min(len(self._kept), MOST_ABOVE if lines else MOST_AT_ONCE)
            if lines:
                last = self._kept.rfind(b"\n", 0, end) + 1
                # A line longer than a piece is broken.
                end = last or (end if end == MOST_ABOVE else 0)
            piece = bytes(self._kept[:end])
            del self._kept[:end]
            if piece:
                self._change.notify_all()
        return piece

    def wait(self, seconds: float) -> None:
        """Waits until there is something to write, or for so long."""
        with self._change:
            if not self._kept:
                self._change.wait(seconds)

    def notify(self) -> None:
        """Ends a ``wait``."""
        with self._change:
            self._change.notify_all()

    def drain(self) -> None:
        """Writes what is kept now. What comes meanwhile can wait: something that prints without end must not hold the prompt."""
        with self._change:
            left = len(self._kept)
        while left > 0 and (piece := self.take()):
            self.write_bytes(piece)
            left -= len(piece)

    def write(self, text: str) -> None:
        """Writes text."""
        self.write_bytes(text.encode("utf-8", "replace"))

    def write_bytes(self, data: bytes) -> None:
        """Writes bytes, all of them."""
        self._at_line_start = data.endswith(b"\n") if data else self._at_line_start
        while data:
            try:
                data = data[os.write(self.terminal, data) :]
            except BlockingIOError:
                select.select([], [self.terminal], [])
            except OSError:
                return  # the terminal is gone; the prompt will notice

    def fresh_line(self) -> None:
        """Ends a line that was begun."""
        if not self._at_line_start:
            self.write("\n")

    def size(self) -> tuple[int, int]:
        """Gives columns and lines."""
        try:
            columns, lines = os.get_terminal_size(self.terminal)
        except OSError:
            return 80, 24
        return columns or 80, lines or 24

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """While an input runs: keys do not show, and come to the next prompt; Ctrl-C is a signal, nothing else is."""
        try:
            settings = termios.tcgetattr(sys.stdin.fileno())
        except (termios.error, ValueError):
            yield
            return
        running = [*settings[:6], [*settings[6]]]
        running[3] = (running[3] | termios.ISIG) & ~(termios.ECHO | termios.ICANON)
        for key in (termios.VQUIT, termios.VSUSP):
            running[6][key] = b"\0"
        with suppress(termios.error):
            termios.tcsetattr(sys.stdin.fileno(), termios.TCSANOW, running)
        try:
            yield
        finally:
            with suppress(termios.error):
                termios.tcsetattr(sys.stdin.fileno(), termios.TCSANOW, settings)

    def _read(self, reader: int) -> None:
        while data := os.read(reader, MOST_AT_ONCE):
            self.put(data)


@contextmanager
def restored_by_sigterm(screen: Screen) -> Iterator[None]:
    """Has SIGTERM end the process as ever, but leave the terminal as it was: without echo a shell would be blind."""

    def end(number: int, _frame: object) -> None:
        screen.restore(at_once=True)
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def interrupts(handler: Callable[[], None]) -> Iterator[None]:
    """Has Ctrl-C call ``handler``, in the main thread."""
    before = signal.signal(signal.SIGINT, lambda _number, _frame: handler())
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _line_buffered() -> None:
    """Has C's standard output written at the end of each line, though it is a pipe: guests print there."""
    import ctypes

    libc = ctypes.CDLL(None)
    libc.setvbuf(ctypes.c_void_p.in_dll(libc, "stdout"), None, 1, 0)


def _flush() -> None:
    import ctypes

    ctypes.CDLL(None).fflush(None)
    with suppress(OSError, ValueError):
        sys.stdout.flush()
