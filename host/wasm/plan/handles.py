"""Core modules for the handles of composed components: tables, the built-ins that work on them, and what moves handles between them.

Each component instance has a table of its own (CanonicalABI.md, "Table State"). A resource is known by its number in the plan, from 1.
"""

from __future__ import annotations

from moonwit.host.wasm.binary.core_types import CoreType
from moonwit.host.wasm.plan import entering, gate

# Indices from 1, freed ones first. An entry is four words: the resource's number or 0; the representation or the next free index; how often
# an own handle is lent, or -1 for a borrow handle; and, of a borrow handle, the number of the call that it was made for.
#
# Calls from other component instances are numbered from 1, the one in another having the higher number; the host's is 0. The memory
# begins with how many borrow handles each of 4096 has left; then comes a stack of 12288 handles that calls out of the component instance
# were lent; entries stand from its second page on.
TABLE = """(module $moonwit
 (memory 2)
 (global $free (mut i32) (i32.const 0))
 (global $next (mut i32) (i32.const 1))
 (global $call (mut i32) (i32.const 0))
 (global $top (mut i32) (i32.const 0))
 (func $too_many_handles (unreachable))
 (func $unknown_handle_index (unreachable))
 (func $handle_of_another_resource (unreachable))
 (func $owned_resource_is_lent (unreachable))
 (func $not_an_own_handle (unreachable))
 (func $borrow_handles_remain (unreachable))
 (func $calls_nest_too_deep (unreachable))
 (func $add (param $type i32) (param $rep i32) (param $lends i32) (param $call i32) (result i32) (local $index i32) (local $at i32)
  (local.set $index (global.get $free))
  (if (local.get $index)
   (then
    (local.set $at (i32.shl (local.get $index) (i32.const 4)))
    (global.set $free (i32.load offset=65540 (local.get $at))))
   (else
    (local.set $index (global.get $next))
    (if (i32.ge_u (local.get $index) (i32.const 0x1000000)) (then (call $too_many_handles)))
    (local.set $at (i32.shl (local.get $index) (i32.const 4)))
    (if (i32.ge_u (i32.add (local.get $at) (i32.const 65536)) (i32.mul (memory.size) (i32.const 65536)))
     (then (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then (call $too_many_handles)))))
    (global.set $next (i32.add (local.get $index) (i32.const 1)))))
  (i32.store offset=65536 (local.get $at) (local.get $type))
  (i32.store offset=65540 (local.get $at) (local.get $rep))
  (i32.store offset=65544 (local.get $at) (local.get $lends))
  (i32.store offset=65548 (local.get $at) (local.get $call))
  (local.get $index))
 (func (export "insert") (param $type i32) (param $rep i32) (result i32)
  (call $add (local.get $type) (local.get $rep) (i32.const 0) (i32.const 0)))
 (func (export "borrow") (param $type i32) (param $rep i32) (result i32) (local $at i32)
  (local.set $at (i32.shl (global.get $call) (i32.const 2)))
  (i32.store (local.get $at) (i32.add (i32.load (local.get $at)) (i32.const 1)))
  (call $add (local.get $type) (local.get $rep) (i32.const -1) (global.get $call)))
 (func $entry (param $type i32) (param $index i32) (result i32) (local $at i32) (local $found i32)
  (if (i32.ge_u (local.get $index) (global.get $next)) (then (call $unknown_handle_index)))
  (if (i32.eqz (local.get $index)) (then (call $unknown_handle_index)))
  (local.set $at (i32.shl (local.get $index) (i32.const 4)))
  (local.set $found (i32.load offset=65536 (local.get $at)))
  (if (i32.eqz (local.get $found)) (then (call $unknown_handle_index)))
  (if (i32.ne (local.get $found) (local.get $type)) (then (call $handle_of_another_resource)))
  (local.get $at))
 (func $clear (param $at i32)
  (i32.store offset=65536 (local.get $at) (i32.const 0))
  (i32.store offset=65540 (local.get $at) (global.get $free))
  (global.set $free (i32.shr_u (local.get $at) (i32.const 4))))
 (func (export "rep") (param $type i32) (param $index i32) (result i32)
  (i32.load offset=65540 (call $entry (local.get $type) (local.get $index))))
 (func $remove (export "remove") (param $type i32) (param $index i32) (result i32) (local $at i32) (local $lends i32)
  (local.set $at (call $entry (local.get $type) (local.get $index)))
  (local.set $lends (i32.load offset=65544 (local.get $at)))
  (if (i32.eq (local.get $lends) (i32.const -1)) (then (call $not_an_own_handle)))
  (if (local.get $lends) (then (call $owned_resource_is_lent)))
  (i32.load offset=65540 (local.get $at))
  (call $clear (local.get $at)))
 (func (export "drop") (param $type i32) (param $index i32) (result i32 i32) (local $at i32) (local $lends i32) (local $rep i32)
  (local.set $at (call $entry (local.get $type) (local.get $index)))
  (local.set $lends (i32.load offset=65544 (local.get $at)))
  (local.set $rep (i32.load offset=65540 (local.get $at)))
  (if (i32.gt_s (local.get $lends) (i32.const 0)) (then (call $owned_resource_is_lent)))
  (call $clear (local.get $at))
  (if (local.get $lends) (then
   (local.set $at (i32.shl (i32.load offset=65548 (local.get $at)) (i32.const 2)))
   (i32.store (local.get $at) (i32.sub (i32.load (local.get $at)) (i32.const 1)))))
  (local.get $rep) (i32.eqz (local.get $lends)))
 (func (export "lend") (param $type i32) (param $index i32) (result i32) (local $at i32) (local $lends i32)
  (local.set $at (call $entry (local.get $type) (local.get $index)))
  (local.set $lends (i32.load offset=65544 (local.get $at)))
  (if (i32.ne (local.get $lends) (i32.const -1)) (then
   (i32.store offset=65544 (local.get $at) (i32.add (local.get $lends) (i32.const 1)))
   (if (i32.ge_u (global.get $top) (i32.const 49152)) (then (call $too_many_handles)))
   (i32.store offset=16384 (global.get $top) (local.get $at))
   (global.set $top (i32.add (global.get $top) (i32.const 4)))))
  (i32.load offset=65540 (local.get $at)))
 (func (export "lent") (result i32) (global.get $top))
 (func (export "return") (param $top i32) (local $at i32)
  (block $done (loop $more
   (br_if $done (i32.le_u (global.get $top) (local.get $top)))
   (global.set $top (i32.sub (global.get $top) (i32.const 4)))
   (local.set $at (i32.load offset=16384 (global.get $top)))
   (i32.store offset=65544 (local.get $at) (i32.sub (i32.load offset=65544 (local.get $at)) (i32.const 1)))
   (br $more))))
 (func (export "reset")
  (global.set $next (i32.const 1)) (global.set $free (i32.const 0)) (i32.store (i32.const 0) (i32.const 0)))
 (func (export "settled")
  (if (i32.load (i32.const 0)) (then (call $borrow_handles_remain))))
 (func (export "enter")
  (if (i32.ge_u (global.get $call) (i32.const 4095)) (then (call $calls_nest_too_deep)))
  (global.set $call (i32.add (global.get $call) (i32.const 1)))
  (i32.store (i32.shl (global.get $call) (i32.const 2)) (i32.const 0)))
 (func (export "leave")
  (if (i32.load (i32.shl (global.get $call) (i32.const 2))) (then (call $borrow_handles_remain)))
  (global.set $call (i32.sub (global.get $call) (i32.const 1)))))"""


def builtins(number: int, dtor: bool, entered: int) -> str:
    """Makes the text of a module with the built-ins of resource ``number`` for one component instance.

    It imports the flag of the component instance, its table's "insert", "rep" and "drop", where there is a ``dtor``, that, and the flags of
    so many component instances that are ``entered`` with it (host/wasm/plan/entering.py).
    """
    imports = ' (import "" "dtor" (func $dtor (param i32)))\n' if dtor else ""
    imports += entering.imports(entered)
    called = "(call $dtor (local.get $rep))" if dtor else ""
    destroy = f"{entering.enter(entered)} {called} {entering.leave(entered)}"
    return f"""(module $moonwit
 {gate.IMPORT}
 (import "" "insert" (func $insert (param i32 i32) (result i32)))
 (import "" "rep" (func $rep (param i32 i32) (result i32)))
 (import "" "drop" (func $drop (param i32 i32) (result i32 i32)))
{imports} {gate.TRAP}
 {entering.TRAP}
 (func (export "new") (param i32) (result i32) {gate.LEAVES} (call $insert (i32.const {number}) (local.get 0)))
 (func (export "rep") (param i32) (result i32) (call $rep (i32.const {number}) (local.get 0)))
 (func (export "drop") (param i32) (local $rep i32) (local $own i32) {gate.LEAVES}
  (call $drop (i32.const {number}) (local.get 0))
  (local.set $own) (local.set $rep)
  (if (local.get $own) (then {destroy}))))"""


def transfers(number: int, defines: bool) -> str:
    """Makes the text of a module that moves handles of resource ``number``; see host/wasm/adapters.

    It imports "insert", "remove" and "lend" of the caller's table, and "insert", "remove" and "borrow" of the callee's. ``defines`` tells
    whether the callee defines the resource.
    """
    lent = f"(call $lend (i32.const {number}) (local.get 0))"
    lent = lent if defines else f"(call $borrow (i32.const {number}) {lent})"
    return f"""(module $moonwit
 (import "caller" "insert" (func $caller_insert (param i32 i32) (result i32)))
 (import "caller" "remove" (func $caller_remove (param i32 i32) (result i32)))
 (import "caller" "lend" (func $lend (param i32 i32) (result i32)))
 (import "callee" "insert" (func $callee_insert (param i32 i32) (result i32)))
 (import "callee" "remove" (func $callee_remove (param i32 i32) (result i32)))
 (import "callee" "borrow" (func $borrow (param i32 i32) (result i32)))
 (func (export "give") (param i32) (result i32)
  (call $callee_insert (i32.const {number}) (call $caller_remove (i32.const {number}) (local.get 0))))
 (func (export "take") (param i32) (result i32)
  (call $caller_insert (i32.const {number}) (call $callee_remove (i32.const {number}) (local.get 0))))
 (func (export "lend") (param i32) (result i32) {lent}))"""


def host_transfers(number: int, caller: bool) -> str:
    """As ``transfers``, where one side is the host, whose own handles are what it has for representations.

    It imports "insert", "remove", "lend" and "borrow" of the table of the other side, which is the ``caller`` or the callee.
    """
    given = f"(call $remove (i32.const {number}) (local.get 0))" if caller else f"(call $insert (i32.const {number}) (local.get 0))"
    taken = f"(call $insert (i32.const {number}) (local.get 0))" if caller else f"(call $remove (i32.const {number}) (local.get 0))"
    return f"""(module $moonwit
 (import "" "insert" (func $insert (param i32 i32) (result i32)))
 (import "" "remove" (func $remove (param i32 i32) (result i32)))
 (import "" "lend" (func $lend (param i32 i32) (result i32)))
 (import "" "borrow" (func $borrow (param i32 i32) (result i32)))
 (func (export "give") (param i32) (result i32) {given})
 (func (export "take") (param i32) (result i32) {taken})
 (func (export "lend") (param i32) (result i32) (call ${"lend" if caller else "borrow"} (i32.const {number}) (local.get 0))))"""


# Begins and ends a call with borrowed handles: imports "lent" and "return" of the caller's table, "enter" and "leave" of the callee's.
SCOPE = """(module $moonwit
 (import "caller" "lent" (func $lent (result i32)))
 (import "caller" "return" (func $return (param i32)))
 (import "callee" "enter" (func $enter))
 (import "callee" "leave" (func $leave))
 (func (export "enter") (result i32) (call $enter) (call $lent))
 (func (export "exit") (param i32) (call $leave) (call $return (local.get 0))))"""


def settled(type: CoreType) -> str:
    """Makes the text of a module that calls a function for the host, which has lent handles, and checks that none of them is left."""
    return f"""(module $moonwit
 (import "" "func" (func $func {gate.params_of(type)} {gate.results_of(type)}))
 (import "" "settled" (func $settled))
 (func (export "call") {gate.params_of(type)} {gate.results_of(type)} (call $func {gate.passed_on(type)}) (call $settled)))"""
