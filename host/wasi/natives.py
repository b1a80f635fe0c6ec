"""The module between a guest of WASI 0.3 and the lane: what the guest calls of the lane, and what the lane calls of the guest.

A call of a native begins with a function of the lane, and then does what that asks for, by a number: 0 is done, -1 is to wait, and -2 - n
to run callee number n. Callees run one within another: while one waits on its stack others may run on top of it. Arguments and results
pass through the memory of this module, 16 bytes each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from moonwit.host.wasm.plan import gate
from moonwit.host.wasm.plan.gate import TYPES, params_of, passed_on, results_of
from moonwit.host.wasm.plan.plan import Callee, Native

_STEP: Final = 16
# Built-ins that a guest may call where it may not leave its component instance.
_ANYWHERE: Final = frozenset({"context.get", "context.set", "backpressure.inc", "backpressure.dec", "resource.rep"})

TEND: Final = """(memory (export "tasks") 1 1)
(func $tend (param $asked i64)
 (loop $again
  (if (i64.eqz (local.get $asked)) (then (return)))
  (if (i64.eq (local.get $asked) (i64.const -1))
   (then (call_indirect $late (type $wait) (i32.const 0)))
   (else (call_indirect $runners (type $wait) (i32.wrap_i64 (i64.sub (i64.const -2) (local.get $asked))))))
  (local.set $asked (call $task))
  (br $again)))
(func (export "drive") (call $tend (call $task)))
(func $throws_an_exception (unreachable))"""


def runners(callees: Iterable[Callee], late: int) -> Iterator[str]:
    """Gives the functions that run callees, which the table has from element ``late`` on."""
    names = []
    for number, callee in enumerate(callees):
        names.append(f"$run{number}")
        loaded = " ".join(f"({TYPES[letter]}.load (i32.const {_STEP * at}))" for at, letter in enumerate(callee.type.params))
        call = f"(call_indirect $late {params_of(callee.type)} {results_of(callee.type)} {loaded} (i32.const {late + number}))"
        for letter in callee.type.results[:1]:
            call = f"({TYPES[letter]}.store (i32.const 0) {call})"
        shut, opened = (gate.of(gate.SHUT, callee.instance), gate.of(gate.OPENED, callee.instance)) if callee.shut else ("", "")
        yield f"""(func $run{number} {shut} (block $thrown (try_table (catch_all $thrown) {call} {opened} (return)))
 (call $throws_an_exception))"""
    yield f"(table $runners {max(len(names), 1)} funcref)"
    if names:
        yield f"(elem (table $runners) (i32.const 0) func {' '.join(names)})"


def body(number: int, native: Native) -> str:
    """Gives the function that a guest calls, which is exported as ``number``."""
    type = native.core_type
    look = "" if native.operation in _ANYWHERE else gate.of(gate.LEAVES, native.instance)
    result = "".join(f"({TYPES[letter]}.load (i32.const 0))" for letter in type.results)
    return (
        f'(func (export "{number}") {params_of(type)} {results_of(type)} {look}'
        f" (call $tend (call $native{number} {passed_on(type)})) {result})"
    )
