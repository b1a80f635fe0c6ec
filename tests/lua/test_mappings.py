"""Where the memory mappings of the process run out, new guests are refused, and all others finish."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.abi.test_composed import TEXTS
from tests.lua.conftest import Lane

ROOT = Path(__file__).resolve().parents[2]

# Takes mappings until room for about hundred guests is left, and has more of them sleep.
PROGRAM = """
import mmap, shutil, sys
from pathlib import Path
import moonwit

folder = Path(sys.argv[1])
shutil.copytree(Path(sys.argv[2]) / "examples" / "sleep", folder)
with moonwit.open(folder) as project:
    project.call("demo:sleep_ms", 0)
    limit = int(Path("/proc/sys/vm/max_map_count").read_text())
    held, used = [], len(Path("/proc/self/maps").read_bytes().splitlines())
    # Neighbours with different protections are not joined.
    for number in range(limit - 2000 - 6 * 300 - used):
        held.append(mmap.mmap(-1, 4096, prot=mmap.PROT_READ | (mmap.PROT_WRITE if number % 2 else 0)))
    project.run_script('''
        local funcs = require("funcs")
        local futures, slept, refused = {}, 0, 0
        for i = 1, 1500 do futures[i] = funcs.async("demo:sleep_ms", 300) end
        for i = 1, #futures do
          local value, err = futures[i]:await()
          if value then slept = slept + 1 else
            refused = refused + 1
            assert(err:kind() == "Unavailable" and err:retryable(), err)
            assert(err:message():find("sleep-ms: no more guests can wait at once in this process, which may have", 1, true), err)
          end
        end
        print(slept >= 200, refused >= 200, slept + refused)
        local value = assert(funcs.call("demo:sleep_ms", 1))
    ''')
"""


def test_new_guests_are_refused_before_mappings_run_out(tmp_path: Path) -> None:
    """Of 1500 guests about hundred have room: they finish, the others get a sentence, and when they are done there is room again."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "project"), str(ROOT)], capture_output=True, encoding="utf-8", timeout=120
    )
    assert (done.stdout, done.stderr, done.returncode) == ("true\ttrue\t1500\n", "", 0)


def test_an_instance_of_several_components_is_counted_as_more(lane: Callable[..., Lane]) -> None:
    """Each core instance of a composed guest may have a memory, and an instance of it is refused where there is no room for all."""
    guest = lane({"one": "method: one, imports: [wasi:clocks]"}, TEXTS)
    guest("assert(funcs.call('t:one') == 4065)")
    plan = "for instance in pairs(require('lua.guest.instance').all) do return instance.plan.{0} end"
    steps = int(guest.state.run(plan.format("more_mappings"))) // 2
    assert steps == int(guest.state.run("for instance in pairs(require('lua.guest.instance').all) do return #instance.plan.steps end")) > 5
    left = "local m = require('lua.wasmtime.mappings') return m.take(false, {0}) and 1 or 0"
    assert [int(guest.state.run(left.format(more))) for more in (0, 10 * steps, 10**6)] == [1, 1, 0]
