"""Imports that entries answer in every kind of lane: workers of a pool, services, and calls with a context."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import moonwit
from tests import projects
from tests.moonwit.test_imports import MATH

INDEX = """
  - name: math
    kind: library.lua
    modules: [time, ctx]
    source: |
      local time, ctx = require 'time', require 'ctx'
      return { add = function(a, b) time.sleep('1ms') return a + b + (ctx.get('more') or 0) end }
  - name: run
    kind: function.wat
    source: file://guest.wat
    method: run
    imports: [math: math, price-of: price]
    pool: {type: static, workers: 3, size: 3}
  - name: many
    kind: function.lua
    modules: [funcs, channel]
    source: |
      return function(n)
        local done, sum = channel.new(n), 0
        for i = 1, n do coroutine.spawn(function() done:send((funcs.call('app:run', i))) end) end
        for i = 1, n do sum = sum + (done:receive()) end
        return sum
      end
  - name: within
    kind: function.lua
    modules: [funcs]
    source: "return function(n) return funcs.new():with_context({more = 1000}):call('app:run', n) end"
"""


def folder(path: Path) -> Path:
    projects.write(path, INDEX, namespace="app")
    (path / "guest.wat").write_text(MATH)
    return path


def test_guests_in_other_lanes_have_their_imports_answered(tmp_path: Path) -> None:
    """Calls of a static pool run on workers, which load the library for themselves and call Python as the first lane does."""
    with moonwit.open(folder(tmp_path), functions={"app:price": lambda n: n * 10}) as project:
        assert project.call("app:many", 60) == sum((n + 1) * 10 for n in range(1, 61))
        counted = project.statistics("app:run")
        assert (counted["calls"], counted["errors"]) == (60, 0)
        assert counted["instances"]["live"] <= 3


def test_coroutine_functions_of_python_are_reached_from_workers(tmp_path: Path) -> None:
    """They run on the caller's loop, from whichever lane they are called."""
    threads = set()

    async def price(n: int) -> int:
        await asyncio.sleep(0.001)
        threads.add(threading.get_ident())
        return n * 10

    async def main() -> None:
        with moonwit.open(folder(tmp_path), functions={"app:price": price}) as project:
            assert await project.acall("app:many", 30) == sum((n + 1) * 10 for n in range(1, 31))

    asyncio.run(main())
    assert threads == {threading.get_ident()}


def test_a_library_sees_the_context_of_the_call(tmp_path: Path) -> None:
    """What `with_context` gives reaches the library by way of the guest."""
    with moonwit.open(folder(tmp_path), functions={"app:price": lambda n: n}) as project:
        assert project.call("app:run", 1) == 2
        assert project.call("app:within", 1) == 1002
