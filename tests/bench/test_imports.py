"""What calls of a library by a guest may cost, as ratios of one run."""

from tests.bench.imports import measure

# Of a call of the host's clock, which is answered by a function of the host without any glue: half a microsecond, and three, on a machine
# where that is a tenth.
MOST = {"add": 15, "later": 100, "text": 60}


def test_calls_of_a_library_stay_cheap() -> None:
    """Without a wait a call stays near that of the host's own functions, and one that waits within some dispatcher turns."""
    wrong = ["not run"]
    for _ in range(3):
        costs = measure(20_000, 4)
        clocks = {name: costs[name] / costs["clock"] for name in MOST}
        wrong = [f"{name} costs {clocks[name]:.0f} clocks" for name, most in MOST.items() if clocks[name] > most]
        if not wrong:
            break
    assert wrong == []
