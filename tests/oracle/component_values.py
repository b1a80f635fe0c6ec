"""WIT values, as transcode.py holds them, to and from the C API's ``wasmtime_component_val_t``.

wasmtime-py's own conversion takes variants by the Python class of their payload, which can't tell all of them apart, and asks
for each type again with each value; here the WIT type says what to write and what must be there.
Source: wasmtime/component/val.h.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

from wasmtime import _ffi as ffi
from wasmtime.component import ResourceAny

from moonwit.host.wasm.wit import types as wit
from tests.oracle.transcode import Case, Passed

SIZE = ctypes.sizeof(ffi.wasmtime_component_val_t)
PAYLOAD = ffi.wasmtime_component_val_t.of.offset

# The union's field per primitive type; char and string are written apart.
_FIELDS = {kind: kind for kind in wit.PRIMITIVES} | {"bool": "boolean", "char": "character"}
_KINDS = {kind: getattr(ffi, f"WASMTIME_COMPONENT_{kind.upper()}").value for kind in wit.PRIMITIVES}
_U8 = _KINDS["u8"]
_KIND_OF = {
    wit.List: ffi.WASMTIME_COMPONENT_LIST.value,
    wit.Record: ffi.WASMTIME_COMPONENT_RECORD.value,
    wit.Tuple: ffi.WASMTIME_COMPONENT_TUPLE.value,
    wit.Variant: ffi.WASMTIME_COMPONENT_VARIANT.value,
    wit.Enum: ffi.WASMTIME_COMPONENT_ENUM.value,
    wit.Option: ffi.WASMTIME_COMPONENT_OPTION.value,
    wit.Result: ffi.WASMTIME_COMPONENT_RESULT.value,
    wit.Flags: ffi.WASMTIME_COMPONENT_FLAGS.value,
    wit.Own: ffi.WASMTIME_COMPONENT_RESOURCE.value,
    wit.Borrow: ffi.WASMTIME_COMPONENT_RESOURCE.value,
}

Release = Callable[[Passed], Any]
"""Gives a ``wasmtime_component_resource_any_t`` pointer for a handle that is passed; the value becomes its owner."""

Adopt = Callable[[wit.Resource, ResourceAny], Any]
"""Makes a handle of a resource that came from the guest."""


class Unreadable(Exception):
    """Wasmtime gave a value that is not of the function's type, which is a bug in Moonwit or in Wasmtime."""


def write(type: wit.Type, value: Any, out: Any, release: Release) -> None:
    """Writes a checked value into the uninitialized ``out``, which owns what it then refers to."""
    of = out.of
    if isinstance(type, wit.Primitive):
        out.kind = _KINDS[type.kind]
        if type.kind == "string":
            of.string = ffi.str_to_capi(value)
        else:
            setattr(of, _FIELDS[type.kind], ord(value) if type.kind == "char" else value)
        return
    out.kind = _KIND_OF[type.__class__]
    if isinstance(type, wit.List):
        ffi.wasmtime_component_vallist_new_uninit(ctypes.byref(of.list), len(value))
        if isinstance(value, bytes):
            octets = bytearray(SIZE * len(value))
            octets[::SIZE] = bytes([_U8]) * len(value)
            octets[PAYLOAD::SIZE] = value
            ctypes.memmove(of.list.data, (ctypes.c_char * len(octets)).from_buffer(octets), len(octets))
        else:
            for i, item in enumerate(value):
                write(type.element, item, of.list.data[i], release)
    elif isinstance(type, wit.Record):
        ffi.wasmtime_component_valrecord_new_uninit(ctypes.byref(of.record), len(value))
        for i, (field, item) in enumerate(zip(type.fields, value, strict=True)):
            entry = of.record.data[i]
            entry.name = ffi.str_to_capi(field.name)
            write(field.type, item, entry.val, release)
    elif isinstance(type, wit.Tuple):
        ffi.wasmtime_component_valtuple_new_uninit(ctypes.byref(of.tuple), len(value))
        for i, (part, item) in enumerate(zip(type.types, value, strict=True)):
            write(part, item, of.tuple.data[i], release)
    elif isinstance(type, wit.Variant):
        case = type.cases[value.index]
        of.variant.discriminant = ffi.str_to_capi(case.name)
        of.variant.val = _boxed(case.type, value.payload, release)
    elif isinstance(type, wit.Option):
        of.option = _boxed(type.some if value.index else None, value.payload, release)
    elif isinstance(type, wit.Result):
        of.result.is_ok = value.index == 0
        of.result.val = _boxed(type.err if value.index else type.ok, value.payload, release)
    elif isinstance(type, wit.Enum):
        of.enumeration = ffi.str_to_capi(value)
    elif isinstance(type, wit.Flags):
        ffi.wasmtime_component_valflags_new_uninit(ctypes.byref(of.flags), len(value))
        for i, name in enumerate(value):
            of.flags.data[i] = ffi.str_to_capi(name)
    else:
        of.resource = release(value)


def _boxed(type: wit.Type | None, value: Any, release: Release) -> Any:
    if type is None:
        return None
    inner = ffi.wasmtime_component_val_t()
    write(type, value, inner, release)
    return ffi.wasmtime_component_val_new(ctypes.byref(inner))


def read(type: wit.Type, given: Any, adopt: Adopt) -> Any:
    """Reads a value, which stays the owner of all but the resources in it; raises ``Unreadable``."""
    of = given.of
    kind = _KINDS[type.kind] if isinstance(type, wit.Primitive) else _KIND_OF[type.__class__]
    if given.kind != kind:
        raise Unreadable(f"a value of kind {given.kind} stands where kind {kind} is expected")
    if isinstance(type, wit.Primitive):
        if type.kind == "string":
            return _text(of.string)
        value = getattr(of, _FIELDS[type.kind])
        return chr(value) if type.kind == "char" else value
    if isinstance(type, wit.List):
        size = of.list.size
        if not size:
            return b"" if _is_octets(type) else []
        if _is_octets(type):
            octets = ctypes.string_at(of.list.data, SIZE * size)
            if octets[::SIZE].count(_U8) != size:
                raise Unreadable("a list<u8> holds something else")
            return octets[PAYLOAD::SIZE]
        return [read(type.element, of.list.data[i], adopt) for i in range(size)]
    if isinstance(type, wit.Record):
        if [_text(of.record.data[i].name) for i in range(of.record.size)] != [field.name for field in type.fields]:
            raise Unreadable("a record has other fields than its type")
        return tuple(read(field.type, of.record.data[i].val, adopt) for i, field in enumerate(type.fields))
    if isinstance(type, wit.Tuple):
        if of.tuple.size != len(type.types):
            raise Unreadable("a tuple has another length than its type")
        return tuple(read(part, of.tuple.data[i], adopt) for i, part in enumerate(type.types))
    if isinstance(type, wit.Variant):
        name = _text(of.variant.discriminant)
        index = next((i for i, case in enumerate(type.cases) if case.name == name), None)
        if index is None:
            raise Unreadable(f"a variant has the unknown case {name}")
        return Case(index, _unboxed(type.cases[index].type, of.variant.val, adopt))
    if isinstance(type, wit.Option):
        return Case(1, read(type.some, of.option.contents, adopt)) if of.option else Case(0)
    if isinstance(type, wit.Result):
        index = 0 if of.result.is_ok else 1
        return Case(index, _unboxed(type.err if index else type.ok, of.result.val, adopt))
    if isinstance(type, wit.Enum):
        return _text(of.enumeration)
    if isinstance(type, wit.Flags):
        return frozenset(_text(of.flags.data[i]) for i in range(of.flags.size))
    assert isinstance(type, (wit.Own, wit.Borrow)), type
    pointer = ffi.take_pointer(of, "resource")
    given.kind, of.boolean = _KINDS["bool"], False  # What is deleted later no longer has it.
    return adopt(type.resource, ResourceAny._from_ptr(pointer))


def _unboxed(type: wit.Type | None, box: Any, adopt: Adopt) -> Any:
    if type is None:
        return None
    if not box:
        raise Unreadable("a case lacks its payload")
    return read(type, box.contents, adopt)


def _is_octets(type: wit.List) -> bool:
    return isinstance(type.element, wit.Primitive) and type.element.kind == "u8"


def _text(name: Any) -> str:
    return ctypes.string_at(name.data, name.size).decode() if name.size else ""
