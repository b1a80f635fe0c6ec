"""Maps and lists of a fixed length, as arguments and results of guests, and what guests get that import functions with them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from wasmtime import wat2wasm

import moonwit
from moonwit.host.values.intermediate import NONE
from moonwit.host.wasm.component.component import decode
from moonwit.host.wasm.plan.planner import plan_component
from moonwit.host.wasm.problems import Refused
from moonwit.lua.values import buffer
from tests.abi.composed import ALLOCATING, opened
from tests.abi.conftest import State
from tests.projects import write
from tests.texts import texts

lua, wat = texts(__file__)

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


def test_a_map_is_a_table(tmp_path: Path) -> None:
    """A dict in Python; what does not fit is an error of the caller that names the key."""
    with opened(tmp_path, MAP, {"back": "back", "count": "count", "numbers": "numbers"}) as project:
        scores = {"luna": 1, "io": 2}
        assert project.call("t:back", scores) == scores
        assert (project.call("t:back", {}), project.call("t:count", scores)) == ({}, 2)
        for wrong, sentence in (
            ({"luna": -1}, r"parameter 1 \(scores: map<string, u32>\): scores.luna: -1 is out of range"),
            ([1], r'parameter 1 \(scores: map<string, u32>\): the key 1: expected a string, got 1'),
            ("luna", r"parameter 1 .*: expected a table of keys and values, got \"luna\""),
        ):
            with pytest.raises(moonwit.CallError, match=sentence):
                project.call("t:back", wrong)
        for sparse in ({5: "a", 2**53: "b"}, {1: "a", 2: "b"}, {}):
            assert project.call("t:numbers", sparse) == sparse
        assert project.call("t:numbers", ["a", "b"]) == {1: "a", 2: "b"}


def colliding(count: int) -> list[int]:
    """Integers that LuaJIT's hash puts into one chain of a table with 32,768 places, found by its formula."""
    found = []
    for number in range(count):
        high = (0x43300000 + number // 16) << 1 & 0xFFFFFFFF
        first = (high << 14 | high >> 18) & 0xFFFFFFFF
        low = ((number % 16 << 15) + first & 0xFFFFFFFF) ^ high
        found.append(((high >> 1) - 0x43300000 << 32 | low) + 2**52)
    return found


def test_a_guest_gives_maps_that_no_table_can_hold(tmp_path: Path) -> None:
    """The last of equal keys stays; keys beyond 2^53, too many pairs, and keys that take the square of the time are errors."""
    methods = {name: name for name in ("twice", "large", "many", "passed")}
    with opened(tmp_path, wat("pairs"), methods) as project:
        assert project.call("t:twice") == {5: 2}
        with pytest.raises(moonwit.CallError, match=r"is a map with a key beyond 2\^53, .*: use list<tuple<K, V>> in the WIT"):
            project.call("t:large")
        with pytest.raises(moonwit.CallError, match="is a map of more than 1048576 pairs"):
            project.call("t:many")
        usual = {key: key for key in range(0, 200_000, 10)}
        assert project.call("t:passed", list(usual.items())) == usual
        assert len(project.call("t:passed", [(key, 1) for key in colliding(4000)])) == 4000
        with pytest.raises(moonwit.CallError, match="is a map whose keys take too long to store"):
            project.call("t:passed", [(key, 1) for key in colliding(20_000)])


ANSWER = "local wit = require 'wit' return function(names) return wit.map {[7] = names[5], [1000] = 'new'} end"


@pytest.mark.parametrize("by", ["function.lua", "python"])
def test_an_import_takes_and_gives_maps(tmp_path: Path, by: str) -> None:
    """A function in Lua gives a table that `wit.map` marks, one in Python a dict; scripts may write integer keys as JSON does."""
    guest = "name: guest, kind: function.wat, source: file://guest.wat, method: swapped, imports: [{swap: t:swap}]"
    entries = [guest]
    (tmp_path / "guest.wat").write_text(wat("asking", ALLOCATING=ALLOCATING))
    if by == "function.lua":
        entries.append(f"name: swap, kind: function.lua, source: {json.dumps(ANSWER)}, modules: [wit]")
    write(tmp_path, *entries)

    def swap(names: dict[int, str]) -> dict[int, str]:
        assert set(names) == {5}
        return {7: names[5], 1000: "new"}

    with moonwit.open(tmp_path, functions={} if by == "function.lua" else {"t:swap": swap}) as project:
        for names in ({5: "old"}, {"5": "old"}):
            assert project.call("t:guest", names) == {7: "old", 1000: "new"}
        for wrong in ("05", "5.0", "x", "true"):
            with pytest.raises(moonwit.CallError, match=f'the key "{wrong}": expected'):
                project.call("t:guest", {wrong: "old"})


@pytest.mark.parametrize(("outer", "fits"), [(20, True), (21, False)])
def test_a_long_list_of_a_fixed_length_is_for_components_alone(outer: int, fits: bool) -> None:
    """The host passes 500 elements at most, those of lists in lists counted."""
    component = decode(bytes(wat2wasm(wat("a_long_list_of_a_fixed_length_is_for_components_alone", ALLOCATING=ALLOCATING, OUTER=outer))))
    if fits:
        assert set(plan_component(component).exports) == {"f"}
    else:
        with pytest.raises(Refused, match=r"^Of the export `f`, values hold a list of a fixed length of more than 500"):
            plan_component(component)


def test_maps_are_marked_on_their_way_to_another_lane(tmp_path: Path) -> None:
    """In records, options and other maps; what does not fit its type, and the caller's own tables, stay as they are."""
    state = State(tmp_path, [], {})
    try:
        encode = state.run(lua("marked"))
        assert buffer.decode_all(encode()) == [{5: {b"names": {True: b"x"}}}, [{-1: 1}], 7, NONE]
    finally:
        state.close()
