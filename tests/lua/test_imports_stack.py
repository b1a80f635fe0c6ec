"""Libraries that answer imports begin on the stack of their guest: what they do there must not need more of it than there is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import moonwit
from tests.projects import write
from tests.texts import texts

_, wat = texts(__file__)

GUEST = wat("guest")

# Each recurses without end, by way of C where that calls Lua back.
RECURSIONS = {
    "a function": "local function f(n) return 1 + f(n + 1) end ways[1] = f",
    "gsub": "local function f(s) return (s:gsub('.', f)) end ways[1] = function() return f('abc') end",
    "gmatch": "local function f() for _ in ('abc'):gmatch('.') do f() end end ways[1] = f",
    "format": "local t = setmetatable({}, {}) getmetatable(t).__tostring = function(s) return ('%s'):format(s) end "
        "ways[1] = function() return tostring(t) end",
    "load": "local function f() return load(function() return f() end) end ways[1] = f",
    "pcall": "local function f(n) return pcall(f, n + 1) end ways[1] = f",
    "xpcall": "local function f(n) return xpcall(f, function() return f(n + 1) end, n + 1) end ways[1] = f",
    "coroutines": "local function f(n) return coroutine.wrap(f)(n + 1) end ways[1] = f",
    "__index": "local t = setmetatable({}, {}) getmetatable(t).__index = function(t, k) return t[k + 1] end "
        "ways[1] = function() return t[1] end",
    "sort": "local t = setmetatable({}, {}) getmetatable(t).__lt = function(a, b) table.sort({a, b, a}) return true end "
        "ways[1] = function() return t < t end",
}  # fmt: skip


def project(folder: Path, source: str, modules: str = "", limits: str = "") -> moonwit.Project:
    (folder / "guest.wat").write_text(GUEST)
    (folder / "lib.lua").write_text(source)
    write(
        folder,
        f"""
  - {{name: rec, kind: function.wat, source: file://guest.wat, method: rec, imports: ["t:t/host": lib]{limits}}}
  - {{name: lib, kind: library.lua, modules: [{modules}], source: file://lib.lua}}
""",
    )
    return moonwit.open(folder)


@pytest.mark.parametrize("way", RECURSIONS.values(), ids=RECURSIONS)
def test_a_recursion_without_end_at_the_end_of_a_guests_stack(tmp_path: Path, way: str) -> None:
    """The guest has used nearly all of the largest stack that it may have; the recursion ends with an error, and the lane goes on."""
    source = f"local ways = {{}} {way}\nreturn {{u = function(n) if n == 0 then return 0 end pcall(ways[1], 0) return n end}}"
    with project(tmp_path, source, limits=", limits: {max_stack_bytes: 1048576}") as opened:
        low, high = 1000, 200_000
        while high - low > 20:
            middle = (low + high) // 2
            try:
                opened.call("t:rec", middle, 0)
                low = middle
            except moonwit.CallError:
                high = middle
        assert opened.call("t:rec", low, 7) == 7


WAYS = {
    "plain": "return digest(n)",
    "gsub": "return tonumber((('%d'):format(n):gsub('%d+', function() return digest(n) end)))",
    "sort": "local d = 0 table.sort({1, 2}, function() d = digest(n) return false end) return d",
    "pcall": "return select(2, pcall(digest, n))",
    "coroutine": "return coroutine.wrap(function() return digest(n) end)()",
    "__index": "return setmetatable({}, {__index = function() return digest(n) end}).x",
    "__concat": "return setmetatable({}, {__concat = function() return digest(n) end}) .. ''",
    "iterator": "for d in function() return digest(n) end do return d end",
    "xpcall": "return select(2, xpcall(digest, function() end, n))",
}


@pytest.fixture
def expected() -> Iterator[int]:
    import hashlib

    yield int(hashlib.sha512(b"5").hexdigest()[:6], 16)


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_python_is_reached_from_wherever_code_may_wait(tmp_path: Path, expected: int, way: str) -> None:
    """In callbacks, metamethods, coroutines and protected calls the library leaves the guest's stack and goes on."""
    source = f"local function digest(n) return tonumber(hash.sha512(tostring(n)):sub(1, 6), 16) end\nreturn {{u = function(n) {way} end}}"
    with project(tmp_path, source, "hash") as opened:
        assert opened.call("t:rec", 10, 5) == expected


def test_an_error_handler_can_not_leave_the_guests_stack(tmp_path: Path) -> None:
    """What is asked of Python in a handler is an error there, and the call ends as it would without."""
    source = "return {u = function(n) local _, e = xpcall(error, function() return hash.sha512('a') end) return #tostring(e) end}"
    with project(tmp_path, source, "hash") as opened:
        assert opened.call("t:rec", 10, 5) > 20
        assert opened.call("t:rec", 10, 6) > 20
