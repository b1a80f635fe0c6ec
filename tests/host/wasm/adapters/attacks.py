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
from tests.host.wasm.adapters.edge import Edge, bits, function, options
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
    """Makes the bytes of parameters wrong, each time in another way, and compares how the adapter and the oracle take them."""
    whole = edge.caller.view()
    right = [value for _, value in oracle.lower_all(whole, edge.params, 16, [a_value(rng, type) for type in edge.params])]
    for _ in range(times):
        guest, arguments = broken(rng, whole, edge.lowered, right)
        edge.caller.write(guest)
        expected = outcome(lambda guest=guest, arguments=arguments: oracle.lift_all(guest, edge.params, 16, arguments))
        got = outcome(lambda arguments=arguments: arrived(edge, arguments))
        compare(edge, expected, got, count)


def attack_back(edge: Edge, rng: Random, count: Counter[str], times: int) -> None:
    """The same for the result of a function without parameters."""
    whole = edge.callee.view()
    right = [value for _, value in oracle.lower_all(whole, edge.result, 1, [a_value(rng, edge.result[0])])]
    for _ in range(times):
        guest, returned = broken(rng, whole, edge.callee.results, right)
        edge.callee.write(guest)
        edge.callee.give(list(zip(edge.callee.results, returned, strict=True)))
        expected = outcome(lambda guest=guest, returned=returned: oracle.lift_all(guest, edge.result, 1, returned))
        compare(edge, expected, outcome(lambda: came_back(edge)), count)


def broken(rng: Random, whole: oracle.Guest, letters: list[str], right: list[int]) -> tuple[oracle.Guest, list[int]]:
    """Makes a copy of a guest's memory and of core values, and some bytes or values of it wrong."""
    guest, values = oracle.Guest(bytearray(whole.data), whole.width, whole.encoding, whole.next), list(right)
    for _ in range(rng.choice([1, 1, 2, 8])):
        if rng.random() < 0.4:
            at = rng.randrange(len(values))
            values[at] = wrong(rng, values[at])
        else:
            at = rng.randrange(16, max(whole.next, 17))
            guest.data[at] = rng.choice([0, 1, 0xFF, 0x80, 0xD8, rng.getrandbits(8), guest.data[at] ^ 1 << rng.randrange(8)])
    return guest, [value % (1 << int(letter[1:])) for letter, value in zip(letters, values, strict=True)]


def compare(edge: Edge, expected: Any, got: Any, count: Counter[str]) -> None:
    """Compares how the oracle and the adapter have taken values, and makes the edge as new."""
    kind = "huge" if "huge" in (expected, got) else "trap" if got == "trap" else "value"
    count[kind] += 1
    assert kind == "huge" or expected == got, (edge.function, edge.caller.options, edge.callee.options, expected, got)
    for side in (edge.caller, edge.callee):
        side.set("flags", 1)
        side.set("next", 16)


def forge(edge: Edge, rng: Random, count: Counter[str], times: int) -> None:
    """Has realloc return any address, of the side that takes values; the adapter traps, or the guest harms its own memory only."""
    for _ in range(times):
        side = edge.caller if edge.result else edge.callee
        side.set("forged", rng.choice([0, 8, 16, 65528, 65536, 2**31, 2**32 - 8, rng.getrandbits(17), rng.getrandbits(63)]))
        side.set("wait", rng.choice([0, 0, 1, 2, 5]))
        before = bytes((edge.callee if edge.result else edge.caller).view().data)
        try:
            if edge.result:
                edge.answer(a_value(rng, edge.result[0]))
            else:
                edge.send([a_value(rng, type) for type in edge.params])
        except (Trapped, oracle.Trap, oracle.Huge):
            count["forged"] += 1
        assert len((edge.callee if edge.result else edge.caller).view().data) == len(before)
        for each in (edge.caller, edge.callee):
            each.set("forged", -1)
            each.set("flags", 1)
            each.set("next", 16)


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
    if not called(edge, arguments, "caller_")[0]:
        return "trap"
    return oracle.lift_all(edge.callee.view(), edge.params, 16, edge.callee.got())


def came_back(edge: Edge) -> Any:
    guest = edge.caller.view()
    area = edge.area(guest)
    edge.caller.write(guest)
    fine, returned = called(edge, area, "callee_")
    if not fine:
        return "trap"
    letters = edge.core(edge.caller.options, edge.result, 1)
    return oracle.lift_all(edge.caller.view(), edge.result, 1, area or [bits(letters[0], returned)])


def called(edge: Edge, arguments: list[int], blamed: str) -> tuple[bool, Any]:
    """Calls the adapter; tells whether it did not trap on behalf of the side that gives values, and what it has returned."""
    try:
        return True, edge.call(arguments)
    except Trapped as trap:
        # Else the memory of the side that takes values is full.
        if not (trap.frames[0].func_name or "").startswith(blamed):
            raise oracle.Huge from trap
        return False, None
    except WasmtimeError as error:
        raise AssertionError(f"expected a trap, got {error}") from error


def main() -> None:
    number, seed = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    count: Counter[str] = Counter()
    while count.total() < number:
        rng = Random(f"{seed}.{count.total()}")
        there = an_edge(rng, [a_type(rng) for _ in range(rng.choice([1, 2, 4]))], None)
        back = an_edge(rng, [], a_type(rng))
        for _ in range(20):
            attack(there, rng, count, 5)
            attack_back(back, rng, count, 5)
        forge(there, rng, count, 20)
        forge(back, rng, count, 20)
    print(dict(count))


if __name__ == "__main__":
    main()
