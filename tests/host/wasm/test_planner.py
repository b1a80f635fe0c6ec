"""What plans say: steps, arguments, stubs, resources, lifts, and the names that types get."""

from __future__ import annotations

from pathlib import Path

import pytest
from wasmtime import wat2wasm

from moonwit.host.wasm.binary.core import read_core
from moonwit.host.wasm.binary.core_types import CoreType
from moonwit.host.wasm.component.component import Component, Interface, decode
from moonwit.host.wasm.plan.plan import Export, FlagItem, Lift, Plan, ResourceItem, StubItem
from moonwit.host.wasm.plan.planner import plan_component
from moonwit.host.wasm.problems import Refused
from moonwit.host.wasm.wit.types import Borrow, Field, Function, List, Option, Own, Primitive, Record, Tuple
from tests.texts import texts

_, wat = texts(__file__)

FOLDER = Path(__file__).parent / "components"


def read(name: str) -> Component:
    return decode(bytes(wat2wasm((FOLDER / f"{name}.wat").read_text())))


def plan(name: str) -> Plan:
    return plan_component(read(name))


def interface(component: Component, name: str) -> Interface:
    found = component.world.exports.get(name) or component.world.imports[name]
    assert isinstance(found, Interface)
    return found


def test_main_shim_and_fixup_are_steps_in_order() -> None:
    """Core instances are followed in order, each with one argument per import of its module."""
    found = plan("shim-and-fixup")
    assert [step.arguments for step in found.steps] == [(), (Export(0, "0"),), (StubItem(0), Export(0, "$imports"))]
    assert [found.modules[step.module][:4] for step in found.steps] == [b"\0asm"] * 3
    assert found.exports["run"] == Lift(None, "run", Function((), None), Export(1, "run"), CoreType("", ""))


def test_a_module_instantiated_twice_is_one_module() -> None:
    """Two instances of a module are two steps with the same bytes, held once."""
    found = plan("bundles")
    assert [step.module for step in found.steps] == [0, 1, 2, 2]
    assert len(found.modules) == 3
    assert found.exports["three"].core == Export(3, "f")
    assert found.exports["test:bundles/outer#two"].core == Export(2, "f")


def test_bundles_are_seen_through() -> None:
    """An item that is passed on through instances made of exports is named by the instance that it comes from."""
    found = plan("bundles")
    assert found.steps[1].arguments == (Export(0, "t"), Export(0, "g"), Export(0, "m"), Export(0, "f"))


def test_a_function_under_two_names_is_lifted_twice() -> None:
    """Each name of an exported function is an export of the plan."""
    exports = plan("bundles").exports
    assert exports["three"].core == exports["three-again"].core
    assert exports["three-again"].name == "three-again"


def test_stubs_tell_what_is_imported() -> None:
    """A lowered import is a stub with its interface, name, lowered signature and what linking it takes."""
    found = plan("imports")
    stubs = {(stub.interface, stub.function): stub for stub in found.stubs}
    assert {key: stub.type for key, stub in stubs.items()} == {
        ("test:host/store@1.2.3", "get"): CoreType("iiii", ""),
        ("test:host/store@1.2.3", "size"): CoreType("", "I"),
        ("test:host/store@1.2.3", "wide"): CoreType("ii", ""),
        ("$root", "log"): CoreType("ii", ""),
    }
    get = stubs["test:host/store@1.2.3", "get"]
    key = Record((Field("a", Primitive("u32")), Field("b", Primitive("string"))))
    assert get.signature == Function((Field("k", key),), Option(Primitive("string")))
    assert (get.memory, get.realloc) == (Export(0, "memory"), Export(0, "realloc"))
    assert (stubs["$root", "log"].memory, stubs["$root", "log"].realloc) == (Export(0, "memory"), None)


def test_dropping_an_imported_resource_is_a_stub() -> None:
    """The drop of an imported resource is named as other tools name it."""
    found = plan("imported-resource")
    assert [(stub.interface, stub.function, stub.type) for stub in found.stubs] == [
        ("test:host/files", "[constructor]file", CoreType("i", "i")),
        ("test:host/files", "[method]file.size", CoreType("i", "I")),
        ("test:host/files", "[resource-drop]file", CoreType("i", "")),
    ]
    resource = found.stubs[2].resource
    assert resource is not None and (resource.name, resource.interface, resource.local) == ("file", "test:host/files", False)
    assert found.exports["look"].type.params[0].type == Borrow(resource)
    assert found.resources == ()


def test_own_resources_have_builtins_a_destructor_and_a_name() -> None:
    """A resource that the component defines is numbered, and named after its export."""
    found = plan("own-resource")
    (local,) = found.resources
    assert (local.resource.name, local.resource.interface, local.resource.local) == ("counter", "test:own/counters", True)
    assert local.dtor == Export(0, "drop")
    assert found.steps[1].arguments == (ResourceItem("new", 0), ResourceItem("rep", 0), ResourceItem("drop", 0))
    assert set(found.exports) == {
        "test:own/counters#[constructor]counter", "test:own/counters#[method]counter.get", "test:own/counters#[static]counter.merge",
    }  # fmt: skip
    merge = found.exports["test:own/counters#[static]counter.merge"]
    assert (merge.interface, merge.name) == ("test:own/counters", "[static]counter.merge")
    assert merge.type.result == Own(local.resource)
    assert merge.core == Export(1, "merge")


def test_lifts_have_their_options() -> None:
    """Memory, realloc and post-return are there where the component gives them, and only there."""
    exports = plan("compound").exports
    point, lists, perms = exports["on-point"], exports["lists"], exports["on-perms"]
    assert (point.memory, point.realloc, point.post_return) == (Export(0, "memory"), Export(0, "realloc"), Export(0, "post"))
    assert lists.post_return is None
    assert (perms.memory, perms.realloc) == (None, None)


def test_types_are_named_after_imports_and_exports() -> None:
    """A type's name is the one it goes by where it is used."""
    component = read("named-types")
    use = interface(component, "test:names/use")
    pair = use.functions["greet"].params[0].type
    assert isinstance(pair, Tuple) and pair.name == "pair"
    assert isinstance(pair.types[0], Record) and pair.types[0].name == "user"
    first, every = component.world.exports["first"], component.world.exports["all"]
    assert isinstance(first, Function) and isinstance(every, Function)
    assert isinstance(first.params[0].type, Record) and first.params[0].type.name == "user"
    assert isinstance(first.result, Record) and first.result.name == "person"
    assert isinstance(every.result, List) and every.result.name == "users"
    assert set(component.world.types) == {"user", "person"}


def test_an_alias_of_a_resource_is_the_same_resource() -> None:
    """Interfaces that share a resource by way of an alias speak of one and the same."""
    component = read("imported-instance-types")
    streams, std = interface(component, "test:io/streams"), interface(component, "test:io/std")
    assert std.functions["get"].result == Own(streams.types["stream"])  # type: ignore[arg-type]
    assert streams.types["error"] is interface(component, "test:io/error").types["error"]


def test_an_ascribed_instance_shows_what_its_type_declares() -> None:
    """An instance exported with a narrower type has only that type's exports."""
    component = decode(bytes(wat2wasm(wat("an_ascribed_instance_shows_what_its_type_declares"))))
    assert set(interface(component, "a:b/less").functions) == {"g"}
    assert set(plan_component(component).exports) == {"a:b/less#g"}


def test_a_shared_memory_is_refused() -> None:
    """A memory that threads share is not taken, and the sentence does not say that anything is wrong with it."""
    component = decode(bytes(wat2wasm(wat("a_shared_memory_is_refused"))))
    with pytest.raises(Refused, match=r"^Of the export `f`, the memory is shared between threads, which Moonwit does not take yet\.$"):
        plan_component(component)


def test_an_encoding_matters_only_where_there_are_strings() -> None:
    """A function without strings may be lifted with any encoding."""
    component = decode(bytes(wat2wasm(wat("an_encoding_matters_only_where_there_are_strings"))))
    assert set(plan_component(component).exports) == {"f"}


def test_component_instances_are_joined_by_adapters() -> None:
    """What one component instance lifts another calls by way of a step of its own, which sees the flags of both."""
    found = plan("composed")
    assert found.instances == 2
    assert [step.arguments for step in found.steps] == [(), (FlagItem(1), Export(0, "f")), (Export(1, "call"),)]
    adapter = read_core(found.modules[found.steps[1].module])
    assert [(each.module, each.name) for each in adapter.imports] == [("caller", "flags"), ("callee", "func")]
    lift = found.exports["g"]
    assert (lift.core, lift.instance, lift.table) == (Export(2, "g"), 1, None)
