"""Compilations: what several callers want is compiled once, in processes that run concurrently, as many as there are cores.

A ``Request`` is what one caller waits for. Nobody's wait bounds a compilation that another waits for as well; one that everybody has
canceled ends, and one whose callers have run out of time goes on for the next of them, to its own bound.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakValueDictionary

from moonwit.host import compiling
from moonwit.host.compiling.code import Code, CodeProblem, Wanted, canceled_problem
from moonwit.host.compiling.store import Store, store
from moonwit.host.engine import engine as engines

if TYPE_CHECKING:
    from wasmtime import Engine, Module

    from moonwit.host.compiling.process import Process

# What is compiled at once, in the thread that asks, costs less than this for one call: microseconds of one core.
IN_PLACE = 120_000.0
# How much is kept that nobody has any more: modules, the bytes that they were compiled from, and what could not be compiled.
MOST_KEPT, MOST_BYTES, MOST_REFUSED = 128, 64 * 1024 * 1024, 1000

_lock = threading.RLock()
# What anybody has of what was compiled, and what was asked for last, which is kept: a project that is read again asks for it again.
_compiled: WeakValueDictionary[Code, Module] = WeakValueDictionary()
_recent: dict[Code, tuple[Module, int]] = {}
_refused: dict[Code, CodeProblem] = {}
_pending: dict[Code, Job] = {}
_queue: deque[Job] = deque()
_running = 0
_store: Store | None = None


def _process() -> Process:
    # Imported when first needed: small functions need no process.
    from moonwit.host.compiling.process import Process

    return Process()


_processes: Callable[[], Process] = _process


def _kept() -> Store:
    global _store
    if _store is None:
        _store = store()
    return _store


class Job:
    """A compilation of several codes for an entry, in a process of its own. Its fields belong to the lock."""

    def __init__(self, wanted: Sequence[Wanted], entry: str) -> None:
        self.wanted = tuple(wanted)
        self.entry = entry
        self.began = time.monotonic()
        self.number = 0
        # Those who have asked take it from what is compiled, which keeps only so much.
        self.made: list[Module] = []
        self.waiting: list[Request] = []
        self.over = False
        self._process = _processes()

    def run(self) -> None:
        """Compiles, on a thread that has nothing else to do."""
        first = self.wanted[0]
        settings = engines.settings(first.code.small)
        codes = [each.data for each in self.wanted]
        try:
            with closing(self._process.compile(codes, engines.library_path(), settings)) as answers:
                for each, answer in zip(self.wanted, answers, strict=True):
                    if isinstance(answer, CodeProblem):
                        raise answer
                    self.made.append(_take(each, each.restore(answer)))
                    self.number += 1
                    _kept().save(each.code.name, answer)
        except CodeProblem as problem:
            self.finish(problem)
        except BaseException as error:
            self.finish(CodeProblem("Internal", f"a mistake in Moonwit, please report it: {type(error).__name__}: {error}", lasting=False))
        else:
            self.finish(None)

    def finish(self, problem: CodeProblem | None) -> None:
        """Answers those who wait. A problem that lasts is remembered, so that nobody starts it again."""
        with _lock:
            if self.over:
                return
            self.over = True
            for each in self.wanted:
                if _pending.get(each.code) is self:
                    del _pending[each.code]
            if problem is not None and problem.lasting:
                _refused[self.wanted[self.number].code] = problem
                if not problem.invalid:
                    # They were bounded together.
                    _refused.update((each.code, problem) for each in self.wanted[self.number :])
                while len(_refused) > MOST_REFUSED:
                    del _refused[next(iter(_refused))]
            waiting, self.waiting = self.waiting, []
        for request in waiting:
            request.answer(problem)

    def cancel(self) -> None:
        """Ends it; nobody waits for it."""
        with _lock:
            if self in _queue:
                _queue.remove(self)
        self.finish(canceled_problem())
        self._process.end()


class Request:
    """What one caller waits for: everything that is missing, by whatever jobs."""

    def __init__(self, missing: Sequence[Wanted], entry: str) -> None:
        self._event = threading.Event()
        self._callbacks: list[Callable[[], None]] = []
        self.problem: CodeProblem | None = None
        self._jobs: list[Job] = []
        new: list[Wanted] = []
        with _lock:
            for each in missing:
                job = _pending.get(each.code)
                self.problem = self.problem or _refused.get(each.code)
                if job is None and each.code not in _compiled:
                    new.append(each)
                elif job is not None and job not in self._jobs:
                    self._jobs.append(job)
            # One process has one engine.
            for small in (False, True):
                alike = [each for each in new if each.code.small is small]
                if alike and self.problem is None:
                    self._jobs.append(_submit(Job(alike, entry)))
            self._left = len(self._jobs)
            for job in self._jobs:
                job.waiting.append(self)
            if not self._left or self.problem is not None:
                self._event.set()
        # Not under the lock: the receiver asks what is under way.
        if self._jobs and compiling.begun is not None:
            compiling.begun()

    def answer(self, problem: CodeProblem | None) -> None:
        """Takes the end of one of the jobs."""
        with _lock:
            self.problem = self.problem or problem
            self._left -= 1
            if self._left > 0 and problem is None:
                return
            self._event.set()
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()

    def add_done_callback(self, callback: Callable[[], None]) -> None:
        """Has ``callback`` called when all is there or something can't be had, at once when it is so already."""
        with _lock:
            if not self._event.is_set():
                self._callbacks.append(callback)
                return
        callback()

    @property
    def goes_on(self) -> bool:
        """Tells whether some of it is still being compiled, whether or not its caller waits."""
        return any(not job.over for job in self._jobs)

    def wait(self, seconds: float | None = None) -> bool:
        """Waits on this thread; tells whether the end came within ``seconds``."""
        return self._event.wait(seconds)

    def leave(self, canceled: bool = True) -> None:
        """Says that its caller waits no more. What nobody waits for ends when it was canceled, and else goes on."""
        with _lock:
            self._callbacks = []
            if not self._event.is_set():
                self.problem = canceled_problem()
                self._event.set()
            for job in self._jobs:
                if self in job.waiting:
                    job.waiting.remove(self)
        if canceled:
            self.abandon()

    def abandon(self) -> None:
        """Ends what nobody waits for any more of what this has started or joined."""
        for job in self._jobs:
            with _lock:
                wanted = job.over or job.waiting
            if not wanted:
                job.cancel()


def _take(wanted: Wanted, made: Module) -> Module:
    """Keeps what was compiled, in the place of what was not asked for for longest; gives the one that is there already."""
    with _lock:
        made = _compiled.setdefault(wanted.code, made)
        _recent.pop(wanted.code, None)
        _recent[wanted.code] = made, len(wanted.data)
        total = sum(size for _, size in _recent.values())
        while len(_recent) > 1 and (len(_recent) > MOST_KEPT or total > MOST_BYTES):
            total -= _recent.pop(next(iter(_recent)))[1]
        return made


def _submit(job: Job) -> Job:
    """Queues a job; the lock is held."""
    global _running
    for each in job.wanted:
        _pending[each.code] = job
    _queue.append(job)
    if _running < len(os.sched_getaffinity(0)):
        # Imported when first needed: what is there already, or compiled at once, needs no thread.
        from moonwit.host.engine import worker

        _running += 1
        worker.start(_work)
    return job


def _work() -> None:
    global _running
    while True:
        with _lock:
            if not _queue:
                _running -= 1
                return
            job = _queue.popleft()
        job.run()


def under_way() -> list[tuple[str, int, int, float]]:
    """Lists what is being compiled and waited for: the entry, which code of how many, and for how many seconds."""
    with _lock:
        jobs = {id(job): job for job in _pending.values() if job.waiting}.values()
        now = time.monotonic()
        return [(job.entry, min(job.number + 1, len(job.wanted)), len(job.wanted), now - job.began) for job in jobs]


class Statistics(NamedTuple):
    """How many compilations have not ended, waited for or not, and how many of them have not begun."""

    pending: int
    queued: int


def statistics() -> Statistics:
    """Counts the compilations of this process."""
    with _lock:
        return Statistics(len({id(job) for job in _pending.values()}), len(_queue))


@contextmanager
def apart(kept: Store, processes: Callable[[], Process] = _process) -> Iterator[None]:
    """Begins as a new process does, with nothing compiled but what a store has, and ends at the end what is still under way; for tests."""
    global _compiled, _recent, _refused, _store, _processes
    before = _compiled, _recent, _refused, _store, _processes
    _compiled, _recent, _refused, _store, _processes = WeakValueDictionary(), {}, {}, kept, processes
    try:
        yield
    finally:
        with _lock:
            left = set(_pending.values())
        for job in left:
            job.cancel()
        _compiled, _recent, _refused, _store, _processes = before


class Compiler:
    """Gets the code of one entry: what is there, what is on disk, what is cheap; the rest is ``missing``, for ``request``."""

    def __init__(self, engine: Engine, entry: str) -> None:
        self.engine = engine
        self.entry = entry
        self.missing: list[Wanted] = []
        self._left = IN_PLACE

    def get(self, data: bytes) -> Module | None:
        """Gives compiled code, or None for what is missing; raises ``CodeProblem`` for what is known not to go."""
        wanted = Wanted(data, self.engine)
        with _lock:
            made, problem, pending = _compiled.get(wanted.code), _refused.get(wanted.code), wanted.code in _pending
        if made is not None:
            return _take(wanted, made)
        if problem is not None:
            raise problem
        if not pending:
            made = self._kept(wanted) or self._at_once(wanted)
        if made is None:
            self.missing.append(wanted)
            return None
        return _take(wanted, made)

    def request(self) -> Request:
        """Has what is missing compiled elsewhere."""
        return Request(self.missing, self.entry)

    def _kept(self, wanted: Wanted) -> Module | None:
        data = _kept().load(wanted.code.name)
        try:
            return None if data is None else wanted.restore(data)
        except CodeProblem:
            return None  # It was made for another machine: it is made anew.

    def _at_once(self, wanted: Wanted) -> Module | None:
        from moonwit.host.compiling.cost import cost

        needed = cost(wanted.data, self._left)
        if needed > self._left:
            return None
        self._left -= needed
        made = wanted.compile()
        _kept().save(wanted.code.name, made.serialize())
        return made
