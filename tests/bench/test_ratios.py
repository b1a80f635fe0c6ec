"""What the benchmarks promise, with room for a busy machine: ratios of one run, never times."""

import importlib.util
from pathlib import Path

SPEC = importlib.util.spec_from_file_location("bench", Path(__file__).with_name("bench.py"))


def test_calls_stay_fast():
    """A call stays near the floor and far from what a user would take instead; a regression by half would show."""
    assert SPEC is not None and SPEC.loader is not None
    bench = importlib.util.module_from_spec(SPEC)
    SPEC.loader.exec_module(bench)
    wrong = ["not run"]
    for _ in range(3):
        rows = bench.measure(quick=True)
        faster = {name: theirs / ours for name, (ours, theirs, _) in rows.items()}
        of_floor = {name: ours / floor for name, (ours, _, floor) in rows.items() if floor}
        wrong = [f"{name} is only {faster[name]:.0f}x faster" for name, least in LEAST.items() if faster[name] < least]
        wrong += [f"{name} is {of_floor[name]:.1f}x the floor" for name, most in MOST.items() if of_floor[name] > most]
        if not wrong:
            break
    assert wrong == []


LEAST = {"mul": 200, "string 16 B": 40, "3 records": 50, "1000 records": 75, "list<u8> 1 MiB": 500, "list<f64> 10,000": 75}
MOST = {"mul": 4, "string 64 KiB": 8, "list<u8> 64 KiB": 4, "list<u8> 1 MiB": 4, "inline call": 1.5}
