"""Has many guests sleep at once in one lane, and shows how long it takes and what each of them costs.

Run: python tests/bench/sleepers.py [COUNT]    (10,000 if left out)

The guest is the one of examples/sleep, compiled from C. It is run twice: with instances that are made for it, and with those that are
there then. "more" is what the run took beyond the second that all of them sleep.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path

import moonwit

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "sleep"
SCRIPT = """
local funcs = require("funcs")
local futures = {}
for i = 1, tonumber(arg[1]) do futures[i] = funcs.async("demo:sleep_ms", 1000) end
for i = 1, #futures do
  local slept, err = futures[i]:await()
  assert(slept and slept >= 1000, err)
end
"""


def resident() -> int:
    """Gives the process's resident memory in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def main(count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(EXAMPLE, folder, dirs_exist_ok=True)
        index = Path(folder) / "_index.yaml"
        index.write_text(index.read_text().replace("type: inline", f"type: lazy\n      max_size: {count}"))
        with moonwit.open(folder) as project:
            assert project.registry is not None and not project.registry.errors
            project.call("demo:sleep_ms", 0)
            threads, before = threading.active_count(), resident()
            for which in ("new instances", "used instances"):
                start = time.perf_counter()
                project.run_script(SCRIPT, arguments=[str(count)])
                took = time.perf_counter() - start
                each = (resident() - before) / count / 1024
                more = (took - 1) / count * 1e6
                print(f"{count} guests asleep for 1 s, {which}: {took:.2f} s, {more:.0f} us more each, {each:.0f} KiB each")
            print(f"threads beyond those before: {threading.active_count() - threads}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
