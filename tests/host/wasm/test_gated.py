"""Encodings that the text format does not write (yet): values, start functions, names with attributes, unknown codes."""

from __future__ import annotations

import pytest

from moonwit.host.wasm.component.component import decode
from moonwit.host.wasm.plan.plan import StubItem
from moonwit.host.wasm.plan.planner import plan_component
from moonwit.host.wasm.problems import Malformed, Refused

FUNCTION_TYPE = b"\x01\x40\0\1\0"


def component(*sections: tuple[int, bytes]) -> bytes:
    return b"\0asm\x0d\0\1\0" + b"".join(bytes([identity, len(body)]) + body for identity, body in sections)


@pytest.mark.parametrize("name", [b"\0\1f", b"\1\1f", b"\2\1f\0", b"\2\1f\1\2\2id"], ids=["00", "01", "02", "attribute"])
def test_names_have_prefixes_and_attributes(name: bytes) -> None:
    """A name means the same with any of its prefixes, and attributes are stepped over."""
    found = decode(component((7, FUNCTION_TYPE), (10, b"\1" + name + b"\1\0")))
    assert list(found.world.imports) == ["f"]


@pytest.mark.parametrize(
    ("sections", "sentence"),
    [
        ([(12, b"\0")], "The component defines values"),
        ([(10, b"\1\0\1v\2\1\x7d")], "The component imports or exports a value"),
        ([(9, b"\0\1\0\0")], "The component's start function takes or gives values"),
        ([(8, b"\1\1\0\0\1\x09")], "The component uses the canonical option `gc`"),
        ([(8, b"\1\1\0\0\1\x08\0")], "The component uses the canonical option `core-type`"),
        ([(7, b"\1\x3f\x7e\0")], "The component has a resource that is represented by 64 bits"),
    ],
)
def test_what_no_path_takes_is_refused(sections: list[tuple[int, bytes]], sentence: str) -> None:
    """Features of the component model that Wasmtime keeps switched off are refused with their name."""
    with pytest.raises(Refused) as caught:
        decode(component(*sections))
    assert str(caught.value).startswith(f"{sentence}, ") and str(caught.value).endswith("Moonwit does not take yet.")


def test_an_imported_start_function_is_a_step() -> None:
    """A start function that comes from outside is called as an import, by a module of ours."""
    found = plan_component(decode(component((7, FUNCTION_TYPE), (10, b"\1\0\1f\1\0"), (9, b"\0\0\0"))))
    assert [step.arguments for step in found.steps] == [(StubItem(0),)]
    assert (found.stubs[0].interface, found.stubs[0].function) == ("$root", "f")


@pytest.mark.parametrize(
    ("sections", "sentence"),
    [
        ([(13, b"")], "a component has no section 13, at byte 8"),
        ([(7, b"\1\x4a")], "0x4a is not a type that is known here, at byte 11"),
        ([(8, b"\1\x70")], "0x70 is not a canonical definition that is known here, at byte 11"),
        ([(8, b"\1\1\0\0\1\x0a")], "0x0a is not a canonical option that is known here, at byte 15"),
        ([(8, b"\1\1\0\0\2\0\1")], "two string encodings are given, at byte 16"),
        ([(10, b"\1\3\1f\1\0")], "a name can't start with 0x03, at byte 11"),
        ([(10, b"\1\0\3a b\1\0")], "'a b' is not the name of an import or export, at byte 11"),
        ([(6, b"\1\0\0\0\0\0")], "an alias can't reach a core func in way 0x00, at byte 11"),
        ([(1, b"\0asm\2\0\0\0")], "this is not a core WebAssembly module, at byte 10"),
        ([(4, b"\0asm\x0e\0\1\0")], "this is a component of version 14, not 13, at byte 10"),
        ([(9, b"\0\0\0")], "there is no func 0, only 0 defined so far, at byte 10"),
        ([(7, b"\1\x72\0")], "a type of kind record can't be empty, at byte 12"),
    ],
)
def test_unknown_codes_are_malformed(sections: list[tuple[int, bytes]], sentence: str) -> None:
    """What can't be read is never guessed at: the error names the code and the byte."""
    with pytest.raises(Malformed) as caught:
        decode(component(*sections))
    assert str(caught.value) == sentence
