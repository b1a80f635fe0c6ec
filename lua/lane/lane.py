"""Lanes: an OS thread with one LuaJIT state, an inbox, and the border that every callback from Lua crosses."""

from __future__ import annotations

import ctypes
import functools
import itertools
import os
import threading
import traceback
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from lupa.luajit21 import LuaRuntime

from moonwit.lua.lane.compilations import outcome
from moonwit.lua.lane.epochs import Epochs
from moonwit.lua.lane.far import Far
from moonwit.lua.lane.mailbox import Mailbox
from moonwit.lua.values import buffer

if TYPE_CHECKING:
    from moonwit.host.compiling.jobs import Request
    from moonwit.host.engine.worker import Cancellation
    from moonwit.host.wasi.look_ups import LookUp
    from moonwit.lua.border.answers import Failure, Hired
    from moonwit.lua.border.entries import GuestEntry
    from moonwit.lua.border.messages import Answer as TicketAnswer
    from moonwit.lua.border.messages import Message, Script
    from moonwit.lua.lane.fetcher import Fetcher

T = TypeVar("T")

ROOT = Path(__file__).parents[2]

# A lane's C stack: LuaJIT takes some of it for each coroutine that resumes another, and guests run on it too.
STACK_BYTES = 64 * 1024 * 1024

# What whoever asks something of a lane that has ended is told.
CLOSED = "this project is closed"

_stack_size = threading.Lock()

Callback = Callable[..., Any]

# An encoded value, an encoded error, and the error's stack as text: the first or the others are there.
Answer = tuple[bytes | None, bytes | None, bytes | None]
# The same of a script, with an exit status.
ScriptAnswer = tuple[float | None, bytes | None, bytes | None]


def _room_above() -> Path:
    """Gives the folder below which ``require 'lua.x'`` and ``require 'stdlib.x'`` find their files."""
    return ROOT if (ROOT / "stdlib").is_dir() and (ROOT / "lua").is_dir() else Path(__file__).parents[1]


class Lane:
    """A thread that owns a LuaJIT state and runs its dispatcher. Whatever others want of it is a message in its inbox.

    ``callbacks`` are Python functions that the host's own Lua code may call, by name. They take ``bytes`` and numbers and give
    what ``buffer.encode`` takes; one that raises gives ``{"failed": True, kind, message}``, because an exception that crossed
    into Lua would hand the script a Python object. ``call``, the one that may take long, runs on other threads,
    but for what ``begin`` gives a future of;
    ``workers``, if there is one, gives the ``Workers`` that start lanes for this lane's long calls.
    """

    def __init__(self, callbacks: Mapping[str, Callback], name: str = "moonwit lane") -> None:
        self._messages: deque[Message] = deque()
        self._waiting: dict[int, tuple[Future[Any], Callable[[Any], Any] | None]] = {}
        self._numbers = itertools.count(1)
        self._boot: Any = None
        self._call = callbacks["call"]
        self._begin = callbacks.get("begin")
        self._fetcher: Fetcher | None = None
        self._workers = callbacks.get("workers")
        far = Far(callbacks["clusters"], self._post) if "clusters" in callbacks else None
        self._mailboxes: list[Mailbox] = []
        # Mailboxes of other lanes that this one writes to: their memory stays as long as this lane may.
        self._outgoing: list[Mailbox] = []
        self._started: dict[int, Cancellation] = {}
        self._look_ups: dict[int, LookUp] = {}
        self._compilation = callbacks.get("compilation")
        self._compiling: dict[int, Request] = {}
        own: dict[str, Callback] = {
            "take": self._take,
            "done": self._done,
            "job": self._job,
            "start": self._start,
            "forsake": self._forsake,
            "hire": self._hire,
            "epochs": lambda: self.epochs,
            "fetch": self._fetch,
            "look_up": self._look_up,
            "await_compiling": self._await_compiling,
            "leave_compiling": self._leave_compiling,
        }
        if far is not None:
            own |= {"to_cluster": far.send, "leave_cluster": far.leave}
        self._callbacks: dict[str, Callback] = {name: f for name, f in {**callbacks, **own}.items() if name not in ("begin", "clusters")}
        # lua/lane/inbox.lua looks at the flag each turn and waits on the descriptor.
        self._flag = ctypes.c_uint32(0)
        self._descriptor = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._ended = False
        self._ending = threading.Lock()
        self._mistake: BaseException | None = None
        self._gone: Callable[[], None] = lambda: None
        self._answerer: Epochs | None = None
        with _stack_size:
            before = threading.stack_size(STACK_BYTES)
            try:
                # A daemon: a script that never ends must not keep the process from ending.
                self._thread = threading.Thread(target=self._main, name=name, daemon=True)
                self._thread.start()
            finally:
                threading.stack_size(before)

    @property
    def epochs(self) -> int:
        """The address of what answers for guests that run on the lane's thread, when an epoch passes."""
        with self._ending:
            self._answerer = self._answerer or _answerer()
            return self._answerer.address

    def run(self, script: Script) -> Future[ScriptAnswer]:
        """Has the lane run a script beside whatever else it runs; the answer is its exit status, None for 0, or its error."""
        return self._ask(lambda number: {"kind": "run", "number": number, **script})

    def call(self, id: str, arguments: bytes) -> Future[Answer]:
        """Has the lane call a function; the answer is its encoded value, or (None, encoded error, stack)."""
        return self._ask(lambda number: {"kind": "call", "number": number, "id": id, "arguments": arguments})

    def run_program(self, entry: GuestEntry) -> Future[Answer]:
        """Has the lane run a program; the answer is its encoded status, or (None, encoded error, stack)."""
        return self._ask(lambda number: {"kind": "program", "number": number, "entry": entry})

    def batch(self, batch: int, id: str, frames: bytes) -> Future[tuple[bytes, None, None]]:
        """Has the lane make calls of a function, by a number of the caller's; the answer begins with all of theirs, as frames."""
        return self._ask(lambda number: {"kind": "batch", "number": number, "batch": batch, "id": id, "frames": frames})

    def leave_batch(self, batch: int, ones: list[int] | None) -> None:
        """Cancels calls of a batch by the numbers in their frames, or all of them; they are answered all the same."""
        self._post({"kind": "leave_batch", "batch": batch, "ones": ones})

    def submit(self, job: Callable[[Any], T]) -> Future[T]:
        """Has ``job`` run between two turns of the dispatcher, with the table of lua/boot.lua; it must not take long."""
        return self._ask(lambda number: {"kind": "job", "number": number}, job)

    def warm(self, id: str) -> None:
        """Has the lane make the first instance of a function."""
        self._post({"kind": "warm", "id": id})

    def cancel(self) -> None:
        """Cancels whatever waits in the lane: its scripts and calls end with an error of kind Canceled."""
        self._post({"kind": "cancel"})

    def cancel_call(self, future: Future[Answer]) -> None:
        """Cancels a call where it waits; it ends with an error of kind Canceled."""
        for number, (waiting, _) in list(self._waiting.items()):
            if waiting is future:
                self._post({"kind": "cancel", "number": number})

    def mailbox(self) -> Mailbox:
        """Makes a mailbox for letters to this lane; the lane has to be told of it by its own Lua code or by ``work``."""
        box = Mailbox(self._descriptor)
        with self._ending:
            self._mailboxes.append(box)
            if self._ended:
                box.close()
        return box

    def work(self, orders: Mailbox, answers: Mailbox, gone: Callable[[], None]) -> None:
        """Has the lane make the calls that come in one of its mailboxes, and answer to the other; ``gone`` says that it can't any more."""
        self._outgoing.append(answers)
        self._gone = gone
        self._post({"kind": "work", "orders": orders.address, "answers": answers.address})

    def close(self, timeout: float | None = None) -> bool:
        """Ends the lane after what it was given; tells whether it ended within ``timeout`` seconds."""
        self._post({"kind": "close"})
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _ask(self, told: Callable[[int], Message], job: Callable[[Any], Any] | None = None) -> Future[Any]:
        """Posts the message that ``told`` gives for a number, which its answer comes back with."""
        if self._mistake is not None:
            raise self._mistake
        number, future = next(self._numbers), Future[Any]()
        message = told(number)
        # What can't be passed is its caller's mistake: found when the lane takes its messages, it would cost all of them.
        buffer.encode(message)
        self._waiting[number] = future, job
        if not self._post(message):
            del self._waiting[number]
            raise RuntimeError(CLOSED)
        return future

    def _post(self, message: Message) -> bool:
        """Puts a message into the inbox; tells whether the lane is still there to read it."""
        with self._ending:
            # An answer from another thread may come when nobody waits for it any more.
            if not self._ended:
                self._messages.append(message)
                self._flag.value = 1
                os.eventfd_write(self._descriptor, 1)
            return not self._ended

    def _main(self) -> None:
        try:
            self._boot = new_state(self._callbacks)[1]
            self._boot[b"serve"](self._descriptor, ctypes.addressof(self._flag))
        except BaseException as problem:
            self._mistake = RuntimeError(f"the lane has ended by a mistake in Moonwit, please report it: {problem}")
            self._gone()
            raise
        finally:
            # Lua objects are freed here, by the thread that they belong to.
            self._boot = None
            with self._ending:
                self._ended = True
                for box in self._mailboxes:
                    box.close()
                os.close(self._descriptor)
            for request in list(self._compiling.values()):
                request.leave()
            # Nobody shall wait for a lane that is gone: what came after its last look at the inbox has no other answer.
            while self._waiting:
                future, _ = self._waiting.popitem()[1]
                if future.set_running_or_notify_cancel():
                    future.set_exception(self._mistake or RuntimeError(CLOSED))

    def _take(self) -> buffer.Encoded:
        taken = []
        while self._messages:
            taken.append(self._messages.popleft())
        try:
            return buffer.Encoded(buffer.encode(taken))
        except Exception:
            # Found one by one, so that only what can't be passed is lost, and its caller gets an error.
            return buffer.Encoded(buffer.encode([_passable(message) for message in taken]))

    def _done(self, number: float, value: bytes | bool | float | None, error: bytes | None = None, stack: bytes | None = None) -> None:
        future, _ = self._waiting.pop(int(number))
        # Whoever asked may have canceled it meanwhile.
        if future.set_running_or_notify_cancel():
            future.set_result((value or None, error, stack))

    def _job(self, number: float) -> None:
        future, job = self._waiting.pop(int(number))
        assert job is not None
        try:
            future.set_result(job(self._boot))
        except BaseException as problem:
            future.set_exception(problem)

    def _fetch(self, operation: bytes, number: float, data: bytes) -> None:
        """What scripts ask of other servers; what that takes is imported when one does."""
        from moonwit.lua.lane.fetcher import Fetcher

        if self._fetcher is None:
            self._fetcher = Fetcher(self._post)
        self._fetcher.do(operation.decode(), int(number), data)

    def _look_up(self, ticket: float, wanted: bool, name: bytes) -> None:
        """Looks up a name for a guest, which is answered to a ticket; or, not ``wanted``, forgets that it was asked to."""
        from moonwit.host.wasi.look_ups import LookUp, NameFailure, NameFound

        number = int(ticket)

        def answer(value: NameFound | NameFailure) -> None:
            self._look_ups.pop(number, None)
            self._post({"kind": "answer", "ticket": number, "value": value})

        if wanted:
            self._look_ups[number] = look_up = LookUp(name.decode(), answer)
            look_up.begin()
        elif (running := self._look_ups.pop(number, None)) is not None:
            running.cancel()

    def _start(self, ticket: float, target: bytes, arguments: bytes) -> None:
        from moonwit.host.engine import worker

        call = _guarded(self._call)
        cancellation = self._started[int(ticket)] = worker.Cancellation()

        def answer(done: Future[bytes]) -> None:
            self._started.pop(int(ticket), None)
            problem = done.exception()
            value = done.result() if problem is None else _failure(problem)
            self._post({"kind": "answer", "ticket": int(ticket), "value": value})

        try:
            begun = None if self._begin is None else self._begin(target, arguments, cancellation)
            begun = worker.start(lambda: call(target, arguments), cancellation) if begun is None else begun
            begun.add_done_callback(answer)
        except BaseException:
            del self._started[int(ticket)]
            raise

    def _forsake(self, ticket: float) -> None:
        """Tells a call on another thread that nobody waits for it any more; it goes on where it can't be ended."""
        cancellation = self._started.get(int(ticket))
        if cancellation is not None:
            cancellation.cancel()

    def _await_compiling(self, ticket: float, number: float) -> None:
        """Answers a ticket when a compilation has ended."""
        assert self._compilation is not None
        request = self._compiling[int(ticket)] = self._compilation(number)

        def answer() -> None:
            self._compiling.pop(int(ticket), None)
            self._post({"kind": "answer", "ticket": int(ticket), "value": outcome(request)})

        request.add_done_callback(answer)

    def _leave_compiling(self, ticket: float, canceled: bool) -> None:
        """Waits no more: for what was ``canceled`` nobody will ask again soon, and else it goes on."""
        request = self._compiling.pop(int(ticket), None)
        if request is not None:
            request.leave(canceled)
            self._post({"kind": "answer", "ticket": int(ticket), "value": None})

    def _hire(self, guests: bool = False) -> Hired:
        """Starts another worker; gives the addresses of the mailboxes to it and from it, and what guests need that are to go on there."""
        assert self._workers is not None
        answers = self.mailbox()
        orders, lane = self._workers().start(answers, lambda: self._post({"kind": "gone", "answers": answers.address}))
        self._outgoing.append(orders)
        hired: Hired = {"orders": orders.address, "answers": answers.address, "most": len(os.sched_getaffinity(0))}
        if guests:
            hired["epochs"] = lane.epochs
        return hired


def new_state(callbacks: Mapping[str, Callback]) -> tuple[Any, Any]:
    """Makes a LuaJIT state with Moonwit's own Lua code loaded; gives the ``LuaRuntime`` and the table of lua/boot.lua.

    Both belong to the calling thread.
    """
    lua = LuaRuntime(
        register_eval=False, register_builtins=False, encoding=None, unpack_returned_tuples=True, attribute_filter=_no_attributes
    )
    lua.execute(b"package.path, package.cpath = ..., ''", f"{_room_above()}/?.lua".encode())
    if "epochs" not in callbacks:
        answerer = functools.cache(_answerer)
        callbacks = {**callbacks, "epochs": lambda: answerer().address}
    host = lua.table_from({name.encode(): _guarded(callback) for name, callback in callbacks.items()})
    return lua, lua.execute(b"return require 'lua.boot'(...)", host)


def _answerer() -> Epochs:
    from moonwit.host.engine import engine

    engine.start_ticker()
    return Epochs(_room_above(), engine.library_path())


def _no_attributes(_object: object, name: object, _setting: bool) -> object:
    raise AttributeError(f"Lua may not reach the attribute {name!r}")


def _guarded(callback: Callback) -> Callable[..., bytes]:
    def cross(*arguments: Any) -> bytes:
        try:
            answer = callback(*arguments)
            return answer if type(answer) is buffer.Encoded else buffer.encode(answer)
        except Exception as problem:
            if os.environ.get("MOONWIT_DEBUG"):
                traceback.print_exc()
            return _failure(problem)

    return cross


def _failure(problem: BaseException) -> bytes:
    """Gives what Lua gets for a Python exception."""
    message = f"a mistake in Moonwit, please report it with what MOONWIT_DEBUG=1 shows: {type(problem).__name__}: {problem}"
    # An exception may quote what has no UTF-8.
    failure: Failure = {"failed": True, "kind": "Internal", "message": message.encode("utf-8", "replace")}
    return buffer.encode(failure)


def _passable(message: Message) -> Message:
    """Gives a message as it is, or in place of an answer that can't be encoded one that says so."""
    try:
        buffer.encode(message)
    except Exception as problem:
        if message["kind"] != "answer":
            raise
        what = f"the answer can't be passed on: {type(problem).__name__}: {problem}"
        failure: Failure = {"failed": True, "kind": "Internal", "message": what}
        instead: TicketAnswer = {"kind": "answer", "ticket": message["ticket"], "value": failure}
        return instead
    return message
