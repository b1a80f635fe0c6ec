"""The session's half in Python: hands inputs to the lane, takes what becomes of them, and stops what runs.

lua/repl/session.lua is the other half.

Three things stop an input: a number in memory that interpreted code looks at, a message that cancels what it waits for, and the
engine's epoch, which ends a guest: calls without a limit get one in a session, far away, and the epoch is then moved past it.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as Late
from typing import TYPE_CHECKING, Any

from moonwit.lua.calls.entries import Entries
from moonwit.lua.scripts.files import of_script
from moonwit.lua.values import buffer
from moonwit.project import Project
from moonwit.repl.session.chunks import Chunk

if TYPE_CHECKING:
    from pathlib import Path

    from moonwit.lua.border.messages import Input, NamesQuery
    from moonwit.lua.border.outcomes import InputOutcome, NameMeaning, NamesFound, TracedCall

# The epochs that a call without a limit may take: 87 minutes when they are counted in, and few enough to count through at once.
PATIENCE = 2**20
# For how long the lane does not answer before it is taken to be busy, in seconds; how long what is busy then has to stop.
BUSY, LATE = 0.5, 5.0


class SessionEntries(Entries):
    """Entries whose functions in WebAssembly all have a limit, so that they can be stopped."""

    patience = PATIENCE

    def forget(self) -> None:
        """Forgets what was loaded, after the registry has changed."""
        with self._lock:
            self._loaded.clear()


class Session:
    """A session in the lane of a project.

    ``emit`` takes what scripts print, ``failed`` the error of what an input had left running, ``traced`` a call that was made, and
    ``help`` gives the text about a name, a kind of values, and a value as text. ``hopeless`` is told when an input waits and nothing
    can wake it, and says whether it is to fail then. The lane's thread calls them. Inputs may require Lua files of the working
    directory, and of the project in ``folder``.
    """

    def __init__(
        self,
        project: Project,
        emit: Callable[[bytes], None],
        failed: Callable[[int, Sequence[bytes]], None],
        traced: Callable[[TracedCall], None],
        help: Callable[[str, str, str], str],
        hopeless: Callable[[], bool],
        folder: Path | None = None,
    ) -> None:
        self.project = project
        self._flag = (ctypes.c_uint32 * 2)(0, 0)  # what is to stop, and the place of the input whose code runs
        self._answers: dict[int, Future[InputOutcome]] = {}
        self._failed = failed
        self._numbers = 0
        self._asked: Future[object] | None = None  # whether the lane answers
        self._asked_at = 0.0

        def trace(text: bytes) -> None:
            traced(buffer.fields(buffer.decode(text)))

        def explain(*texts: bytes) -> bytes:
            return buffer.encode(help(*map(_text, texts)))

        def give_up() -> bytes | None:
            return b"end" if hopeless() else None

        crossing: Sequence[Callable[..., bytes | None]] = (emit, self._answer, self._fail, trace, explain, give_up)
        callbacks = *map(_contained, crossing), ctypes.addressof(self._flag)
        places = buffer.encode(list(of_script(folder, "")))
        self._opened = project.submit(lambda boot: boot[b"open_session"](*callbacks, places))

    def start(
        self, chunk: Chunk, name: str, place: int = 0, *, full: bool = False, quiet: bool = False, bench: bool = False
    ) -> Future[InputOutcome]:
        """Has the lane evaluate a chunk; ``place`` is the number of its prompt, ``full`` describes its values as a whole, ``quiet`` leaves
        `_` as it is, ``bench`` runs it many times and gives the measured times."""
        self._numbers += 1
        number = self._numbers
        future = self._answers[number] = Future()
        input: Input = {
            "number": number,
            "place": place,
            "source": chunk.source.encode("utf-8", "surrogateescape"),
            "name": name,
            "keeper": chunk.keeper,
            "names": list(chunk.names),
            "full": full,
            "quiet": quiet,
            "bench": bench,
        }
        text = buffer.encode(input)
        self._do(lambda session: session[b"evaluate"](text), future)
        return future

    def stop(self) -> None:
        """Stops the input that runs, where it computes in Lua and where it waits."""
        self._flag[0] = 1
        self._do(lambda session: session[b"interrupt"](False))

    def stop_everything(self) -> None:
        """Stops whatever computes in the lane, guests too: for an input that has not stopped a moment after ``stop``."""
        self._flag[0] = 2
        if "moonwit.host.engine.engine" in sys.modules:
            threading.Thread(target=_pass_epochs, name="moonwit interrupt", daemon=True).start()

    def end_busy(self) -> Sequence[int] | None:
        """Ends what holds the lane while no input runs; gives the places of the inputs that had left it running, None when it goes on.

        What only waits, or lets others run in between, stays. Takes up to ``LATE`` seconds.
        """
        asked = self.project.submit(lambda boot: boot[b"session"][b"calmed"]())
        begun = time.monotonic()
        while time.monotonic() - begun < LATE:
            try:
                places = buffer.decode(asked.result(BUSY))
                return [int(place) for place in places] if isinstance(places, list) else []
            except Late:
                # First what is typed, then guests too: moving the epochs ends those of others that would not hold anybody up.
                guests = self._flag[0] != 0
                self._flag[0] = 2
                if guests:
                    self.stop_everything()
                if asked.done():
                    self._flag[0] = 0
        return None

    def holder(self, place: int) -> int | None:
        """Gives the place of another input whose code has held the lane for ``BUSY`` seconds; 0 when it is not known."""
        now = time.monotonic()
        if self._asked is None or self._asked.done():
            if now - self._asked_at >= BUSY:
                self._asked_at = now
                self._asked = self.project.submit(lambda boot: boot[b"session"][b"answers"]())
        elif now - self._asked_at >= BUSY and self._flag[1] != place:
            return self._flag[1]
        return None

    def trace(self, on: bool) -> None:
        """Has calls told from now on, or no longer."""
        self._do(lambda session: session[b"trace"](on))

    def forget(self) -> None:
        """Has ids mean what the registry says now; instances of before end."""
        if isinstance(self.project.entries, SessionEntries):
            self.project.entries.forget()
        self._do(lambda session: session[b"forget"]())

    def cancel_background(self) -> None:
        """Ends what earlier inputs have left running."""
        self._do(lambda session: session[b"interrupt"](True))

    def list(self, path: Sequence[str], prefix: str, timeout: float) -> tuple[Mapping[str, str], str]:
        """Lists the names below a path that begin with ``prefix`` and their kinds, and the kind of the path's own value."""
        query: NamesQuery = {"path": list(path), "prefix": prefix}
        found: NamesFound | None = self._ask("list", query, timeout)
        if found is None:
            return {}, ""
        return {_text(name): _text(kind) for name, kind in (found["names"] or {}).items()}, _text(found["kind"])

    def explain(self, path: Sequence[str], timeout: float) -> Mapping[str, str]:
        """Tells what a path of names leads to: its kind, and of a function its parameters and place."""
        found: NameMeaning | None = self._ask("explain", list(path), timeout)
        return {name: _text(value) for name, value in (found or {}).items()}

    def _ask(self, name: str, query: NamesQuery | Sequence[str], timeout: float) -> Any:
        """Gives the table that a function of the session gives, by its fields; None where the lane is busy."""
        text, key = buffer.encode(query), name.encode()
        try:
            answer = self.project.submit(lambda boot: boot[b"session"][key](text)).result(timeout)
        except Late:
            return None
        return buffer.fields(buffer.decode(answer))

    def _do(self, act: Callable[[Any], object], future: Future[InputOutcome] | None = None) -> None:
        def check(done: Future[object]) -> None:
            problem = done.exception()
            if problem is not None and future is not None and not future.done():
                future.set_exception(problem)

        self.project.submit(lambda boot: act(boot[b"session"])).add_done_callback(check)

    def _answer(self, number: float, text: bytes) -> None:
        future = self._answers.pop(int(number), None)
        self._flag[0] = 0
        if future is not None:
            future.set_result(buffer.fields(buffer.decode(text)))

    def _fail(self, place: float, text: bytes) -> None:
        self._failed(int(place), buffer.decode(text))


def _contained(callback: Callable[..., bytes | None]) -> Callable[..., bytes | None]:
    """Lets no exception cross into Lua, where a script would hold a Python object."""

    def cross(*arguments: Any) -> bytes | None:
        try:
            return callback(*arguments)
        except Exception as problem:
            if os.environ.get("MOONWIT_DEBUG"):
                traceback.print_exc()
            return buffer.encode(f"a mistake in Moonwit, please report it with what MOONWIT_DEBUG=1 shows: {problem}")

    return cross


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _pass_epochs() -> None:
    """Moves the engines' epochs past every deadline of the session. LuaJIT counts a hundred times faster than Python."""
    from lupa.luajit21 import LuaRuntime

    from moonwit.host.engine import engine

    lua = LuaRuntime(register_eval=False, register_builtins=False, encoding=None)
    lua.execute(
        b"""
        local ffi = require 'ffi'
        local path, count = ...
        ffi.cdef 'void wasmtime_engine_increment_epoch(void *engine);'
        local C = ffi.load(path)
        for i = 3, select('#', ...) do
          local engine = ffi.cast('void *', (select(i, ...)))
          for _ = 1, count do C.wasmtime_engine_increment_epoch(engine) end
        end
        """,
        engine.library_path().encode(),
        PATIENCE + 1,
        *(engine.address(each.ptr()) for each in engine.engines()),
    )
