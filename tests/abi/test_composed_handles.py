"""Tables of handles of two component instances, held against a model: random operations with right and wrong indices."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

import moonwit
from tests.abi.composed import opened
from tests.texts import texts

_, wat = texts(__file__)

# One component instance defines a resource, the other holds some; each says of every operation which index it has got, or traps.
BOTH = wat("both")
OPERATIONS = {"new": 4, "rep": 2, "drop": 1, "send": 3, "show": 3, "fetch": 4, "end": 1}


class Trap(Exception):
    """The operation is a trap."""


class Table:
    """CanonicalABI.md, "Table State": indices from 1, the one that was freed last first."""

    def __init__(self) -> None:
        self.rows: list[int | None] = [None]
        self.free: list[int] = []

    def add(self, rep: int) -> int:
        if self.free:
            index = self.free.pop()
            self.rows[index] = rep
            return index
        self.rows.append(rep)
        return len(self.rows) - 1

    def get(self, index: int) -> int:
        rep = self.rows[index] if index < len(self.rows) else None
        if rep is None:
            raise Trap
        return rep

    def remove(self, index: int) -> int:
        rep = self.get(index)
        self.rows[index] = None
        self.free.append(index)
        return rep


class Model:
    """What the two component instances do."""

    def __init__(self) -> None:
        self.definer, self.holder = Table(), Table()

    def do(self, name: str, *given: int) -> int | None:
        """Gives the result of an operation, or raises Trap."""
        match name:
            case "new":
                return self.definer.add(given[0])
            case "rep":
                return self.definer.get(given[0])
            case "drop":
                self.definer.remove(given[0])
            case "send":
                return self.definer.add(self.holder.remove(given[0]))
            case "show":
                return self.holder.get(given[0]) * 1000 + self.holder.get(given[1])
            case "fetch":
                return self.holder.add(self.definer.remove(given[0]))
            case "end":
                self.holder.remove(given[0])
        return None


@pytest.mark.parametrize("seed", range(2))
def test_tables_do_as_the_standard_says(seed: int, tmp_path: Path) -> None:
    """Each operation gives the index or representation that the model has, or traps as it does; then all begins anew."""
    chance, model, traps = random.Random(seed), Model(), 0
    with opened(tmp_path, BOTH, {name: name for name in OPERATIONS}) as project:
        for _ in range(400):
            (name,) = chance.choices([*OPERATIONS], [*OPERATIONS.values()])
            rows = len((model.definer if name in ("rep", "drop", "fetch") else model.holder).rows)
            # Mostly what may be there, at times what can't.
            index = lambda most: chance.choice([0, most, 2**28, 2**32 - 1]) if chance.random() < 0.02 else chance.randrange(most + 1)  # noqa: E731
            given = [chance.randrange(1000)] if name == "new" else [index(rows) for _ in range(2 if name == "show" else 1)]
            try:
                expected = model.do(name, *given)
            except Trap:
                with pytest.raises(moonwit.CallError, match="unknown handle index"):
                    project.call(f"t:{name}", *given)
                model, traps = Model(), traps + 1
                continue
            assert project.call(f"t:{name}", *given) == expected, (name, given)
    assert 10 < traps < 300
