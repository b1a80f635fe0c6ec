"""Damages components and core modules a given number of times, and fails where the decoder does not answer in order.

    nice python tests/soak/decode_mutants.py [--count 500000] [--seed 1]

Each mutant must give a plan or one of our errors, within a second of processor time. What does not is printed with the bytes that do it.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from pathlib import Path

from wasmtime import WasmtimeError, wat2wasm

from moonwit.host.wasm.binary.core import is_component, read_core
from moonwit.host.wasm.component.component import decode
from moonwit.host.wasm.component.show import show_world
from moonwit.host.wasm.plan.core_plan import CoreProblem, plan_core
from moonwit.host.wasm.plan.planner import plan_component
from moonwit.host.wasm.problems import Malformed, Refused

TESTS = Path(__file__).parents[1]
LARGEST = 20_000      # bytes of a binary to start from
INTERESTING = (0, 1, 2, 0x3F, 0x40, 0x7F, 0x80, 0xFF)
ANSWERS = (Malformed, Refused, CoreProblem)


def seeds() -> list[bytes]:
    """The binaries to damage: those of the decoder's tests, and the small ones among the guests."""
    found = []
    for path in sorted((TESTS / "host" / "wasm").glob("*/*.wat")):
        try:
            found.append(bytes(wat2wasm(path.read_text())))
        except WasmtimeError as error:
            sys.exit(f"{path} is not valid text: {error}")
    found += [path.read_bytes() for path in sorted((TESTS / "guests").glob("**/*.wasm")) if "node_modules" not in path.parts]
    return [data for data in found if 8 < len(data) <= LARGEST]


def mutant(dice: random.Random, found: list[bytes]) -> bytes:
    """One binary with a few bytes changed, put in, taken out, repeated, or replaced by a piece of another binary."""
    data = bytearray(dice.choice(found))
    for _ in range(dice.choice((1, 1, 1, 2, 3, 8))):
        place, way = dice.randrange(8, len(data) + 1), dice.choice((0, 0, 0, 0, 1, 1, 1, 2, 3, 4, 5, 6))
        if way == 0 and place < len(data):
            data[place] ^= 1 << dice.randrange(8)
        elif way == 1 and place < len(data):
            data[place] = dice.choice(INTERESTING)
        elif way == 2:
            data[place:place] = dice.randbytes(dice.randint(1, 4))
        elif way == 3:
            del data[place : place + dice.randint(1, 8)]
        elif way == 4:
            data[place:place] = data[place : place + dice.randint(1, 64)] * dice.randint(1, 4)
        elif way == 5:
            other = dice.choice(found)
            start = dice.randrange(8, len(other))
            data[place : place + dice.randint(0, 32)] = other[start : start + dice.randint(1, 64)]
        else:
            del data[place:]
        if len(data) < 9:
            break
    return bytes(data)


def answer(data: bytes) -> str:
    """What the decoder says: the name of one of our errors, or of what it made."""
    try:
        if is_component(data):
            component = decode(data)
            plan_component(component)
            show_world(component.world)
        else:
            read_core(data)
            plan_core(data)
    except ANSWERS as error:
        return type(error).__name__
    return "plan"


def main() -> int:
    parser = argparse.ArgumentParser(description="Damage binaries and see that the decoder answers in order.")
    parser.add_argument("--count", type=int, default=500_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    dice, found, counts = random.Random(arguments.seed), seeds(), Counter[str]()
    slowest, wrong = 0.0, 0
    for number in range(arguments.count):
        data = mutant(dice, found)
        start = time.thread_time()
        try:
            counts[answer(data)] += 1
        except Exception as error:  # anything else is what this looks for
            wrong += 1
            print(f"mutant {number}: {type(error).__name__}: {error}\n  {data.hex()}", flush=True)
        spent = time.thread_time() - start
        slowest = max(slowest, spent)
        if spent > 1:
            wrong += 1
            print(f"mutant {number} took {spent:.1f} s\n  {data.hex()}", flush=True)
    answers = ", ".join(f"{number} {name}" for name, number in counts.most_common())
    print(f"{arguments.count} mutants of {len(found)} binaries: {answers}; {wrong} wrong; the slowest took {slowest:.3f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
