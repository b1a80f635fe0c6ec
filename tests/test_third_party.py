"""Components as others build them: large types, odd names, several that call each other; on both call paths, from every pool."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

import moonwit

GUESTS = Path(__file__).parent / "guests" / "thirdparty"
ENGINES = ("direct", "compatible")
POOLS = ("{type: inline}", "{type: lazy}", "{type: static, size: 2}", "{type: adaptive}", "{type: lazy, reuse: false}")
METHODS = {
    "wide": "kinds#echo-wide",
    "kinds": "acme:wide/kinds@1.4.2#echo-kinds",
    "fifty": "acme:wide/kinds#fifty",
    "move": "kinds@1.4.2#move_to",
    "next": "kinds#next-ID",
    "count": "kinds#GET_count",
    "old": "stable#old",
    "newer": "acme:wide/stable@1.0.0#newer",
    "ping": "ping",
    "deep": "nest:deep/a#f",
    "other": "nest:other/a@0.1.0#f",
    "only": "a#only_deep",
}
# As Lua: the values are tables whose numbers are not bytes.
VALUES = """
local VALUES = { function(i) return i end, function(i) return "s" .. i end, function(i) return i % 3 == 0 and i or nil end,
  function(i) return i / 7 end, function() return true end, function() return "é" end, function(i) return { i, i + 1 } end,
  function(i) return -i * 2^40 end }
local function value(i) return VALUES[i % 8 + 1](i) end
local function same(a, b)
  if type(a) ~= "table" or type(b) ~= "table" then return a == b end
  for k, v in pairs(a) do if not same(v, b[k]) then return false end end
  for k in pairs(b) do if a[k] == nil then return false end end
  return true
end
local function call(name, ...)
  local v, err = funcs.call("t:" .. name, ...)
  if err then error(err, 2) end
  return v
end
"""
Run = Callable[[str], None]


def entry(name: str, guest: str, method: str, more: str = "") -> str:
    """An entry for a function of a guest."""
    path = f"{guest}/{guest}.wasm"
    digest = sha256((GUESTS / path).read_bytes()).hexdigest()
    return f'  - {{name: {name}, kind: function.wasm, fs: g, path: {path}, hash: "sha256:{digest}", method: "{method}"{more}}}\n'


def opened(folder: Path, entries: str) -> moonwit.Project:
    (folder / "_index.yaml").write_text(f"namespace: t\nentries:\n  - {{name: g, kind: fs.directory, directory: {GUESTS}}}\n{entries}")
    project = moonwit.open(folder)
    assert not project.registry.problems
    return project


@pytest.fixture(params=ENGINES)
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Run]:
    """Runs a script in a project with the functions of the guest `wide` under the names in METHODS."""
    more = f", engine: {request.param}"
    with opened(tmp_path, "".join(entry(name, "wide", method, more) for name, method in METHODS.items())) as project:
        yield lambda script: project.run_script(VALUES + script)


def test_names_in_capitals_versions_and_equal_last_names(run: Run) -> None:
    """Interfaces and functions are found whatever their authors call them."""
    run("""
    assert(call("next", 2^53 - 2) == 2^53 - 1 and call("next", 2^53) == 9007199254740993ULL)
    assert(call("count", "http://x") == 8)
    assert(call("old") == 1 and call("newer") == 0 and call("newer", 5) == 5 and call("ping") == 7)
    assert(call("deep") == 10 and call("other") == 20 and call("only") == 11)""")


def test_a_record_with_200_fields(run: Run) -> None:
    """All fields go there and back; each is checked, and a mistake names its field."""
    run("""
    local wide = {}
    for i = 0, 199 do wide["w" .. i] = value(i) end
    assert(same(call("wide", wide), wide))
    for i = 0, 199 do
      local name = "w" .. i
      local right = wide[name]
      for _, wrong in ipairs { print, {a = 1}, {{}}, i % 8 == 1 and 5 or "no number" } do
        if not (i % 8 == 1 and type(wrong) == "string") then
          wide[name] = wrong
          local v, err = funcs.call("t:wide", wide)
          assert(v == nil and err:kind() == errors.INVALID and err:message():find(name, 1, true), name .. " " .. tostring(err))
        end
      end
      wide[name] = right
    end
    assert(same(call("wide", wide), wide))""")


def test_large_variants_enums_and_deep_types(run: Run) -> None:
    """300 cases, 32 flags and 30 levels go there and back."""
    run("""
    local deep = { 1, 2 }   -- list, option, tuple, result, list, ...
    for level = 1, 29 do
      if level % 4 == 3 then deep = { ok = deep } elseif level % 4 ~= 1 then deep = { deep } end
    end
    deep = wit.some(deep)
    local pad = {}
    for i = 1, 17 do pad[i] = i end
    local payloads = { [0] = 7, "text", 1.5, 2^40, { 3, "x" }, "bytes" }
    for i = 0, 299, 7 do
      local case = "c" .. i
      local value = i % 3 == 0 and case or { [case] = payloads[i % 6] }
      local back = call("kinds", value, "e" .. i, { "b0", "b31" }, deep, pad)
      assert(same(back[1], value), case)
      assert(back[2] == "e" .. i and same(back[3], { b0 = true, b31 = true }) and back[5][17] == 17)
      assert(type(back[4][1].ok[1][1].ok) == "table")
    end
    local v, err = funcs.call("t:kinds", "c300", "e0", {}, nil, pad)
    assert(err:kind() == errors.INVALID and err:message():find("parameter 1 (m: many): unknown case", 1, true), err:message())""")


def test_fifty_parameters(run: Run) -> None:
    """Parameters beyond what is passed flat arrive in order, and arity counts them all."""
    run("""
    local list = {}
    for i = 0, 49 do list[i + 1] = value(i) end
    local back = call("fifty", unpack(list, 1, 50))
    for i = 0, 49 do assert(same(back[i + 1] ~= wit.none and back[i + 1] or nil, list[i + 1]), i) end
    list[48] = "x"
    local v, err = funcs.call("t:fifty", unpack(list, 1, 50))
    assert(err:message() == 'fifty: parameter 48 (p47: s64): expected an integer, got "x"', err:message())
    v, err = funcs.call("t:fifty", 1)
    assert(err:message():find("got nil; the function takes 50 arguments", 1, true), err:message())""")


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("pool", POOLS)
def test_every_pool_gives_the_same(engine: str, pool: str, tmp_path: Path) -> None:
    """Results do not depend on the pool."""
    more = f", engine: {engine}, pool: {pool}"
    with opened(tmp_path, entry("move", "wide", METHODS["move"], more)) as project:
        arguments: list[Any] = [{"x": 1, "y": -2}, "ü", 2**64 - 1, list(range(17))]
        for _ in range(3):
            assert project.call("t:move", *arguments) == arguments


@pytest.mark.parametrize("wit", ["old: func() -> u32;", "interface stable { old: func() -> u32; }"])
def test_the_wit_of_an_interface_need_not_name_it(tmp_path: Path, wit: str) -> None:
    """Signatures are compared with the interface of the method, and one that differs is refused."""
    right, wrong = (f', wit: "{text}"' for text in (wit, wit.replace("u32", "u64")))
    with opened(tmp_path, entry("right", "wide", "stable#old", right) + entry("wrong", "wide", "stable#old", wrong)) as project:
        assert project.call("t:right") == 1
        with pytest.raises(moonwit.CallError, match=r"but the component's is `func\(\) -> u32`"):
            project.call("t:wrong")


def test_components_that_call_each_other(tmp_path: Path) -> None:
    """What several components were composed into takes both call paths, from every pool."""
    pools = [f", pool: {pool}, engine: {engine}" for pool in POOLS for engine in ENGINES]
    with opened(tmp_path, "".join(entry(f"run{number}", "composed", "run", more) for number, more in enumerate(pools))) as project:
        for number in range(len(pools)):
            assert [project.call(f"t:run{number}", "moon") for _ in range(2)] == ["Moon", "Moon"]
