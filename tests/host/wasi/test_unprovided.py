"""What is said of imports that are not there, of components; and the names of what is there."""

from __future__ import annotations

from pathlib import Path

import pytest
from wasmtime import Store, WasmtimeError, wat2wasm

import moonwit
from moonwit.host.engine.engine import shared_engine
from moonwit.host.wasi import grants as wasi
from moonwit.host.wasi.interfaces import functions_of
from tests.oracle import linking
from tests.projects import entry, write
from tests.texts import texts

_, wat = texts(__file__)

GUEST = wat("guest")
NO_FUNCTION, OTHER_TYPE = "but the interface has no such function", "but the interface has it with another type"
NOTHING = "which nothing provides"
# Interface, function, type, and what is said of it.
CASES = [
    ("wasi:random/random@0.2.0", "get-bytes", "u64", f"{NO_FUNCTION}: did you mean `get-random-bytes`?"),
    ("wasi:random/random@0.2.0", "get-random-u64", "u32", OTHER_TYPE),
    ("wasi:filesystem/types@0.2.0", "nothing-of-it", "u32", NO_FUNCTION),
    ("wasi:filesystem/types@0.3.0", "nothing-of-it", "u64", f"{NO_FUNCTION}: build the component for WASI 0.3"),
    ("wasi:filesystem/types@0.4.0", "nothing-of-it", "u64", "which is of WASI 0.4, and nothing provides that"),
    ("wasi:cli/envirronment@0.2.0", "get-arguments", "u32", f"{NOTHING}: did you mean `wasi:cli/environment`?"),
    ("wasi:keyvalue/store@0.2.0", "open", "u32", f"{NOTHING}: "),
    ("demo:own/thing@1.0.0", "go", "u32", f"{NOTHING}: "),
]


@pytest.mark.parametrize("grants", ["", "wasi:random, wasi:filesystem"])
def test_components(tmp_path: Path, grants: str) -> None:
    """It is said what a component imports in vain, whatever its entry grants."""
    entries = []
    for number, (interface, name, type, _) in enumerate(CASES):
        text = GUEST.replace("INTERFACE", interface).replace("NAME", name).replace("TYPE", type)
        source = text.replace("CORE", "i64" if type == "u64" else "i32")
        entries.append(entry(f"f{number}", source=source, method="go", imports=grants.split(", ") if grants else []))
    with moonwit.open(write(tmp_path, *entries, namespace="c")) as project:
        for number, (interface, name, _, sentence) in enumerate(CASES):
            with pytest.raises(moonwit.CallError) as caught:
                project.call(f"c:f{number}")
            shown = interface if "@0.3" in interface or "@0.4" in interface else wasi.interface_of(interface)
            assert caught.value.message.startswith(f"the function c:f{number} calls {name} of {shown}, {sentence}")
            assert caught.value.kind == "PermissionDenied"


# Interfaces that are not Wasmtime's, or not only.
OURS = ("wasi:cli/environment", "wasi:cli/exit", "wasi:clocks/timezone")


INTERFACES = [name for package, names in wasi.PACKAGES.items() for each in names if (name := f"{package}/{each}") not in OURS]


@pytest.mark.parametrize("interface", INTERFACES)
def test_the_functions_of_the_interfaces(interface: str) -> None:
    """Wasmtime has the functions that are listed of an interface, and not one that is not; methods are left out, which need a resource."""
    # Wasmtime keeps network-error-code behind a switch.
    names = [name for name in functions_of(interface) if not name.startswith("[") and name != "network-error-code"]
    for name in (*names, "nothing-of-it"):
        text = f'(component (import "{interface}@0.2.0" (instance (export "{name}" (func (param "impossible" (tuple u8 char)))))))'
        component = linking.load(bytes(wat2wasm(text)))
        with pytest.raises(WasmtimeError) as caught:
            linking.link(component, frozenset(wasi.PACKAGES)).instantiate(Store(shared_engine()), component)
        assert ("function implementation is missing" in str(caught.value)) == (name == "nothing-of-it"), (interface, name)
