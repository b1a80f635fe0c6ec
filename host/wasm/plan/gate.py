"""Whether the guest of an instance may leave it, which is to call what it imports: WebAssembly of our own that sees to it.

While a guest's realloc or post-return runs it may call no import: the standard's flag ``may_leave`` (CanonicalABI.md, "Component Instance
State"). Here that is a global, the *gate*, in group 0 of an instance (host/wasi/linkage.py). The function that stands before each import
looks at it, and a realloc or post-return is called by way of a function that shuts it meanwhile; so is one that an import's own results
need.

More than the standard's rule hangs on it. LuaJIT ends the process when C code that a compiled trace has called comes back into Lua
("bad callback"; nothing catches it), and a realloc or post-return that is believed to call no import is called from compiled code. Should
host/wasm/plan/reach.py believe wrongly, its import finds the gate shut, and the worst that comes of it is a trap.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from moonwit.host.wasm.binary.core_types import CoreType
from moonwit.host.wasm.plan.batches import NAME, function

TYPES: Final = {"i": "i32", "I": "i64", "f": "f32", "F": "f64"}

OPENED: Final = "(global.set $gate (i32.const 1))"
SHUT: Final = "(global.set $gate (i32.const 0))"

# What a module has that looks at the gate of another, and what a function that stands before an import begins with.
# lua/wasmtime/trap.lua knows the function by its name.
IMPORT: Final = '(import "" "gate" (global $gate (mut i32)))'
TRAP: Final = "(func $cannot_leave_component_instance (unreachable))"
LEAVES: Final = "(if (i32.eqz (global.get $gate)) (then (call $cannot_leave_component_instance)))"

# What the module has whose gate it is. Its table holds the functions that are called while the gate is shut.
DEFINITION: Final = f'(global $gate (export "gate") (mut i32) (i32.const 1))\n{TRAP}'


def shut_during(types: Iterable[tuple[CoreType, int]]) -> str:
    """Makes functions that call one of a type while the gate is shut: the one at the index of table 0 that they take as last parameter.

    Each is exported by the type's letters, with the number of the component instance whose gate it shuts before them, if that is not 0.
    After a trap the gate stays shut; such an instance is finished.
    """
    lines = []
    for type, instance in dict.fromkeys(types):
        name, signature = shutting(f"{type.params}>{type.results}", instance), f"{params_of(type)} {results_of(type)}"
        line = (
            f'(func (export "{name}") {params_of(type)} (param $at i32) {results_of(type)}'
            f" {SHUT} (call_indirect {signature} {passed_on(type)} (local.get $at)) {OPENED})"
        )
        lines.append(of(line, instance))
    return "\n".join(lines)


def batches(instances: Iterable[int]) -> str:
    """Makes functions that call a realloc many times while the gate of a component instance is shut (host/wasm/plan/batches.py)."""
    return "\n".join(of(function(SHUT, OPENED, shutting(NAME, instance)), instance) for instance in instances)


def shutting(letters: str, instance: int) -> str:
    """Names such a function."""
    return f"{instance}:{letters}" if instance else letters


def of(text: str, instance: int) -> str:
    """Gives a text that looks at the gate of another component instance."""
    return text.replace("$gate", f"$gate{instance}") if instance else text


def name(instance: int) -> str:
    """Gives the name by which group 0 exports the gate of a component instance."""
    return f"gate{instance}" if instance else "gate"


def definition(instances: int) -> str:
    """Gives what group 0 has for the gates of so many component instances."""
    more = [f'(global $gate{number} (export "{name(number)}") (mut i32) (i32.const 1))' for number in range(1, instances)]
    return "\n".join([DEFINITION, *more])


def params_of(type: CoreType) -> str:
    """Gives the parameters of a core type as text."""
    return f"(param {' '.join(TYPES[letter] for letter in type.params)})" if type.params else ""


def results_of(type: CoreType) -> str:
    """Gives the results of a core type as text."""
    return "".join(f"(result {TYPES[letter]})" for letter in type.results)


def passed_on(type: CoreType) -> str:
    """Gives the text of all parameters of a function, for a call that passes them on."""
    return " ".join(f"(local.get {index})" for index in range(len(type.params)))
