"""Plans for core modules: one module, one step, and each function lifted by a WIT text or only by its core type."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from moonwit.host.values.names import advice, listed, shown
from moonwit.host.wasm.binary.core import CoreImport, CoreModule, read_core
from moonwit.host.wasm.binary.core_types import CoreType
from moonwit.host.wasm.plan.plan import Export, Item, Lift, LocalResource, Plan, ResourceItem, Step, Stub, StubItem
from moonwit.host.wasm.wit.flatten import MOST_PARAMS, REALLOC, Layouts
from moonwit.host.wasm.wit.show import cut, show_signature
from moonwit.host.wasm.wit.types import Borrow, Field, Function, Own, Primitive, Resource, Type, parts

if TYPE_CHECKING:
    from moonwit.host.wasm.wit.wit import Declarations

_DERIVED = {"i": "s32", "I": "s64", "f": "f32", "F": "f64"}
_ODD = {"v": "v128", "r": "a reference"}
_NOTHING = CoreType("", "")
START = "_start"
_RESOURCE_IMPORTS = {"[resource-new]": "new", "[resource-rep]": "rep", "[resource-drop]": "drop"}
# Wasmtime has no shared memories here: instances are made that fail when they are, with a sentence about its own settings.
THREADS = "has a memory that threads share, and guests run on one thread: build it without threads (no shared memory)"


class CoreProblem(ValueError):
    """A core module can't be called as asked. The entry's author causes it; the message is a whole sentence.

    ``position`` is the line and column in the WIT text that the problem is about, where there is one.
    """

    def __init__(self, sentence: str, position: tuple[int, int] | None = None) -> None:
        super().__init__(sentence)
        self.position = position


class SignatureMismatch(CoreProblem):
    """A WIT signature does not fit the type of the core function."""


def core_functions(core: CoreModule) -> dict[str, CoreType]:
    """The functions that a core module exports."""
    return {name: export.type for name, export in core.exports.items() if export.kind == "func" and export.type is not None}


def derive(name: str, type: CoreType) -> Function:
    """Derives a signature from a core type; raises ``CoreProblem`` where none can be, as for vectors and several results."""
    reason = _underivable(type)
    if reason is not None:
        raise CoreProblem(f"{shown(name)} can't be called without `wit`: its type is {cut(str(type))}, and {reason}")
    return _signature(type)


def _underivable(type: CoreType) -> str | None:
    """Says why no signature follows from a core type."""
    odd = (type.params + type.results).strip("iIfF")
    if odd:
        return f"no WIT type stands for {_ODD[odd[0]]}; export a function that takes and returns numbers"
    if len(type.results) > 1:
        return "a WIT function has one result; return a pointer to the values, and declare the function in `wit`"
    if len(type.params) > MOST_PARAMS:
        return f"more than {MOST_PARAMS} values are passed in memory; take a pointer to them, and declare the function in `wit`"
    return None


def _signature(type: CoreType) -> Function:
    params = tuple(Field(f"p{number}", Primitive(_DERIVED[letter])) for number, letter in enumerate(type.params, 1))
    return Function(params, Primitive(_DERIVED[type.results]) if type.results else None)


def plan_core(module: bytes, wit: str | None = None) -> Plan:
    """Plans a core module's instance and its exported functions.

    With ``wit`` these are the functions declared there, each of which must be exported and fit; without it all that a signature
    can be derived for. Raises Malformed, ``WitError`` and ``CoreProblem``.
    """
    core = read_core(module)
    functions = core_functions(core)
    if core.threads:
        raise CoreProblem(f"the module {THREADS}")
    if not functions:
        others = f", only {listed(core.exports)}" if core.exports else ""
        raise CoreProblem(f'the module exports no functions{others}; export the one to call, as in `(func (export "name") ...)`')
    if wit is None:
        lifts = dict(_derived(functions))
        resources: list[LocalResource] = []
    else:
        from moonwit.host.wasm.wit.wit import parse_wit

        declared = parse_wit(wit)
        if not declared.functions:
            raise CoreProblem("`wit` declares no function; write `name: func(a: u32) -> string;`", (1, 1))
        resources = [_resource(core, resource) for resource in resources_of(declared.functions.values())]
        lifts = {export: _lift(core, functions, declared, export) for export in declared.functions}
    stubs: list[Stub] = []
    arguments = tuple(_argument(entry, resources, stubs) for entry in core.imports)
    initialize = initializer(core, functions)
    return Plan((module,), (Step(0, arguments),), tuple(stubs), tuple(resources), lifts, Export(0, initialize) if initialize else None)


def initializer(core: CoreModule, functions: dict[str, CoreType]) -> str | None:
    """Names the export that sets up the run-time of a module's language, to be called once before any other; None where there is none.

    A reactor's is `_initialize`; one that was linked with its constructors exported has these. `_start` is one in modules of languages
    that know no WASI (AssemblyScript, MoonBit); in one that imports WASI it is the whole program, which prints and ends.
    """
    for name in ("_initialize", "__wasm_call_ctors"):
        if functions.get(name) == _NOTHING:
            return name
    return START if functions.get(START) == _NOTHING and not is_command(core) else None


def is_command(core: CoreModule) -> bool:
    """Tells whether a module is a program of WASI, whose functions are not for callers to be called after its `_start`."""
    return core.exports.get(START, None) is not None and any(entry.module.startswith("wasi") for entry in core.imports)


def _derived(functions: dict[str, CoreType]) -> Iterator[tuple[str, Lift]]:
    signatures: dict[CoreType, Function | None] = {}      # many functions are of few types
    for name, type in functions.items():
        if type not in signatures:
            signatures[type] = None if _underivable(type) is not None else _signature(type)
        signature = signatures[type]
        if signature is not None:      # else it is told when somebody asks for it
            yield name, Lift(None, name, signature, Export(0, name), type)


def _argument(entry: CoreImport, resources: list[LocalResource], stubs: list[Stub]) -> Item:
    """Decides what an import gets: a resource's built-in, or a new stub."""
    where = f"{shown(entry.module)} {shown(entry.name)}"
    if entry.kind != "func" or entry.type is None:
        raise CoreProblem(f"the module imports the {entry.kind} {where}, and only functions can be; define it in the module")
    if (entry.type.params + entry.type.results).strip("iIfF"):
        raise CoreProblem(f"the imported function {where} has the type {cut(str(entry.type))}, and only numbers can be passed; remove it")
    for prefix, operation in _RESOURCE_IMPORTS.items():
        for number, local in enumerate(resources):
            home = f"[export]{local.resource.interface or '$root'}"
            if entry.module == home and entry.name == prefix + local.resource.name:
                return ResourceItem(operation, number)
    stubs.append(Stub(entry.module, entry.name, entry.type))
    return StubItem(len(stubs) - 1)


def _lift(module: CoreModule, functions: dict[str, CoreType], declared: Declarations, export: str) -> Lift:
    """Lifts one declared function, after comparing it with the core function it names."""
    signature, position = declared.functions[export], declared.positions[export]
    core = _export(functions, export, position)
    layouts = Layouts()
    needed, actual = layouts.lifted(signature), functions[core]
    if needed != actual:
        raise SignatureMismatch(
            f"`{export}` does not fit: `{cut(show_signature(signature))}` needs the core type {needed}, "
            f"but the module's {shown(core)} is {actual}; change one of them",
            position,
        )
    interface, _, name = export.rpartition("#")
    spilled_params, spilled_result = layouts.spilled(signature)
    takes = spilled_params or any(layouts.points(param.type) for param in signature.params)
    gives = spilled_result or (signature.result is not None and layouts.points(signature.result))
    memory = _memory(module, export, position) if takes or gives else None
    realloc = _realloc(functions, export, position) if takes else None
    post = _post_return(functions, core, actual, position)
    return Lift(interface or None, name, signature, Export(0, core), actual, memory, realloc, post)


def _export(functions: dict[str, CoreType], export: str, position: tuple[int, int]) -> str:
    """Finds the export that a declared function means: the same name, or the only one that differs in `_` and `-` alone."""
    if export in functions:
        return export
    same = [name for name in functions if name.replace("_", "-") == export.replace("_", "-")]
    if len(same) == 1:
        return same[0]
    if same:
        raise CoreProblem(f"`{export}` may be any of the module's {listed(same)}; rename one of them", position)
    raise CoreProblem(f"the module has no function `{export}`{advice(export, functions)}; it exports {listed(functions)}", position)


def _memory(core: CoreModule, export: str, position: tuple[int, int]) -> Item:
    found = core.exports.get("memory")
    if found is None or found.kind != "memory":
        has = "has no export `memory`" if found is None else f"exports a {found.kind} as `memory`"
        raise CoreProblem(
            f'the values of `{export}` need memory, and the module {has}; export it with `(memory (export "memory") 1)`', position
        )
    if found.memory64:
        raise CoreProblem(f"the values of `{export}` need memory, and the module's is a 64-bit one; use a 32-bit memory", position)
    return Export(0, "memory")


def _realloc(functions: dict[str, CoreType], export: str, position: tuple[int, int]) -> Item:
    found = functions.get("cabi_realloc")
    if found is None:
        raise CoreProblem(
            f"the arguments of `{export}` need room in the module's memory, and it has no export `cabi_realloc`; "
            f"export a function {REALLOC} of that name: old pointer, old size, alignment, new size",
            position,
        )
    if found != REALLOC:
        raise SignatureMismatch(f"`cabi_realloc`: expected {REALLOC}, got {found}; change it in the module", position)
    return Export(0, "cabi_realloc")


def _post_return(functions: dict[str, CoreType], export: str, type: CoreType, position: tuple[int, int]) -> Item | None:
    name = f"cabi_post_{export}"
    found = functions.get(name)
    needed = CoreType(type.results, "")
    if found is not None and found != needed:
        raise SignatureMismatch(
            f"{shown(name)} takes what {shown(export)} returns, so expected {needed}, got {found}; change it in the module",
            position,
        )
    return Export(0, name) if found is not None else None


def _resource(core: CoreModule, resource: Resource) -> LocalResource:
    """Finds a declared resource's destructor, which is optional."""
    name = f"[dtor]{resource.name}" if resource.interface is None else f"{resource.interface}#[dtor]{resource.name}"
    found = core.exports.get(name)
    needed = CoreType("i", "")
    if found is not None and found.type != needed:
        actual = str(found.type) if found.type is not None else f"a {found.kind}"
        raise SignatureMismatch(f"the destructor {shown(name)}: expected {needed}, got {actual}; change it in the module")
    return LocalResource(resource, Export(0, name) if found is not None else None)


def resources_of(functions: Iterable[Function]) -> list[Resource]:
    """The resources that functions speak of, each once, in order."""
    found: dict[int, Resource] = {}
    for function in functions:
        for type in [param.type for param in function.params] + ([function.result] if function.result is not None else []):
            for part in _parts(type):
                if isinstance(part, (Own, Borrow)):
                    found.setdefault(id(part.resource), part.resource)
    return list(found.values())


def _parts(type: Type) -> Iterator[Type]:
    """A type and all types inside it."""
    yield type
    for inner in parts(type):
        if inner is not None:
            yield from _parts(inner)
