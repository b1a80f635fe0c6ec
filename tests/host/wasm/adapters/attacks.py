"""Random values, and values made wrong, through random adapters: what arrives is what an independent reader reads, or both trap.

    python -m tests.host.wasm.adapters.attacks NUMBER [SEED]

makes at least NUMBER calls with bytes that are made wrong and prints how they ended.
"""

from __future__ import annotations

import sys
from collections import Counter
from random import Random
from typing import Any

from wasmtime import Trap as Trapped
from wasmtime import WasmtimeError

from moonwit.host.wasm.wit import types as wit
from tests.host.wasm.adapters import oracle
from tests.host.wasm.adapters.edge import Edge, function, options
from tests.host.wasm.adapters.values import a_type, a_value

ENCODINGS = "utf8", "utf16", "latin1+utf16"


def an_edge(rng: Random, params: list[wit.Type], result: wit.Type | None) -> Edge:
    caller, callee = (options(rng.choice(ENCODINGS), rng.random() < 0.3, rng.random() < 0.5) for _ in range(2))
    return Edge(function(params, result), options(caller.encoding, caller.memory64), callee)


def round_trips(rng: Random, calls: int) -> None:
    """Sends values of one random type there and back, and compares what arrives."""
    found = [a_type(rng) for _ in range(rng.choice([1, 1, 2, 5]))]
    there, back = an_edge(rng, found, None), an_edge(rng, [], found[0])
    for _ in range(calls):
        values = [a_value(rng, type) for type in found]
        assert there.send(values) == values, (found, there.caller.options, there.callee.options)
        assert back.answer(values[0]) == values[0], (found[0], back.caller.options, back.callee.options)
        for side in (there.caller, there.callee, back.caller, back.callee):
            assert side.get("flags") == 1
            side.set("next", 16)


def attack(edge: Edge, rng: Random, count: Counter[str], times: int) -> None:
    """Makes the bytes of a value wrong, each time in another way, and compares how the adapter and the oracle take them."""
    whole = edge.caller.view()
    right = [value for _, value in oracle.lower_all(whole, edge.params, 16, [a_value(rng, type) for type in edge.params])]
    for _ in range(times):
        guest = oracle.Guest(bytearray(whole.data), whole.width, whole.encoding)
        arguments = list(right)
        for _ in range(rng.choice([1, 1, 2, 8])):
            if rng.random() < 0.4:
                at = rng.randrange(len(arguments))
                arguments[at] = wrong(rng, arguments[at])
            else:
                at = rng.randrange(16, max(whole.next, 17))
                guest.data[at] = rng.choice([0, 1, 0xFF, 0x80, 0xD8, rng.getrandbits(8), guest.data[at] ^ 1 << rng.randrange(8)])
        edge.caller.write(guest)
        arguments = [value % (1 << int(letter[1:])) for letter, value in zip(edge.lowered, arguments, strict=True)]
        expected = outcome(lambda guest=guest, arguments=arguments: oracle.lift_all(guest, edge.params, 16, arguments))
        got = outcome(lambda arguments=arguments: arrived(edge, arguments))
        kind = "huge" if "huge" in (expected, got) else "trap" if got == "trap" else "value"
        count[kind] += 1
        assert kind == "huge" or expected == got, (edge.params, edge.caller.options, edge.callee.options, arguments, expected, got)
        for side in (edge.caller, edge.callee):
            side.set("flags", 1)
            side.set("next", 16)


def wrong(rng: Random, value: int) -> int:
    near = [value + 1, value - 1, value ^ 1 << rng.randrange(64), value + 2**28]
    return rng.choice([0, 1, 0xD800, 0x110000, 2**31, 2**32 - 1, 65536, *near])


def outcome(call: Any) -> Any:
    try:
        return call()
    except oracle.Trap:
        return "trap"
    except oracle.Huge:
        return "huge"


def arrived(edge: Edge, arguments: list[int]) -> Any:
    try:
        edge.call(arguments)
    except Trapped as trap:
        # The callee's memory is full.
        return "huge" if not (trap.frames[0].func_name or "").startswith("caller_") else "trap"
    except WasmtimeError as error:
        raise AssertionError(f"expected a trap, got {error}") from error
    view = edge.callee.view()
    return oracle.lift_all(view, edge.params, 16, edge.callee.got())


def main() -> None:
    number, seed = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    count: Counter[str] = Counter()
    while count.total() < number:
        rng = Random(f"{seed}.{count.total()}")
        edge = an_edge(rng, [a_type(rng) for _ in range(rng.choice([1, 2, 4]))], None)
        for _ in range(40):
            attack(edge, rng, count, 5)
    print(dict(count))


if __name__ == "__main__":
    main()
