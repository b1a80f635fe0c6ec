"""Tables of handles of two component instances, held against a model: random operations with right and wrong indices."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

import moonwit
from tests.abi.composed import opened

# One component instance defines a resource, the other holds some; each says of every operation which index it has got, or traps.
BOTH = """(component
 (component $definer
  (type $r' (resource (rep i32)))
  (core func $new (canon resource.new $r'))
  (core func $rep (canon resource.rep $r'))
  (core func $drop (canon resource.drop $r'))
  (core module $m
   (import "" "new" (func $new (param i32) (result i32)))
   (import "" "rep" (func $rep (param i32) (result i32)))
   (import "" "drop" (func $drop (param i32)))
   (func (export "new") (param i32) (result i32) (call $new (local.get 0)))
   (func (export "rep") (param i32) (result i32) (call $rep (local.get 0)))
   (func (export "drop") (param i32) (call $drop (local.get 0)))
   (func (export "take") (param i32) (result i32) (local.get 0))
   (func (export "see") (param i32 i32) (result i32) (i32.add (i32.mul (local.get 0) (i32.const 1000)) (local.get 1)))
   (func (export "give") (param i32) (result i32) (local.get 0)))
  (core instance $i (instantiate $m (with "" (instance
   (export "new" (func $new)) (export "rep" (func $rep)) (export "drop" (func $drop))))))
  (export $r "r" (type $r'))
  (func (export "new") (param "rep" u32) (result u32) (canon lift (core func $i "new")))
  (func (export "rep") (param "index" u32) (result u32) (canon lift (core func $i "rep")))
  (func (export "drop") (param "index" u32) (canon lift (core func $i "drop")))
  (func (export "take") (param "r" (own $r)) (result u32) (canon lift (core func $i "take")))
  (func (export "see") (param "one" (borrow $r)) (param "other" (borrow $r)) (result u32) (canon lift (core func $i "see")))
  (func (export "give") (param "index" u32) (result (own $r)) (canon lift (core func $i "give"))))
 (component $holder
  (import "definer" (instance $definer
   (export "r" (type $r (sub resource)))
   (export "take" (func (param "r" (own $r)) (result u32)))
   (export "see" (func (param "one" (borrow $r)) (param "other" (borrow $r)) (result u32)))
   (export "give" (func (param "index" u32) (result (own $r))))))
  (alias export $definer "r" (type $r))
  (core func $take (canon lower (func $definer "take")))
  (core func $see (canon lower (func $definer "see")))
  (core func $give (canon lower (func $definer "give")))
  (core func $drop (canon resource.drop $r))
  (core module $m
   (import "" "take" (func $take (param i32) (result i32)))
   (import "" "see" (func $see (param i32 i32) (result i32)))
   (import "" "give" (func $give (param i32) (result i32)))
   (import "" "drop" (func $drop (param i32)))
   (func (export "send") (param i32) (result i32) (call $take (local.get 0)))
   (func (export "show") (param i32 i32) (result i32) (call $see (local.get 0) (local.get 1)))
   (func (export "fetch") (param i32) (result i32) (call $give (local.get 0)))
   (func (export "end") (param i32) (call $drop (local.get 0))))
  (core instance $i (instantiate $m (with "" (instance
   (export "take" (func $take)) (export "see" (func $see)) (export "give" (func $give)) (export "drop" (func $drop))))))
  (func (export "send") (param "index" u32) (result u32) (canon lift (core func $i "send")))
  (func (export "show") (param "one" u32) (param "other" u32) (result u32) (canon lift (core func $i "show")))
  (func (export "fetch") (param "index" u32) (result u32) (canon lift (core func $i "fetch")))
  (func (export "end") (param "index" u32) (canon lift (core func $i "end"))))
 (instance $d (instantiate $definer))
 (instance $h (instantiate $holder (with "definer" (instance $d))))
 (export "new" (func $d "new")) (export "rep" (func $d "rep")) (export "drop" (func $d "drop"))
 (export "send" (func $h "send")) (export "show" (func $h "show")) (export "fetch" (func $h "fetch")) (export "end" (func $h "end")))"""
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
