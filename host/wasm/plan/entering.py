"""Whether a component instance may be entered: one that is in a call already may not, except by those that are inside it.

A call enters the component instance that lifts the function and those around it, as far as the caller is not in them itself
(definitions.py, "entering_set"). Component instances side by side are made one after the other, and call only earlier ones; so a call
can come back only where one of them calls what the one around it lifts. In other plans there is nothing to look at, and none of this.
"""

from __future__ import annotations

from typing import Final

from moonwit.host.wasm.binary.core_types import CoreType
from moonwit.host.wasm.plan import gate

TRAP: Final = "(func $cannot_enter_component_instance (unreachable))"


def flags(count: int) -> str:
    """Makes the text of a module with a flag for each component instance, by its number: 1 while it is in a call."""
    return "\n".join(["(module $moonwit", *(f'(global (export "{number}") (mut i32) (i32.const 0))' for number in range(count)), ")"])


def imports(count: int) -> str:
    """Gives the imports of the flags of those that a call enters."""
    return "".join(f' (import "" "entered" (global $entered{number} (mut i32)))\n' for number in range(count))


def enter(count: int) -> str:
    """Gives what stands before the call."""
    looks = [f"(if (global.get $entered{number}) (then (call $cannot_enter_component_instance)))" for number in range(count)]
    return "\n".join([*looks, *(f"(global.set $entered{number} (i32.const 1))" for number in range(count))])


def leave(count: int) -> str:
    """Gives what stands behind the call."""
    return "\n".join(f"(global.set $entered{number} (i32.const 0))" for number in range(count))


def wrapper(type: CoreType, count: int) -> str:
    """Makes the text of a module that exports a function "call" which enters so many, calls the function it imports, and leaves."""
    return f"""(module $moonwit
 (import "" "func" (func $func {gate.params_of(type)} {gate.results_of(type)}))
{imports(count)} {TRAP}
 (func (export "call") {gate.params_of(type)} {gate.results_of(type)}
  {enter(count)} (call $func {gate.passed_on(type)}) {leave(count)}))"""
