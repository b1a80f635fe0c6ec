"""What the benchmark of calls between components promises, with room for a busy machine: ratios of one run, never times."""

from tests.bench.edges import measure


def test_calls_between_components_stay_fast():
    """Bytes are copied about once, and small calls cost no more than some times what Wasmtime's own do."""
    wrong = ["not run"]
    for _ in range(3):
        least = measure(quick=True, rounds=3)
        copies = least["list<u8> of 1 MiB"][0] / least["a plain copy of 1 MiB"][0]
        wrong = [f"a list takes {copies:.1f} plain copies"] if copies > 4 else []
        wrong += [f"{call} takes {ours / theirs:.1f} of Wasmtime's" for call, (ours, theirs) in least.items() if ours / theirs > 8]
        if not wrong:
            break
    assert wrong == []
