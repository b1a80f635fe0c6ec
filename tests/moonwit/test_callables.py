"""Functions of Python: called by id, from scripts and by guests, on threads and on the program's event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import moonwit
from moonwit.host.wasm.wit.show import show_function
from moonwit.lua.calls.callables import signature_of
from moonwit.projects.table import rows_of
from tests import projects
from tests.moonwit.test_imports import MATH

INDEX = """
  - {name: math, kind: library.lua, source: "return {add = function(a, b) return a + b end}"}
  - {name: run, kind: function.wat, source: file://guest.wat, method: run, imports: [math: math, price-of: price]}
  - name: late
    kind: function.wat
    source: file://guest.wat
    method: run
    imports: [math: math, price-of: slow]
    limits: {max_execution_ms: 50}
  - name: many
    kind: function.lua
    modules: [funcs, channel]
    source: |
      return function(n)
        local done, sum = channel.new(n), 0
        for i = 1, n do coroutine.spawn(function() done:send(assert(funcs.call('app:price', i))) end) end
        for i = 1, n do sum = sum + (done:receive()) end
        return sum
      end
  - {name: declared, kind: function.python}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    projects.write(tmp_path, INDEX, namespace="app")
    (tmp_path / "guest.wat").write_text(MATH)
    return tmp_path


def opened(folder: Path, price: Callable[..., Any], **more: Callable[..., Any]) -> moonwit.Project:
    functions = {"app:price": price, "app:slow": price, **{f"app:{name}": function for name, function in more.items()}}
    return moonwit.open(folder, functions=functions)


def test_a_plain_function_is_called_on_a_thread_of_its_own(folder: Path) -> None:
    """By its id, by a guest that imports it, and many at once."""
    threads = set()

    def price(n: int) -> int:
        threads.add(threading.current_thread().name)
        return n * 10

    with opened(folder, price) as project:
        assert project.call("app:price", 4) == 40
        assert project.call("app:run", 4) == 50
        assert project.call("app:many", 100) == 50500
        assert not {name for name in threads if "lane" in name or name == "MainThread"}


def test_a_coroutine_function_runs_on_the_callers_event_loop(folder: Path) -> None:
    """A thousand of them wait at once on the loop's own thread; without a loop it has one of its own."""
    threads = set()

    async def price(n: int) -> int:
        await asyncio.sleep(0.01)
        threads.add(threading.get_ident())
        return n * 10

    async def main(project: moonwit.Project) -> None:
        assert await project.acall("app:run", 4) == 50
        assert await project.acall("app:many", 1000) == 5005000
        assert threads == {threading.get_ident()}

    with opened(folder, price) as project:
        asyncio.run(main(project))
        assert project.call("app:run", 4) == 50


def test_a_blocked_event_loop_is_an_error_and_no_deadlock(folder: Path) -> None:
    """`call` where the loop runs can't wait for a coroutine function; the error says what can."""

    async def price(n: int) -> int:
        return n

    async def main(project: moonwit.Project) -> None:
        with pytest.raises(moonwit.CallError, match=r"the event loop is blocked by `project\.call`"):
            project.call("app:price", 1)
        assert await project.acall("app:price", 1) == 1

    async def all() -> None:
        with opened(folder, price) as project:
            await main(project)

    asyncio.run(all())


def test_arguments_are_checked_where_annotations_say_what_they_are(folder: Path) -> None:
    """An argument that does not fit is refused with a sentence, and bytes and text are told apart."""

    def shout(text: str, times: int = 2) -> str:
        return text.upper() * times

    def join(parts: list[bytes], last: bytes | None) -> bytes:
        return b"".join(parts) + (last or b"")

    with opened(folder, shout, join=join, free=lambda *values: list(values)) as project:
        assert project.call("app:price", "a") == "AA"
        assert project.call("app:price", "a", 3) == "AAA"
        assert project.call("app:join", ["a", "\u00e4"], None) == b"a\xc3\xa4"
        assert project.call("app:free", 1, "x", [2.5, {"k": True}], None) == [1, "x", [2.5, {"k": True}]]
        with pytest.raises(moonwit.CallError) as caught:
            project.call("app:price", 5)
        assert (caught.value.kind, str(caught.value)) == ("Invalid", "price: parameter 1 (text: string): expected a string, got 5")


def test_errors_keep_what_they_say(folder: Path) -> None:
    """A `CallError` keeps kind, message and details; another exception is Internal; a result that can't be passed on is Invalid."""

    def price(n: int) -> Any:
        if n == 1:
            raise KeyError("no such thing")
        if n == 2:
            return object()
        with moonwit.open(folder, functions={"app:price": int, "app:slow": int}) as inner:
            return inner.call("app:nothing")

    with opened(folder, price) as project:
        expected = ((1, "Internal", "'no such thing'"), (2, "Invalid", "result can't be passed on"), (3, "NotFound", "app:nothing"))
        for n, kind, message in expected:
            with pytest.raises(moonwit.CallError, match=message) as caught:
                project.call("app:price", n)
            assert caught.value.kind == kind
        with pytest.raises(moonwit.CallError, match="'no such thing'"):
            project.call("app:run", 0)


def test_a_limit_does_not_wait_for_python(folder: Path) -> None:
    """A guest whose import takes longer than its limit ends in time; a coroutine is canceled then."""
    began, canceled = threading.Event(), threading.Event()

    async def price(n: int) -> int:
        began.set()
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            canceled.set()
            raise
        return n

    async def main() -> None:
        with opened(folder, price) as project:
            # A loaded machine may spend all of the limit before Python is asked.
            while not began.is_set():
                with pytest.raises(moonwit.CallError) as caught:
                    await project.acall("app:late", 1)
                assert caught.value.kind == "Timeout"
            while not canceled.is_set():
                await asyncio.sleep(0.001)

    asyncio.run(main())


def test_functions_stand_among_the_entries(folder: Path) -> None:
    """They have signatures in lists; one that is declared and not given says so; what is not an id, or another entry's, is refused."""

    def price(item_name: str, count: int | None) -> tuple[float, bool]:
        return 1.5, True

    with opened(folder, price, free=lambda value: value) as project:
        assert project.registry is not None
        rows = {row.id: (row.kind, *row.text) for row in rows_of(project.registry.entries.values(), project.registry)}
        assert rows["app:price"] == ("function.python", "func(item-name: string, count: option<s64>) -> tuple<f64, bool>")
        assert rows["app:free"] == ("function.python", "(value)")
        assert rows["app:declared"] == ("function.python",)
        with pytest.raises(moonwit.CallError, match=r"functions=\{'app:declared'") as caught:
            project.call("app:declared")
        assert caught.value.kind == "Unavailable"
    with pytest.raises(ValueError, match="expected an id"):
        moonwit.open(folder, functions={"price": price})
    with pytest.raises(ValueError, match=r"is declared, of kind `library\.lua`"):
        moonwit.open(folder, functions={"app:math": price})
    with pytest.raises(TypeError, match="expected a callable, got int"):
        moonwit.open(folder, functions={"app:price": 5})  # type: ignore[dict-item]


@pytest.mark.parametrize(("function", "shown"), [
    (lambda: None, None),
    (len, None),
    (int, None),
])  # fmt: skip
def test_what_has_no_annotations_has_no_signature(function: Callable[..., Any], shown: None) -> None:
    """Neither have built-in functions and lambdas."""
    assert signature_of(function) is shown


def test_annotations_are_a_signature() -> None:
    """Numbers, text, bytes, lists, tuples and options."""

    def f(a: bool, b: float, c: list[list[int]], d: tuple[str, bytes], e: int | None = None) -> None: ...

    found = signature_of(f)
    assert found is not None
    assert show_function("f", found) == "f: func(a: bool, b: f64, c: list<list<s64>>, d: tuple<string, list<u8>>, e: option<s64>);"
