"""Over a million calls in one process. Run as a program; prints memory, descriptors and threads after each round as JSON."""

from __future__ import annotations

import gc
import json
import os
import tempfile
from pathlib import Path

from tests.abi.conftest import State
from tests.texts import texts

read_lua, wat = texts(__file__)

GUEST = wat("guest")
PLAIN = wat("plain")

LOOP = read_lua("loop")


def measure(instances: int, lua: float) -> dict[str, float]:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return {
        "resident": pages * os.sysconf("SC_PAGE_SIZE"),
        "lua": lua * 1024,
        "instances": instances,
        "descriptors": len(os.listdir("/proc/self/fd")),
        "threads": len(os.listdir("/proc/self/task")),
        "mappings": len(Path("/proc/self/maps").read_text().splitlines()),
    }


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        entries = []
        for file, names in (("plain", ["mul", "text", "trap"]), ("things", ["make", "consume"])):
            for name in names:
                for suffix, extra in (("", ""), ("-inline", ", pool: {type: inline}")):
                    entries.append(f"name: {name}{suffix}, kind: function.wat, source: file://{file}.wat, method: {name}{extra}")
        state = State(Path(folder), entries, {"plain.wat": PLAIN, "things.wat": GUEST})
        run = state.run(LOOP)
        rounds = [measure(*run(share)) for share in (0.1, 0.4, 0.9)]
        print(json.dumps(rounds))
        state.close()


if __name__ == "__main__":
    main()
