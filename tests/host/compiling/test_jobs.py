"""What several want is compiled once; nobody's wait bounds another's; what does not go is remembered."""

from __future__ import annotations

import gc
import itertools
import weakref
from collections.abc import Generator, Iterator, Sequence
from typing import ClassVar

import pytest
from wasmtime import Engine, Module

from moonwit.host.compiling import jobs
from moonwit.host.compiling.code import CodeProblem
from moonwit.host.compiling.jobs import Compiler, Request, under_way
from moonwit.host.compiling.process import SECONDS, Process
from moonwit.host.compiling.store import Store
from moonwit.host.engine import worker
from moonwit.host.engine.engine import engine_for, shared_engine
from tests.host.compiling.shapes import SHAPES, body, module, section

_numbers = itertools.count(1)


def fresh(data: bytes) -> bytes:
    """Gives a module that nobody has compiled yet."""
    return data + section(0, b"\x04test" + str(next(_numbers)).encode())


def compiled(data: bytes, engine: Engine, entry: str, seconds: float | None = None) -> Module:
    """Waits for compiled code on this thread, for ``seconds`` at most; raises ``CodeProblem``."""
    compiler = Compiler(engine, entry)
    while (made := compiler.get(data)) is None:
        request = compiler.request()
        if not request.wait(seconds):
            request.leave(canceled=False)
            raise CodeProblem("Timeout", "its code was still being compiled", lasting=False)
        if request.problem is not None:
            raise request.problem
        compiler.missing.clear()
    return made


def slow() -> bytes:
    """A module that costs more than is compiled at once, and takes little all the same."""
    return fresh(SHAPES["wide"](4))


def bomb() -> bytes:
    """A module that takes longer than any test waits."""
    return fresh(SHAPES["loops"](30_000))


class Noted(Process):
    """A process that is noted when it is told to compile; each test says how long it may."""

    started: ClassVar[list[Process]] = []
    bound = SECONDS

    def __init__(self) -> None:
        super().__init__(self.bound)

    def compile(
        self, codes: Sequence[bytes], library: str, settings: Sequence[tuple[str, int]]
    ) -> Generator[bytearray | CodeProblem, None, None]:
        self.started.append(self)
        return super().compile(codes, library, settings)


@pytest.fixture(autouse=True)
def started(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Process]]:
    """Lists the processes of a test, which finds nothing compiled and keeps nothing."""
    monkeypatch.setattr(Noted, "started", [])
    with jobs.apart(Store(None), Noted):
        yield Noted.started


def test_cheap_code_needs_no_process(started: list[Process]) -> None:
    """A small module is there at once, and once for all."""
    data, compiler = fresh(module([body([], b"")])), Compiler(shared_engine(), "t:small")
    made = compiler.get(data)
    assert made is not None and not compiler.missing
    assert Compiler(shared_engine(), "t:other").get(data) is made
    assert not started


def test_the_bound_is_for_all_code_of_an_entry(started: list[Process]) -> None:
    """Modules that are each cheap go to the process when they are too much together."""
    compiler = Compiler(shared_engine(), "t:many")
    parts = [fresh(SHAPES["functions"](1200)) for _ in range(5)]
    made = [compiler.get(part) for part in parts]
    assert made[0] is not None and made[-1] is None
    request = compiler.request()
    assert request.wait(120) and request.problem is None
    again = Compiler(shared_engine(), "t:many")
    assert all(again.get(part) is not None for part in parts)
    assert len(started) == 1


def test_one_process_compiles_for_all_who_wait(started: list[Process]) -> None:
    """Several callers at once wait for one compilation and have the same code."""
    data = slow()
    futures = [worker.start(lambda: compiled(data, shared_engine(), "t:slow")) for _ in range(8)]
    assert len({id(future.result(120)) for future in futures}) == 1
    assert len(started) == 1


def test_engines_have_code_of_their_own(started: list[Process]) -> None:
    """Code for small instances is other code; another bound of the stack is another engine with the same code."""
    data = slow()
    made = [compiled(data, engine, "t:slow") for engine in (shared_engine(), engine_for(small=True), engine_for(stack_bytes=65536))]
    assert len({id(each) for each in made}) == 3
    assert len(started) == 3


def test_who_has_no_more_time_leaves_it_to_the_next() -> None:
    """A wait that ends by its limit ends no compilation, and a later caller waits for the same."""
    data = bomb()
    with pytest.raises(CodeProblem) as raised:
        compiled(data, shared_engine(), "t:bomb", seconds=0.05)
    assert (raised.value.kind, raised.value.lasting) == ("Timeout", False)
    assert under_way() == []  # nobody waits for it
    compiler = Compiler(shared_engine(), "t:later")
    assert compiler.get(data) is None
    assert jobs.statistics().pending == 1
    request = compiler.request()
    assert jobs.statistics().pending == 1
    assert [job[:3] for job in under_way()] == [("t:bomb", 1, 1)]
    request.leave()
    assert jobs.statistics().pending == 0


def test_the_last_who_is_canceled_ends_it(started: list[Process]) -> None:
    """A compilation goes on while anybody waits for it, and ends when the last of them is canceled."""
    compiler = Compiler(shared_engine(), "t:bomb")
    compiler.get(bomb())
    first, second = compiler.request(), compiler.request()
    first.leave()
    assert first.wait(0) and first.problem is not None and first.problem.kind == "Canceled"
    assert jobs.statistics().pending == 1 and not second.wait(0)
    second.leave()
    assert jobs.statistics().pending == 0
    assert first.goes_on is False


def test_what_is_canceled_can_be_asked_for_again(started: list[Process]) -> None:
    """Cancellation is not remembered."""
    data = slow()
    compiler = Compiler(shared_engine(), "t:slow")
    compiler.get(data)
    compiler.request().leave()
    assert compiled(data, shared_engine(), "t:slow") is not None


def test_what_takes_too_long_is_remembered(started: list[Process], monkeypatch: pytest.MonkeyPatch) -> None:
    """Code that came to a bound is refused from then on, without another try; what could not be compiled with it too."""
    monkeypatch.setattr(Noted, "bound", 0.5)
    first, second = bomb(), slow()
    compiler = Compiler(shared_engine(), "t:bomb")
    assert (compiler.get(first), compiler.get(second)) == (None, None)
    request = compiler.request()
    assert request.wait(120)
    assert request.problem is not None and "longer than the 0.5 s" in request.problem.sentence
    for data in (first, second):
        with pytest.raises(CodeProblem, match="longer than"):
            Compiler(shared_engine(), "t:again").get(data)
    # A request made of what was found missing before.
    late = Request(compiler.missing, "t:bomb")
    assert late.wait(0) and late.problem is request.problem
    assert len(started) == 1


def test_invalid_code_is_remembered_by_itself(started: list[Process], monkeypatch: pytest.MonkeyPatch) -> None:
    """Of several codes the invalid one is refused, and those before it are there."""
    good, bad = slow(), fresh(module([body([], b"\x6a")]))
    monkeypatch.setattr(jobs, "IN_PLACE", 0.0)
    compiler = Compiler(shared_engine(), "t:bad")
    assert (compiler.get(good), compiler.get(bad)) == (None, None)
    request = compiler.request()
    assert request.wait(120)
    assert request.problem is not None and request.problem.invalid
    assert Compiler(shared_engine(), "t:good").get(good) is not None
    with pytest.raises(CodeProblem):
        Compiler(shared_engine(), "t:bad").get(bad)


def test_as_many_run_as_there_are_cores(started: list[Process], monkeypatch: pytest.MonkeyPatch) -> None:
    """Further compilations wait in order until one has ended."""
    monkeypatch.setattr(jobs.os, "sched_getaffinity", lambda _: {0})
    requests = []
    for _ in range(3):
        compiler = Compiler(shared_engine(), "t:bomb")
        compiler.get(bomb())
        requests.append(compiler.request())
    pending, queued = jobs.statistics()
    assert pending == 3 and queued >= 2
    assert len(under_way()) == 3
    for request in reversed(requests):
        request.leave()
    assert jobs.statistics() == (0, 0)


def test_only_so_much_is_kept_that_nobody_has() -> None:
    """Of guests that are built again and again the last are kept; what is used elsewhere is the same for whoever asks again."""
    engine = shared_engine()
    small = module([body([], b"")])
    with jobs.apart(Store(None)):
        used = fresh(small)
        held = compiled(used, engine, "t:f")
        made = [weakref.ref(compiled(fresh(small), engine, "t:f")) for _ in range(jobs.MOST_KEPT + 10)]
        gc.collect()
        assert [each() is not None for each in made] == [False] * 10 + [True] * jobs.MOST_KEPT
        assert compiled(used, engine, "t:f") is held
        # It was asked for again, so it is the last to go.
        again = weakref.ref(held)
        del held
        for _ in range(jobs.MOST_KEPT - 1):
            compiled(fresh(small), engine, "t:f")
        gc.collect()
        assert again() is not None
        compiled(fresh(small), engine, "t:f")
        gc.collect()
        assert again() is None
