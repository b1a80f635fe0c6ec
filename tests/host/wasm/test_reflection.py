"""Holds our decoding of components against Wasmtime's own reflection, for every component at hand."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from wasmtime import Config, Engine, _bindings, wat2wasm
from wasmtime import component as wt

from moonwit.host.wasm.binary.core import is_component
from moonwit.host.wasm.component.component import Interface, decode
from moonwit.host.wasm.plan.planner import plan_component
from moonwit.host.wasm.problems import Refused
from moonwit.host.wasm.wit import types
from moonwit.host.wasm.wit.flatten import Layouts, flatten

HERE = Path(__file__).parent
BEYOND = sorted((HERE / "beyond").glob("*.wat"))      # what Wasmtime has not implemented, so can't reflect
PROJECT = HERE.parents[2]
TEXTS = sorted((HERE / "components").glob("*.wat"))
FOUND = sorted(path for folder in ("examples", "tests/guests") for path in (PROJECT / folder).glob("**/*.wasm"))
GUESTS = [path for path in FOUND if "node_modules" not in path.parts]      # there are the tools that build a guest
COMPONENTS = TEXTS + [path for path in GUESTS if is_component(path.read_bytes()[:8])]


def binary(path: Path) -> bytes:
    return path.read_bytes() if path.suffix == ".wasm" else bytes(wat2wasm(path.read_text()))


def reflecting_engine() -> Engine:
    """An engine that knows all that we take, async components too."""
    config = Config()
    config.wasm_component_model_map = True
    for name in ("async", "async_stackful", "more_async_builtins"):
        getattr(_bindings, f"wasmtime_config_wasm_component_model_{name}_set")(config.ptr(), True)
    return Engine(config)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return reflecting_engine()


class Resources:
    """Which of our resources stands for which of Wasmtime's; a resource must have one partner for good."""

    def __init__(self) -> None:
        self.pairs: list[tuple[types.Resource, Any]] = []

    def agree(self, ours: types.Resource, theirs: Any) -> None:
        for mine, other in self.pairs:
            assert (mine is ours) == (other == theirs), f"{ours} is confused with {mine}"
        self.pairs.append((ours, theirs))


def compare_type(ours: Any, theirs: Any, resources: Resources) -> None:
    """Fails unless both describe the same type."""
    kind = type(theirs).__name__
    if isinstance(ours, types.Primitive):
        assert kind.lower() == ours.kind
    elif isinstance(ours, types.Record):
        assert kind == "RecordType" and [f.name for f in ours.fields] == [name for name, _ in theirs.fields]
        for field, (_, other) in zip(ours.fields, theirs.fields, strict=True):
            compare_type(field.type, other, resources)
    elif isinstance(ours, types.Variant):
        assert kind == "VariantType" and [case.name for case in ours.cases] == [name for name, _ in theirs.cases]
        for case, (_, other) in zip(ours.cases, theirs.cases, strict=True):
            compare_optional(case.type, other, resources)
    elif isinstance(ours, types.List):
        assert kind == "ListType"
        compare_type(ours.element, theirs.element, resources)
    elif isinstance(ours, types.Tuple):
        assert kind == "TupleType"
        for part, other in zip(ours.types, theirs.elements, strict=True):
            compare_type(part, other, resources)
    elif isinstance(ours, (types.Flags, types.Enum)):
        assert kind == type(ours).__name__ + "Type" and list(ours.names) == list(theirs.names)
    elif isinstance(ours, types.Option):
        assert kind == "OptionType"
        compare_type(ours.some, theirs.payload, resources)
    elif isinstance(ours, types.Result):
        assert kind == "ResultType"
        compare_optional(ours.ok, theirs.ok, resources)
        compare_optional(ours.err, theirs.err, resources)
    elif isinstance(ours, (types.Own, types.Borrow)):
        assert kind == type(ours).__name__ + "Type"
        resources.agree(ours.resource, theirs.ty)
    elif isinstance(ours, (types.Stream, types.Future)):
        assert kind == type(ours).__name__ + "Type"
        compare_optional(ours.element, theirs.payload, resources)
    else:
        assert isinstance(ours, types.Resource) and kind == "ResourceType", f"{ours} against {theirs}"
        resources.agree(ours, theirs)


def compare_optional(ours: Any, theirs: Any, resources: Resources) -> None:
    assert (ours is None) == (theirs is None)
    if ours is not None:
        compare_type(ours, theirs, resources)


def compare_function(ours: types.Function, theirs: Any, resources: Resources) -> None:
    assert [param.name for param in ours.params] == [name for name, _ in theirs.params]
    for param, (_, other) in zip(ours.params, theirs.params, strict=True):
        compare_type(param.type, other, resources)
    compare_optional(ours.result, theirs.result, resources)


def compare_items(ours: dict[str, Any], theirs: dict[str, Any], world_types: dict[str, Any], engine: Engine, resources: Resources) -> None:
    """Fails unless both have the same names with the same things behind them."""
    assert list(ours) == list(theirs)
    for name, item in ours.items():
        other = theirs[name].ty
        if isinstance(item, types.Function):
            compare_function(item, other, resources)
        elif isinstance(item, Interface):
            everything = item.functions | item.types | item.others
            inside = other.exports(engine)
            assert set(everything) == set(inside)
            compare_items({key: everything[key] for key in inside}, inside, item.types, engine, resources)
        elif isinstance(item, str):
            names = {"a component": "ComponentType", "a core module": "ModuleType", "an instance": "ComponentInstanceType"}
            if item == "a type":
                compare_type(world_types[name], other, resources)
            else:
                assert names[item] == type(other).__name__
        else:
            compare_type(item, other, resources)


# Compiling a large guest takes hundreds of MiB, which a process of its own gives back.
LARGE = 4 * 1024 * 1024
COMPILE = """
import sys
from pathlib import Path
from wasmtime import component
from tests.host.wasm.test_reflection import reflecting_engine
Path(sys.argv[2]).write_bytes(component.Component(reflecting_engine(), Path(sys.argv[1]).read_bytes()).serialize())
"""


def compiled(path: Path, data: bytes, engine: Engine, folder: Path) -> wt.Component:
    if len(data) < LARGE:
        return wt.Component(engine, data)
    file = folder / "compiled"
    subprocess.run([sys.executable, "-c", COMPILE, path, file], check=True, cwd=PROJECT)
    return wt.Component.deserialize_file(engine, str(file))


@pytest.mark.parametrize("path", COMPONENTS, ids=lambda path: path.name)
def test_world_is_what_wasmtime_reflects(path: Path, engine: Engine, tmp_path: Path) -> None:
    """A component has the imports, exports and types that Wasmtime says it has."""
    data = binary(path)
    world, resources = decode(data).world, Resources()
    reflected = compiled(path, data, engine, tmp_path).type
    # Wasmtime leaves out imported types other than resources: nobody has to provide them.
    imports = {name: item for name, item in world.imports.items() if item != "a type" or isinstance(world.types[name], types.Resource)}
    compare_items(imports, reflected.imports(engine), world.types, engine, resources)
    # An instance in an instance stands beside it too, as an interface of its own.
    exports = {name: item for name, item in world.exports.items() if "#" not in name}
    compare_items(exports, reflected.exports(engine), world.types, engine, resources)


@pytest.mark.parametrize("path", COMPONENTS + BEYOND, ids=lambda path: path.name)
def test_plan_lifts_every_exported_function(path: Path) -> None:
    """A plan has each function that the world exports, with its type; or the file's first line says why there is no plan."""
    component = decode(binary(path))
    first = path.read_text().partition("\n")[0] if path.suffix == ".wat" else ""
    if first.startswith(";; Refused: "):
        with pytest.raises(Refused) as caught:
            plan_component(component)
        assert f";; {type(caught.value).__name__}: {caught.value}" == first
        return
    expected: dict[str, types.Function] = {}
    for name, item in component.world.exports.items():
        if isinstance(item, Interface):
            expected |= {f"{name}#{inner}": function for inner, function in item.functions.items()}
        elif isinstance(item, types.Function):
            expected[name] = item
    found = plan_component(component).exports
    assert {path: lift.type for path, lift in found.items()} == expected
    for path, lift in found.items():
        # Compiled guests lift async functions with a callback.
        wanted = Layouts().lifted_async(lift.type, callback=True) if lift.type.asynchronous else flatten(lift.type)
        assert (lift.export, lift.core_type) == (path, wanted)
