"""Run as a program: hot loops over guests whose imports libraries answer, compiled by LuaJIT as eagerly as it can be made to.

python -m tests.abi.jitted_imports FOLDER CALLS OPTION...
"""

from __future__ import annotations

import sys
from pathlib import Path

from moonwit.host.wasm.wit.types import Field, List, Primitive, Record, Result
from moonwit.lua.values import buffer
from tests.abi.conftest import State
from tests.abi.imported import INTERFACE, Relay
from tests.abi.jitted import PLAIN
from tests.texts import texts

lua, _ = texts(__file__)

U32, STRING, DOUBLE = Primitive("u32"), Primitive("string"), Primitive("f64")
USER = Record((Field("name", STRING), Field("score", DOUBLE)))
NAMES = {"u": [U32], "uu": [U32, U32], "s": [STRING], "r": [Result(U32, STRING)], "l": [List(USER)], "d": [DOUBLE]}
NAMES |= {"w": [U32], "c": [U32], "f": [U32]}

LIBRARY = lua("library")

SCRIPT = lua("script")


def main() -> None:
    folder, calls, relay = Path(sys.argv[1]), int(sys.argv[2]), Relay()
    entries = ["name: mul, kind: function.wat, source: file://plain.wat, method: mul"]
    entries.append("name: lib, kind: library.lua, modules: [time, funcs], source: file://lib.lua")
    for name, types in NAMES.items():
        relay.add(name, types)
        entries.append(f"name: {name}, kind: function.wat, source: file://guest.wat, method: {name}, imports: [{{'{INTERFACE}': lib}}]")
    state = State(folder, entries, {"guest.wat": relay.text, "plain.wat": PLAIN, "lib.lua": LIBRARY})
    state.boot[b"test_clock"]()
    for option in sys.argv[3:]:
        state.run(f"require('jit.opt').start('{option}')")
    answer = state.boot[b"run"](SCRIPT.encode(), b"@s.lua", buffer.encode([str(calls)]))
    if answer is not None:
        print("failed:", buffer.decode(answer[0]).message)
    state.close()


if __name__ == "__main__":
    main()
