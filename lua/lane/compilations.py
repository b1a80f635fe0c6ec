"""Compilations that the lanes of a project wait for, by number: what ``load`` can't answer before they have ended."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from moonwit.host.compiling.code import CodeProblem
    from moonwit.host.compiling.jobs import Compiler, Request
    from moonwit.lua.border.answers import Failure, Nothing
    from moonwit.lua.border.entries import Compiling, Late, Loaded
    from moonwit.registry import Entry, Problem, Registry

def failed(kind: str, message: str) -> Failure:
    """An answer that lua/calls/calls.lua turns into an error value."""
    return {"failed": True, "kind": kind, "message": message}


def place(problem: Problem) -> str:
    """Words a problem after its place."""
    return f"{problem.file}:{problem.line}:{problem.column}: {problem.sentence}"


def unusable(entry: Entry, problem: CodeProblem, registry: Registry) -> Failure:
    """Answers for an entry whose code can't be had; the registry learns of what would fail again."""
    from moonwit.host.functions.loaded import code_problem

    if not problem.lasting:
        return failed(problem.kind, f"the entry {entry.id} can't be used: {problem.sentence}")
    found = code_problem(entry, problem)
    registry.report(found)
    return failed(problem.kind, f"the entry {entry.id} can't be used: {place(found)}")


def outcome(request: Request) -> Failure | Nothing:
    """Says how a request has ended; a problem that lasts is what ``load`` answers from then on."""
    problem = request.problem
    if problem is None or problem.lasting:
        return {}
    return failed(problem.kind, problem.sentence)


class Compilations:
    """The requests of one project. Its methods may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._waiting: dict[int, Request] = {}
        # What may go on when its callers have run out of time.
        self._begun: list[Request] = []

    def begin(self, code: Compiler, limit_ms: int | None) -> Compiling:
        """Has what is missing compiled; gives the answer that lua/calls/compiling.lua goes on from."""
        request = code.request()
        with self._lock:
            number = next(self._numbers)
            self._waiting[number] = request
            self._begun = [each for each in self._begun if each.goes_on]
            self._begun.append(request)
        return {"compiling": number, "limit_ms": limit_ms}

    def take(self, number: float) -> Request:
        """Gives a request to the lane that waits for it."""
        with self._lock:
            return self._waiting.pop(int(number))

    def finish(self, number: float, milliseconds: float | None = None) -> Failure | Nothing | Late:
        """Waits on this thread, for so long at most."""
        request = self.take(number)
        if request.wait(None if milliseconds is None else max(milliseconds, 0) / 1000):
            return outcome(request)
        request.leave(canceled=False)
        return {"late": True}

    def settled(self, load: Callable[[], Loaded]) -> Loaded:
        """Gives what ``load`` answers when it has nothing to wait for any more, or how that wait has failed."""
        told = load()
        while "compiling" in told:
            ended = self.finish(told["compiling"])
            told = ended if "failed" in ended else load()
        return told

    def close(self) -> None:
        """Ends what only this project wants."""
        with self._lock:
            begun, self._begun = self._begun, []
        for request in begun:
            request.leave()
