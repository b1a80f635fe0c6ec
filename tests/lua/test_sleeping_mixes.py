"""Random mixes of calls that sleep, compute, trap, are refused, canceled or too late: each is answered once, and rightly."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

import moonwit
from tests.lua.conftest import Lane
from tests.lua.sleepers import GRANTS, RESOURCE, SLEEPER

SLEEPERS = {
    "nap": ("nap", ""),
    "few": ("echo-after", ", pool: {type: lazy, max_size: 3}"),
    "fresh": ("echo-after", ", pool: {type: inline}"),
    "static": ("echo-after", ", pool: {type: static, size: 2}"),
    "adaptive": ("echo-after", ", pool: {type: adaptive, max_size: 5}"),
    "quick": ("nap", ", limits: {max_execution_ms: 20}"),
    "few-quick": ("echo-after", ", limits: {max_execution_ms: 20}, pool: {type: lazy, max_size: 2}"),
    "trap-after": ("trap-after", ""),
    "spin": ("spin", ""),
}
RESOURCES = {"thing": "[constructor]thing", "alone": "alone", "take": "take"}

# `wrong` has what was not as it should be; `answers` counts what came back of `asked`.
SCRIPT = """
local funcs, time = require "funcs", require "time"
local seed, coroutines, steps = SEED, COROUTINES, STEPS
math.randomseed(seed)
local random = math.random
local wrong, asked, answers, kinds = {}, 0, 0, {}
local function check(good, what, ...)
  answers = answers + 1
  if good then return end
  local texts = { what }
  for i = 1, select("#", ...) do texts[#texts + 1] = tostring((select(i, ...))) end
  wrong[#wrong + 1] = table.concat(texts, " ")
end
local function is(err, kind) kinds[kind] = (kinds[kind] or 0) + 1 return err ~= nil and err:kind() == kind end
local function echo(id)
  local text, ms = ("%d "):format(random(1e6)):rep(random(1, 200)), random(0, 30)
  local value, err = funcs.call(id, ms, text)
  check(value == text, id, value and #value, err)
end
local things = {}
local ops = {
  function() local ms = random(0, 30) local value, err = funcs.call("t:nap", ms) check(value == ms, "nap", value, err) end,
  function() echo "t:few" end,
  function() echo "t:fresh" end,
  function() echo "t:static" end,
  function() echo "t:adaptive" end,
  function() local ms = random(0, 15) local value, err = funcs.call("t:nap", ms) check(value == ms, "short", value, err) end,
  function() local value, err = funcs.call("t:quick", 5000) check(value == nil and is(err, "Timeout"), "quick", value, err) end,
  function()
    local value, err = funcs.call("t:few-quick", 1, "x")
    check(value == "x" or is(err, "Timeout"), "few-quick", value, err)
  end,
  function()
    local value, err = funcs.call("t:trap-after", random(0, 30))
    check(value == nil and is(err, "Internal"), "trap", value, err)
  end,
  function() local value, err = funcs.call("t:spin", random(1, 20000)) check(type(value) == "number", "spin", value, err) end,
  function() local value, err = funcs.call("t:few", "x", 1) check(value == nil and is(err, "Invalid"), "refused", value, err) end,
  function()
    local future = funcs.async(random(2) == 1 and "t:few" or "t:fresh", random(0, 30), "x")
    time.sleep(random(0, 20) .. "ms")
    future:cancel()
    local value, err = future:await()
    if value ~= nil then value = "x" end
    check(value == "x" or is(err, "Canceled"), "canceled", value, err)
  end,
  function()
    local value, err = funcs.new():with_options({ timeout = random(1, 20) .. "ms" }):call("t:fresh", random(0, 30), "x")
    check(value == "x" or is(err, "Timeout"), "timeout", value, err)
  end,
  function()
    local thing, err = funcs.call("t:thing", random(1000))
    check(thing ~= nil, "thing", thing, err)
    if thing then things[#things + 1] = thing end
  end,
  function()
    local thing = things[random(math.max(#things, 1))]
    if not thing then answers = answers + 1 return end
    local ok, value, err = pcall(function() return thing:nap(random(0, 3)) end)
    check(not ok or type(value) == "number" or is(err, "Invalid"), "method", ok, value, err)
  end,
  function()
    local thing = #things > 0 and table.remove(things, random(#things))
    if not thing then answers = answers + 1 return end
    local ok, problem = pcall(thing.drop, thing)
    check(ok or tostring(problem):find "in a call" or tostring(problem):find "dropped", "drop", problem)
  end,
  function()
    local thing = random(10) == 1 and things[1]
    if not thing then answers = answers + 1 return end
    local ok, value, err = pcall(function() return thing:trap(1) end)
    check(not ok or is(err, "Internal") or is(err, "Invalid"), "thing.trap", ok, value, err)
  end,
  function()
    local thing = #things > 0 and table.remove(things, random(#things))
    if not thing then answers = answers + 1 return end
    local value, err = funcs.call("t:take", thing, random(0, 3))
    check(value == nil and (err == nil or is(err, "Invalid")), "take", value, err)
  end,
  function() local ms = random(0, 3) local value, err = funcs.call("t:alone", ms) check(value == ms, "alone", value, err) end,
  function()
    local sum = 0
    for v in coroutine.wrap(function() for i = 1, 3 do coroutine.yield((funcs.call("t:nap", i))) end end) do sum = sum + v end
    check(sum == 6, "generator", sum)
  end,
}
local left = coroutines
for i = 1, coroutines do
  coroutine.spawn(function()
    for k = 1, steps do
      asked = asked + 1
      ops[random(#ops)]()
    end
    left = left - 1
  end)
end
while left > 0 do time.sleep("5ms") end
for i = 1, math.min(#wrong, 5) do print(wrong[i]) end
print(asked == answers, #wrong)
for i = 1, 20 do
  coroutine.spawn(function() funcs.call("t:fresh", 1e6, "x") end)
  coroutine.spawn(function() funcs.call("t:alone", 1e6) end)
end
time.sleep("1ms")
"""


def script(seed: int, coroutines: int, steps: int) -> str:
    return SCRIPT.replace("SEED", str(seed)).replace("COROUTINES", str(coroutines)).replace("STEPS", str(steps))


def test_mixes_under_a_test_clock(lane: Callable[..., Lane]) -> None:
    """Some thousands of calls, a hundred at a time; afterwards no more instances are left than the pools may keep."""
    seed = random.randrange(2**31)
    things = tuple(
        f"name: {name}, kind: function.wat, source: file://things.wat, method: '{method}', {GRANTS}" for name, method in RESOURCES.items()
    )
    entries = {name: f"method: {method}, {GRANTS}{more}" for name, (method, more) in SLEEPERS.items()}
    run = lane(entries, SLEEPER, more=things, files={"things.wat": RESOURCE})
    for round in range(2):
        assert run(script(seed + round, 100, 30)) == "true\t0\n", seed + round
        # Pools of up to 100 places keep what once slept at the same time.
        assert run.live() < 350


@pytest.mark.parametrize("opened", [3])
def test_mixes_with_workers_and_threads(tmp_path: Path, opened: int) -> None:
    """The same on the real clock, with pools of other lanes, several times; a project leaves no thread behind."""
    text = 'version: "1.0"\nnamespace: t\nentries:\n'
    for name, (method, more) in SLEEPERS.items():
        text += f"  - {{name: {name}, kind: function.wat, source: file://guest.wat, method: {method}, {GRANTS}{more}}}\n"
    for name, method in RESOURCES.items():
        text += f"  - {{name: {name}, kind: function.wat, source: file://things.wat, method: '{method}', {GRANTS}}}\n"
    body = "\n".join("      " + line for line in script(random.randrange(2**31), 40, 8).replace("print(", "say(").splitlines())
    text += f"""  - name: main
    kind: function.lua
    modules: [funcs, time]
    method: main
    source: |
      local function main()
      local said = {{}}
      local function say(...) said[#said + 1] = table.concat({{tostring((...)), tostring((select(2, ...)))}}, " ") end
{body}
      return table.concat(said, "; ")
      end
      return {{ main = main }}
"""
    (tmp_path / "_index.yaml").write_text(text)
    (tmp_path / "guest.wat").write_text(SLEEPER)
    (tmp_path / "things.wat").write_text(RESOURCE)
    before = threading.active_count()
    for _ in range(opened):
        with moonwit.open(tmp_path) as project:
            assert project.registry.problems == []
            assert project.call("t:main") == "true 0"
    assert threading.active_count() <= before + 1
