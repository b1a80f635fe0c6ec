"""Has calls with a limit of 50 ms end in every way that they can spend their time, many times, and looks what is left over.

Run: python tests/soak/limits.py [TIMES]    (1000 if left out, some minutes; exits 1 when something is wrong)
"""

from __future__ import annotations

import importlib.util
import os
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import moonwit
from moonwit.host.engine import engine

_SPEC = importlib.util.spec_from_file_location("soak", Path(__file__).with_name("soak.py"))
assert _SPEC is not None and _SPEC.loader is not None
_soak: Any = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_soak)
entry, wait_for_threads = _soak.entry, _soak.wait_for_threads

LIMIT = 50
NAP = "      return function(duration) time.sleep(duration) end"
WAITING = {**_soak.WAITING, "limits": f"{{max_execution_ms: {LIMIT}}}"}
OTHER = {"limits": f"{{max_execution_ms: {LIMIT}}}"}
INDEX = 'version: "1.0"\nnamespace: t\nentries:\n' + "\n".join(
    [
        entry("spin", "function.wat", _soak.SPIN, method="spin", **OTHER),
        entry("spin_far", "function.wat", _soak.SPIN, method="spin", pool="{type: static, workers: 1}", **OTHER),
        entry("sleep", "function.wat", _soak.SLEEPER, **WAITING),
        entry("nap", "function.lua", NAP, modules="[time]", **OTHER),
        entry("nap_far", "function.lua", NAP, modules="[time]", pool="{type: static, workers: 2}", **OTHER),
        entry("queue", "function.lua", NAP, modules="[time]", pool="{type: static, workers: 1}", **OTHER),
    ]
)

# What can wait does so at once; a guest that computes here holds the lane, so it has a turn of its own.
SCRIPT = """
local times, report = tonumber((...)), {}
local function measure(name, id, ...)
  local began = time.now()
  local value, err = funcs.call(id, ...)
  local spent = time.since(began):microseconds() / 1000
  assert(value == nil and err and err:kind() == "Timeout", name .. ": " .. tostring(err))
  print(name, spent)
end
-- First calls compile what they need; that of a guest that computes is made here, and then again elsewhere.
funcs.call("t:spin_far", 1)
for _, id in ipairs{"t:sleep", "t:nap", "t:nap_far", "t:queue"} do funcs.call(id, 0) end
for _ = 1, times do
  measure("busy", "t:spin", 1)
  measure("busy far", "t:spin_far", 1)
  local left = channel.new(6)
  local function beside(...)
    local given = {...}
    coroutine.spawn(function() measure(unpack(given)) left:send(true) end)
  end
  beside("sleep", "t:sleep", 10000)
  beside("Lua", "t:nap", "10s")
  beside("Lua far", "t:nap_far", "10s")
  for _ = 1, 3 do beside("queue", "t:queue", "10s") end
  for _ = 1, 6 do left:receive() end
end
"""


def measure(times: int) -> dict[str, Any]:
    """Gives for each way the milliseconds of each call, and memory (KiB) and threads, before and after."""
    engine.start_ticker()
    threads = threading.active_count()
    spent: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "_index.yaml").write_text(INDEX)
        with moonwit.open(folder) as project:
            samples = _soak.Samples(times / 5)
            try:
                printed = _printed(project, SCRIPT, [str(times)])
            finally:
                samples.stop()
    for line in printed.splitlines():
        name, milliseconds = line.split("\t")
        spent.setdefault(name, []).append(float(milliseconds))
    return {"spent": spent, "samples": samples.taken, "threads": threads}


def _printed(project: moonwit.Project, script: str, arguments: list[str]) -> str:
    """Runs a script and gives what it prints, which goes to the process's own standard output."""
    sys.stdout.flush()
    own = os.dup(1)
    with tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), 1)
        try:
            project.run_script(script, arguments=arguments)
        finally:
            os.dup2(own, 1)
            os.close(own)
        file.seek(0)
        return file.read().decode()


def main() -> int:
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    result = measure(times)
    wrong = 0
    for name, spent in result["spent"].items():
        late = sum(each > 2 * LIMIT for each in spent)
        wrong += late + sum(each < LIMIT for each in spent)
        middle = sorted(spent)[len(spent) // 2]
        print(f"{name:20} {len(spent):5} times, {min(spent):.1f} to {max(spent):.1f} ms, half below {middle:.1f}; {late} above {2 * LIMIT}")
    grown, left = _soak.growth(result["samples"]), wait_for_threads(result["threads"])
    print(f"memory: {grown:+.1%}; threads: {result['threads']} before, {left} after")
    return 1 if wrong or grown > 0.1 or left > result["threads"] else 0


if __name__ == "__main__":
    sys.exit(main())
