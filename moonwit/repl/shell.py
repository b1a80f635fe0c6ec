"""The loop of a session at a terminal: asks, runs, shows, until the user leaves."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING

from moonwit import memory, terminal
from moonwit.project import GRACE, Project
from moonwit.repl.durations import duration
from moonwit.repl.editor.pager import page
from moonwit.repl.editor.screen import Screen, interrupts
from moonwit.repl.session.chunks import Chunk, Compiler, Mistake
from moonwit.repl.session.colors import paint
from moonwit.repl.session.session import Session
from moonwit.repl.session.values import Layout, Plain, read

if TYPE_CHECKING:
    from moonwit.lua.border.outcomes import InputOutcome, TracedCall

# An input that takes longer, in seconds, says so.
LONG = 0.5
# How long after Ctrl-C the input has to stop by itself, in seconds, and when the user hears that it does not.
SOON, LATE = 0.2, 5.0
# By how much memory an input may grow that begins with too much of it already, in bytes.
GROWTH = 32 * 2**20
# How often what runs is looked at.
LOOK = 0.05


class Shell:
    """A session with its screen. ``ask`` comes from moonwit.repl.editor.prompt."""

    def __init__(self, screen: Screen, *, color: bool) -> None:
        self.screen = screen
        self.color = color
        self.compiler = Compiler()
        self.number = 1
        self.pressed_ctrl_c: Callable[[], bool] = lambda: False  # the prompt's, as the next
        self.typed_ahead: Callable[[], bool] = lambda: False
        self.drop_typed: Callable[[], None] = lambda: None
        self.session: Session
        self._ending = threading.Lock()

    def failed(self, place: int, items: Sequence[bytes]) -> None:
        """Shows the error of what an earlier input had left running; called by the lane's thread."""
        note = paint("dim", f"in what {_input(place)} had left running:", self.color)
        self.screen.put(f"{note}\n{self.layout().show(read(items))}\n".encode("utf-8", "replace"))

    def traced(self, call: TracedCall) -> None:
        """Shows a call that was made; called by the lane's thread."""
        layout = self.layout()
        arguments, results = (", ".join(layout.line(read(items)) for items in each) for each in (call["arguments"], call["results"]))
        line = f"{call['id'].decode('utf-8', 'replace')}({arguments}) -> {results or 'nothing'}"
        note = paint("dim", duration(call["seconds"]), self.color)
        self.screen.put(f"{paint('dim', 'trace', self.color)} {line}  {note}\n".encode("utf-8", "replace"))

    def hopeless(self) -> bool:
        """Says that nothing can wake what runs, which goes on waiting; called by the lane's thread."""
        note = paint("dim", "nothing can wake this: Ctrl-C stops it", self.color)
        self.screen.put(f"{note}\n".encode())
        return False

    def layout(self) -> Layout:
        """Gives the layout for the terminal as wide as it is."""
        return Layout(self.screen.size()[0], self.color)

    def finished(self, text: str) -> bool:
        """Tells whether an input can be run, or is wrong whatever may follow."""
        try:
            self.compiler.chunk(text)
        except Mistake as mistake:
            return mistake.finished
        return True

    def run(self, text: str) -> bool:
        """Runs an input and shows what comes of it; tells whether it went well."""
        try:
            chunk = self.compiler.chunk(text, f"=[{self.number}]")
        except Mistake as mistake:
            self.complain(str(mistake))
            return False
        return self.evaluate(chunk)

    def evaluate(self, chunk: Chunk, name: str | None = None, *, full: bool = False, quiet: bool = False) -> bool:
        """Runs a chunk and shows its values; ``full`` shows them as a whole, with a pager."""
        answer = self.answer(chunk, name or f"=[{self.number}]", full=full, quiet=quiet)
        return answer is not None and self.show(answer, self.page if full else None)

    def answer(self, chunk: Chunk, name: str, **options: bool) -> InputOutcome | None:
        """Has the session evaluate a chunk and waits, while its output is written; Ctrl-C stops it. None when it can't be stopped.

        ``options`` are those of ``Session.start``.
        """
        pressed: list[None] = []
        before = memory.resident()
        said = False

        def press() -> None:
            pressed.append(None)
            self.drop_typed()
            self.screen.notify()

        # From the first moment on: what has begun must not be left running.
        with interrupts(press), self.screen.quiet():
            future = self.session.start(chunk, name, self.number, **options)
            future.add_done_callback(lambda _: self.screen.notify())
            while not future.done():
                self.screen.wait(LOOK)
                if self.pressed_ctrl_c():
                    pressed.append(None)
                piece = self.screen.take()
                if piece and not pressed:
                    self.screen.write_bytes(piece)
                if not said and not future.done() and (holder := self.session.holder(self.number)) is not None:
                    said = True
                    self.say(paint("dim", f"waits for what {_input(holder)} left running; Ctrl-C ends it", self.color))
                # What an earlier input has filled can still be set free by a small one.
                if not future.done() and memory.resident() > max(memory.limit(), before + GROWTH):
                    self.complain(f"the session takes more than {memory.limit() >> 20} MiB of memory (MOONWIT_MEMORY), so this is stopped")
                    pressed.append(None)
                if pressed and not future.done():
                    self._stop(future)
                    if not future.done():
                        return None
            self.screen.drain()
        return future.result()

    def _stop(self, future: Future[InputOutcome]) -> None:
        with self.screen.discarding():
            self.session.stop()
            begun = after = time.monotonic()
            while not future.done() and after - begun < LATE:
                self.screen.wait(LOOK)
                # Again and again: a guest may have been about to begin.
                if time.monotonic() - after >= SOON:
                    self.session.stop_everything()
                    after = time.monotonic()
        if not future.done():
            self.complain("this does not stop: it is in the midst of one long operation; wait for it, or leave with Ctrl-D")

    def end_busy(self) -> None:
        """Ends what computes in the background, if anything does: what Ctrl-C at the prompt and `:stop` do. Comes back at once."""

        def end() -> None:
            with self._ending:
                places = self.session.end_busy()
                words = "what is left running does not stop: it is in the midst of one long operation" if places is None else _ended(places)
                if words:
                    self.screen.put(paint("dim", words, self.color).encode() + b"\n")

        threading.Thread(target=end, name="moonwit interrupt", daemon=True).start()

    def say_interrupted(self) -> None:
        """Says that an input was stopped."""
        self.say(paint("error", "interrupted", self.color))

    def show(self, outcome: InputOutcome, put: Callable[[str], None] | None = None) -> bool:
        """Shows what came of an input, its values by ``put``; tells whether it went well.

        They are not put through a pager in passing: whoever typed an input goes on typing, and a pager would take the keys.
        """
        self.screen.fresh_line()
        layout = self.layout()
        good = False
        if outcome.get("interrupted"):
            self.say_interrupted()
        elif "failed" in outcome:
            self.say(layout.show(read(outcome["failed"])))
        else:
            good = True
            self._show_values(outcome, layout, put or self.say)
        if outcome.get("ended"):
            self.say(paint("dim", _ended(outcome["ended"]), self.color))
        for note in outcome.get("notes", ()):
            self.say(paint("dim", f"note: {terminal.clean(note.decode('utf-8', 'replace'))}", self.color))
        seconds = outcome.get("seconds", 0.0)
        if seconds >= LONG:
            self.say(paint("dim", f"took {duration(seconds)}", self.color))
        return good

    def _show_values(self, outcome: InputOutcome, layout: Layout, put: Callable[[str], None]) -> None:
        nodes = [read(items) for items in outcome["values"]]
        texts = [layout.show(node) for node in nodes]
        more = outcome["count"] - len(nodes)
        if more > 0:
            texts.append(paint("dim", f"... {more:,} more values", self.color))
        if not texts:
            return
        if all(isinstance(node, Plain) and node.style != "string" for node in nodes) and len(nodes) > 1:
            texts = [", ".join(texts)]
        put("\n".join(texts))

    def say(self, text: str) -> None:
        """Writes lines."""
        self.screen.fresh_line()
        self.screen.write(f"{text}\n")

    def page(self, text: str) -> None:
        """Shows text that was asked for, with a pager when it is longer than the screen and nothing was typed meanwhile."""
        self.screen.fresh_line()
        with self.screen.quiet():
            ahead = self.typed_ahead()
        if ahead:
            self.say(text.rstrip("\n"))
        else:
            page(text, self.screen)

    def complain(self, sentence: str) -> None:
        """Says what went wrong."""
        self.say(paint("error", "error:", self.color) + f" {terminal.clean(sentence)}")


def _input(place: int) -> str:
    return f"[{place}]" if place else "an earlier input"


def _ended(places: Sequence[int]) -> str:
    return f"ended what {' and '.join(map(_input, places))} had left running" if places else ""


def leave(project: Project, screen: Screen) -> None:
    """Ends a session; what can't be stopped ends with the process."""
    with screen.discarding():  # else the lane might wait for somebody to take what it prints
        ended = project.interrupt(GRACE)
    screen.close()
    if not ended:
        sys.stdout.flush()
        os._exit(0)
