"""Resources that a library defines for the guests whose imports it answers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.lua.conftest import Lane

Make = Callable[..., Lane]

CARTS = """(component
 (import "a:b/carts@0.1.0" (instance $h
  (export "cart" (type $cart (sub resource)))
  (export "[constructor]cart" (func (param "owner" string) (result (own $cart))))
  (export "[method]cart.add-item" (func (param "self" (borrow $cart)) (param "price" u32) (result u32)))
  (export "[static]cart.merge" (func (param "a" (own $cart)) (param "b" (own $cart)) (result (own $cart))))
  (export "sum" (func (param "carts" (list (borrow $cart))) (result u32)))
  (export "find" (func (param "owner" string) (result (option (own $cart)))))))
 (alias export $h "cart" (type $cart))
 (core module $lib (memory (export "memory") 1) (global $next (mut i32) (i32.const 1024))
  (func (export "realloc") (param i32 i32 i32 i32) (result i32)
   (global.set $next (i32.and (i32.add (global.get $next) (i32.const 15)) (i32.const -8)))
   (global.get $next) (global.set $next (i32.add (global.get $next) (local.get 3)))))
 (core instance $lib (instantiate $lib))
 (core func $new (canon lower (func $h "[constructor]cart") (memory (core memory $lib "memory"))))
 (core func $add (canon lower (func $h "[method]cart.add-item")))
 (core func $merge (canon lower (func $h "[static]cart.merge")))
 (core func $sum (canon lower (func $h "sum") (memory (core memory $lib "memory"))))
 (core func $find (canon lower (func $h "find") (memory (core memory $lib "memory"))))
 (core func $drop (canon resource.drop $cart))
 (core module $m
  (import "h" "new" (func $new (param i32 i32) (result i32)))
  (import "h" "add" (func $add (param i32 i32) (result i32)))
  (import "h" "merge" (func $merge (param i32 i32) (result i32)))
  (import "h" "sum" (func $sum (param i32 i32) (result i32)))
  (import "h" "find" (func $find (param i32 i32 i32)))
  (import "h" "drop" (func $drop (param i32)))
  (import "lib" "memory" (memory 1))
  (data (i32.const 16) "annabert")
  (func $anna (result i32) (call $new (i32.const 16) (i32.const 4)))
  (func $bert (result i32) (call $new (i32.const 20) (i32.const 4)))
  (func (export "shop") (param $n i32) (result i32) (local $a i32) (local $b i32) (local $s i32)
   (local.set $a (call $anna)) (local.set $b (call $bert))
   (drop (call $add (local.get $a) (local.get $n)))
   (drop (call $add (local.get $a) (i32.const 1)))
   (drop (call $add (local.get $b) (i32.const 10)))
   (i32.store (i32.const 64) (local.get $a)) (i32.store (i32.const 68) (local.get $b))
   (local.set $s (call $sum (i32.const 64) (i32.const 2)))
   (local.set $a (call $merge (local.get $a) (local.get $b)))
   (local.set $s (i32.add (local.get $s) (call $add (local.get $a) (i32.const 100))))
   (call $drop (local.get $a)) (local.get $s))
  (func (export "found") (param $n i32) (result i32)
   (call $find (i32.const 16) (local.get $n) (i32.const 80))
   (if (result i32) (i32.load8_u (i32.const 80))
    (then (call $add (i32.load (i32.const 84)) (i32.const 0)) (call $drop (i32.load (i32.const 84)))) (else (i32.const 77))))
  (func (export "again") (param $n i32) (result i32) (local $a i32)
   (local.set $a (call $anna)) (call $drop (local.get $a))
   (if (result i32) (i32.eqz (local.get $n)) (then (call $add (local.get $a) (i32.const 1)))
    (else (if (result i32) (i32.eq (local.get $n) (i32.const 1)) (then (call $drop (local.get $a)) (i32.const 0))
     (else (call $merge (local.get $a) (local.get $a)))))))
  (func (export "twice") (param $n i32) (result i32) (local $a i32)
   (local.set $a (call $anna)) (call $merge (local.get $a) (local.get $a)))
  (func (export "many") (param $n i32) (result i32)
   (loop $l (drop (call $anna)) (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))) (i32.const 0)))
 (core instance $i (instantiate $m (with "lib" (instance $lib)) (with "h" (instance
  (export "new" (func $new)) (export "add" (func $add)) (export "merge" (func $merge)) (export "sum" (func $sum))
  (export "find" (func $find)) (export "drop" (func $drop))))))
 LIFTS)"""
NAMES = ("shop", "found", "again", "twice", "many")
LIFTS = "\n".join(f'(func (export "{name}") (param "n" u32) (result u32) (canon lift (core func $i "{name}")))' for name in NAMES)

LIBRARY = """local Cart = {}
function Cart.new(owner) return { owner = owner, total = 0 } end
function Cart.add_item(cart, price) cart.total = cart.total + price return cart.total end
function Cart.merge(a, b) return { owner = a.owner .. b.owner, total = a.total + b.total } end
function Cart.drop(cart) print('dropped ' .. cart.owner .. ' ' .. cart.total) end
local function sum(carts) local all = 0 for _, cart in ipairs(carts) do all = all + cart.total end return all end
local function find(owner) if owner == 'anna' then return { owner = owner, total = 5 } end end
return { cart = Cart, sum = sum, find = find }
"""


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
