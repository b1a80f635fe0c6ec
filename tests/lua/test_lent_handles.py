"""Functions that may be lent handles, called with some and with none: either way the instance and the place in the pool are given back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.lua.conftest import Lane
from tests.lua.sleepers import GRANTS, OPTIONS, component, lift
from tests.texts import texts

lua, _ = texts(__file__)

# count(things, trap) gives how many handles it was lent.
GUEST = component(
    """(import "host" "new" (func $new (param i32) (result i32)))
 (func (export "[constructor]thing") (param i32) (result i32) (call $new (local.get 0)))
 (func (export "count") (param i32 i32 i32) (result i32) (if (local.get 2) (then (unreachable))) (local.get 1))""",
    lift("[constructor]thing", '(param "n" u32) (result (own $thing))', "")
    + lift("count", '(param "things" (list (borrow $thing))) (param "trap" bool) (result u32)', OPTIONS),
    definitions="""(type $thing' (resource (rep i32))) (export $thing "thing" (type $thing'))
(core func $new (canon resource.new $thing'))""",
    more='(export "new" (func $new))',
)
# The grants decide whether a guest calls functions of the host, and whether it may wait.
WAYS = {"plain": "", "hosted": ", imports: ['wasi:clocks/monotonic-clock']", "waits": f", {GRANTS}"}
POOLS = {"lazy": "{type: lazy, max_size: 1}", "inline": "{type: inline}"}


@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize("way", WAYS)
def test_with_handles_and_without(lane: Callable[..., Lane], way: str, pool: str) -> None:
    """In turns, several times; a trap ends the instance, and the next call has another. In the end none is left but those of handles."""
    methods = {"thing": "[constructor]thing", "count": "count"}
    entries = {name: f"method: '{method}', pool: {POOLS[pool]}{WAYS[way]}" for name, method in methods.items()}
    run = lane(entries, GUEST)
    assert (
        run(lua("with_handles_and_without"))
        == ("0\t2\t1\n" * 3 + "wasm `unreachable` instruction executed\n0\n1\nwasm `unreachable` instruction executed\n0\n") * 2
    )
    # With a pool all calls share one; without, the first handle's own is there until it is dropped.
    assert run.live() == (1 if pool == "lazy" else 2)


@pytest.mark.parametrize("way", WAYS)
def test_an_instance_that_is_lent_is_not_kept_for_others(lane: Callable[..., Lane], way: str) -> None:
    """One that was made for a single call ends with its handle, whatever entry was called with it; the others' is another."""
    pools = {"thing": ("[constructor]thing", "inline"), "count": ("count", "lazy")}
    run = lane({name: f"method: '{method}', pool: {POOLS[pool]}{WAYS[way]}" for name, (method, pool) in pools.items()}, GUEST)
    found = run("""
      local thing = assert(funcs.call("t:thing", 5))
      print(funcs.call("t:count", {thing}, false), funcs.call("t:count", {}, false), funcs.call("t:count", {thing, thing}, false))""")
    assert found == "1\t0\t2\n"
    # A handle that is collected ends its instance before the next call.
    assert run.live() == 2
    run.state.run("collectgarbage() collectgarbage()")
    assert run("print(funcs.call('t:count', {}, false))") == "0\n"
    assert run.live() == 1
