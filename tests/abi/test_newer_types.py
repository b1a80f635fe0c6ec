"""Maps and lists of a fixed length, as arguments and results of guests, and what guests get that import functions with them."""

from __future__ import annotations

from pathlib import Path

import pytest
from wasmtime import wat2wasm

import moonwit
from moonwit.host.wasm.component.component import decode
from moonwit.host.wasm.plan.planner import plan_component
from moonwit.host.wasm.problems import Refused
from tests.abi.composed import ALLOCATING, opened

FIXED = f"""(component
 (core module $m {ALLOCATING}
  (func (export "sum") (param i32 i32 i32) (result i32)
   (i32.add (i32.mul (local.get 0) (i32.const 100)) (i32.add (i32.mul (local.get 1) (i32.const 10)) (local.get 2))))
  (func (export "twice") (param i32 i32 i32 i32) (result i32)
   (i32.store (i32.const 0) (local.get 0)) (i32.store (i32.const 4) (local.get 1))
   (i32.store (i32.const 8) (local.get 2)) (i32.store (i32.const 12) (local.get 3)) (i32.const 0)))
 (core instance $i (instantiate $m))
 (type $three (list u32 3))
 (type $two (list string 2))
 (func (export "sum") (param "values" $three) (result u32) (canon lift (core func $i "sum")))
 (func (export "twice") (param "words" $two) (result $two)
  (canon lift (core func $i "twice") (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))"""


def test_a_list_of_a_fixed_length_is_a_sequence_of_just_so_many(tmp_path: Path) -> None:
    """Its elements are passed one by one; one too few, or too many, is an error of the caller."""
    with opened(tmp_path, FIXED, {"sum": "sum", "twice": "twice"}) as project:
        assert project.call("t:sum", [4, 5, 6]) == 456
        assert project.call("t:twice", ["moon", "wit"]) == ["moon", "wit"]
        for wrong in ([4, 5], [4, 5, 6, 7], [4, 5, "x"], 4):
            with pytest.raises(moonwit.CallError, match="parameter 1"):
                project.call("t:sum", wrong)


MAP = f"""(component
 (core module $m {ALLOCATING}
  (func (export "back") (param i32 i32) (result i32)
   (i32.store (i32.const 0) (local.get 0)) (i32.store (i32.const 4) (local.get 1)) (i32.const 0))
  (func (export "sizes") (param i32 i32) (result i32) (local.get 1)))
 (core instance $i (instantiate $m))
 (type $map (map string u32))
 (func (export "back") (param "scores" $map) (result $map)
  (canon lift (core func $i "back") (memory (core memory $i "memory")) (realloc (core func $i "realloc"))))
 (func (export "count") (param "scores" $map) (result u32)
  (canon lift (core func $i "sizes") (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))"""


def test_a_map_is_a_sequence_of_pairs(tmp_path: Path) -> None:
    """Pairs come back in their order, one with the same key too; what is not a pair is an error of the caller."""
    with opened(tmp_path, MAP, {"back": "back", "count": "count"}) as project:
        pairs = [["luna", 1], ["io", 2], ["luna", 3]]
        assert project.call("t:back", pairs) == pairs
        assert (project.call("t:back", []), project.call("t:count", pairs)) == ([], 3)
        for wrong in ([["luna"]], [["luna", -1]], [[1, 1]], "luna"):
            with pytest.raises(moonwit.CallError, match="parameter 1"):
                project.call("t:back", wrong)


@pytest.mark.parametrize(("outer", "fits"), [(20, True), (21, False)])
def test_a_long_list_of_a_fixed_length_is_for_components_alone(outer: int, fits: bool) -> None:
    """The host passes 500 elements at most, those of lists in lists counted."""
    component = decode(bytes(wat2wasm(f"""(component
     (core module $m {ALLOCATING} (func (export "f") (param i32)))
     (core instance $i (instantiate $m))
     (type $inner (list u8 25))
     (type $outer (list $inner {outer}))
     (func (export "f") (param "x" $outer)
      (canon lift (core func $i "f") (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))""")))
    if fits:
        assert set(plan_component(component).exports) == {"f"}
    else:
        with pytest.raises(Refused, match=r"^Of the export `f`, values hold a list of a fixed length of more than 500"):
            plan_component(component)
