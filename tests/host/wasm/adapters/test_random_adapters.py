"""Random types and values through adapters, and random wrong bytes: what arrives is what an independent reader of the standard reads."""

from collections import Counter
from random import Random

import pytest

from tests.host.wasm.adapters.attacks import an_edge, attack, attack_back, forge, round_trips
from tests.host.wasm.adapters.values import a_type


@pytest.mark.parametrize("part", range(4))
def test_values_arrive(part):
    """Parameters and results of any type arrive unchanged, whatever encodings and widths of addresses the two sides have."""
    for number in range(15):
        round_trips(Random(f"{part}.{number}"), 5)


@pytest.mark.parametrize("part", range(4))
def test_wrong_bytes(part):
    """Wrong bytes and core values are trapped exactly where the standard says so; otherwise what they stand for arrives."""
    count = Counter()
    for number in range(12):
        rng = Random(f"{part}.{number}")
        there = an_edge(rng, [a_type(rng) for _ in range(rng.choice([1, 2, 4]))], None)
        back = an_edge(rng, [], a_type(rng))
        for _ in range(5):
            attack(there, rng, count, 8)
            attack_back(back, rng, count, 8)
    assert count["trap"] > 100 and count["value"] > 100, count


def test_any_realloc():
    """Whatever address a realloc function returns, and at whichever of its calls, the adapter traps or its own guest is harmed."""
    count = Counter()
    for number in range(12):
        rng = Random(f"forged {number}")
        for edge in (an_edge(rng, [a_type(rng), a_type(rng)], None), an_edge(rng, [], a_type(rng))):
            forge(edge, rng, count, 10)
    assert count["forged"] > 20
