"""Resources that a library defines for the guests whose imports it answers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.lua.conftest import Lane
from tests.texts import texts

lua, wat = texts(__file__)

Make = Callable[..., Lane]

CARTS = wat("carts")
NAMES = ("shop", "found", "again", "twice", "many")
LIFTS = "\n".join(f'(func (export "{name}") (param "n" u32) (result u32) (canon lift (core func $i "{name}")))' for name in NAMES)

LIBRARY = lua("library")


def shop(lane: Make, library: str = LIBRARY) -> Lane:
    entries = {name: f"method: {name}, imports: ['a:b/carts': lib]" for name in NAMES}
    more = ("name: lib, kind: library.lua, modules: [time], source: file://lib.lua",)
    return lane(entries, CARTS.replace("LIFTS", LIFTS), "test", more, {"lib.lua": library})


def test_a_guest_makes_uses_and_drops_a_librarys_resources(lane: Make) -> None:
    """Constructor, method, static function and lists of borrowed handles reach the library's objects; `drop` comes once for each handle."""
    assert shop(lane)("print(funcs.call('t:shop', 5))") == "dropped annabert 116\n132\n"


def test_a_function_may_give_a_resource_or_none(lane: Make) -> None:
    """An own handle inside an option."""
    assert shop(lane)("print(funcs.call('t:found', 4)) print(funcs.call('t:found', 3))") == "dropped anna 5\n5\n77\n"


def test_methods_may_wait(lane: Make) -> None:
    """Constructor, method and `drop` wait as any function may."""
    waits = LIBRARY
    for part in ("return { owner = owner, total = 0 }", "cart.total = cart.total + price", "print("):
        waits = waits.replace(part, f"time.sleep(1) {part}")
    assert shop(lane, waits)("print(funcs.call('t:shop', 5))") == "dropped annabert 116\n132\n"


def test_a_library_may_name_functions_of_a_resource_in_full(lane: Make) -> None:
    """Full WIT names are taken too, and a resource without `drop` needs none."""
    full = """return { ['[constructor]cart'] = function(owner) return owner end,
      ['[method]cart.add-item'] = function(cart, n) return #cart + n end,
      ['[static]cart.merge'] = function(a, b) return a .. b end, sum = function(carts) return #carts end }"""
    assert shop(lane, full)("print(funcs.call('t:shop', 5))") == "110\n"


def test_what_an_instance_still_holds_is_dropped_when_it_ends(lane: Make) -> None:
    """Each handle once; one whose `drop` raises keeps none from its own."""
    counts = LIBRARY.replace("print('dropped ' .. cart.owner .. ' ' .. cart.total)", "n = n + 1 if n == 2 then error('no') end")
    counts = "local n = 0 " + counts.replace("find = find", "find = function() print(n) end")
    held = shop(lane, counts)("print((funcs.call('t:many', 70000))) require('time').sleep(1) print(funcs.call('t:found', 3))")
    assert held == "nil\n65536\n77\n"


@pytest.mark.parametrize(("call", "sentence"), [
    ("again', 0", "when it called a:b/carts#[method]cart.add-item: an argument is not a handle of the guest"),
    ("again', 1", "when it called a:b/carts#[resource-drop]cart: an argument is not a handle of the guest"),
    ("again', 2", "when it called a:b/carts#[static]cart.merge: an argument is not a handle of the guest"),
    ("twice', 0", "when it called a:b/carts#[static]cart.merge: an argument is not a handle of the guest"),
    ("many', 70000", "the guest holds 65536 handles, more than it may"),
])  # fmt: skip
def test_handles_are_checked(lane: Make, call: str, sentence: str) -> None:
    """One that was dropped, or given away in the same call, is a trap, and so are more than a guest may hold."""
    source = f"local v, e = funcs.call('t:{call}) print(e:message()) print(funcs.call('t:shop', 5))"
    text = shop(lane, LIBRARY.replace("print(", "tostring("))(source)
    assert sentence in text
    assert text.endswith("\n132\n")


def test_a_constructor_that_gives_nothing_ends_the_call(lane: Make) -> None:
    """A resource is anything but nil and false."""
    text = shop(lane, "return { cart = { new = function() end } }")("print(select(2, funcs.call('t:shop', 1)))")
    assert text == "a:b/carts#[constructor]cart: the library t:lib gives a result that does not fit `cart`: expected a cart, got nil\n"


def test_a_resource_that_a_library_lacks_is_named(lane: Make) -> None:
    """The sentence names the resource, or the function that its table has not."""
    text = shop(lane, "return { cat = {} }")("print(select(2, funcs.call('t:shop', 1)))")
    assert text == "the library t:lib has no function `cart` for the import a:b/carts#[constructor]cart, did you mean 'cat'?\n"
    text = shop(lane, "return { cart = { news = print } }")("print(select(2, funcs.call('t:shop', 1)))")
    assert text == "the library t:lib has no function `new` for the import a:b/carts#[constructor]cart, did you mean 'news'?\n"
