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
from tests.texts import texts

_, wat = texts(__file__)

FIXED = wat("fixed", ALLOCATING=ALLOCATING)


def test_a_list_of_a_fixed_length_is_a_sequence_of_just_so_many(tmp_path: Path) -> None:
    """Its elements are passed one by one; one too few, or too many, is an error of the caller."""
    with opened(tmp_path, FIXED, {"sum": "sum", "twice": "twice"}) as project:
        assert project.call("t:sum", [4, 5, 6]) == 456
        assert project.call("t:twice", ["moon", "wit"]) == ["moon", "wit"]
        for wrong in ([4, 5], [4, 5, 6, 7], [4, 5, "x"], 4):
            with pytest.raises(moonwit.CallError, match="parameter 1"):
                project.call("t:sum", wrong)


MAP = wat("map", ALLOCATING=ALLOCATING)


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
    component = decode(bytes(wat2wasm(wat("a_long_list_of_a_fixed_length_is_for_components_alone", ALLOCATING=ALLOCATING, OUTER=outer))))
    if fits:
        assert set(plan_component(component).exports) == {"f"}
    else:
        with pytest.raises(Refused, match=r"^Of the export `f`, values hold a list of a fixed length of more than 500"):
            plan_component(component)
