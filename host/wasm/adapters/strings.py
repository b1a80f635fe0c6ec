"""Writes the functions that copy strings from one memory to the other, and from one encoding to another (CanonicalABI.md, "Storing").

How much is asked of the target's realloc, and when, is as the standard has it: first what suffices in the best case, or for UTF-16 from
UTF-8 in the worst; then, with the first character that takes more, what suffices in the worst; and at last what was needed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from moonwit.host.wasm.adapters import transcode
from moonwit.host.wasm.adapters.lists import copy_bytes
from moonwit.host.wasm.adapters.places import Side
from moonwit.host.wasm.adapters.routines import LONGEST, trap

Need = Callable[[str, Callable[[str], str]], str]

# How far addresses are aligned, less one.
_ALIGNED: Final = {"utf8": 0, "utf16": 1, "latin1+utf16": 1}


def copies(name: str, source: Side, target: Side, need: Need) -> str:
    """Gives the function that copies a string: it takes the address and tagged length in the source, and gives those in the target."""
    taken = f"(param $at {source.address}) (param $length {source.address})"
    head = f"(func {name} {taken} (result {target.address} {target.address})"
    wide = _checked(source, 2, "utf16") + _convert(source, target, "utf16", need)
    if source.encoding == "utf16":
        return f"{head} {wide})"
    narrow = _checked(source, 1, source.encoding)
    if source.encoding == "utf8":
        return f"{head} {narrow} {_convert(source, target, 'utf8', need)})"
    tag = source.constant(-(1 << (8 * source.width - 1)))
    return f"""{head}
      local.get $length {tag} {source.address}.and {source.constant(0)} {source.address}.ne
      if
       local.get $length {tag} {source.address}.xor local.set $length
       {wide} return
      end
      {narrow} {_convert(source, target, "latin1", need)})"""


def _checked(source: Side, unit: int, encoding: str) -> str:
    return f"""local.get $length {source.constant(LONGEST // unit)} {source.address}.gt_u
      if {trap(source, "too_long")} end
      local.get $at local.get $length {source.to_i64} i64.const {unit} i64.mul i32.const {_ALIGNED[encoding]}
      call $check_{source.name}_string
      """


def _convert(source: Side, target: Side, encoding: str, need: Need) -> str:
    """Calls the function that converts from a simple encoding to the target's, and makes a length of the target of its i32."""
    name = f"${source.name}_{encoding}_to_{target.encoding.replace('+', '_')}"
    call = need(name, lambda name: _WRITERS[encoding, target.encoding](name, transcode.Pair(source, target), need))
    length = target.from_i32
    if target.encoding == "latin1+utf16" and target.memory64:
        # The tag is the highest bit of an i32, and becomes that of an i64.
        length = "i64.extend_i32_s i64.const 0x800000007fffffff i64.and"
    return f"local.get $at local.get $length {source.to_i32} {call} {length}"


def _head(name: str, pair: transcode.Pair) -> str:
    """Begins a function that converts ``length`` code units at ``at``, and gives where they are and how many there are then."""
    a, b = pair.source.address, pair.target.address
    return f"""(func {name} (param $at {a}) (param $length i32) (result {b} i32)
      (local $end {a}) (local $first {b}) (local $to {b}) (local $size i32)"""


def _allocate(pair: transcode.Pair, align: int, size: str) -> str:
    target = pair.target
    return f"{target.constant(0)} i32.const 0 i32.const {align} {size} call {target.realloc} local.tee $first local.set $to"


def _reallocate(pair: transcode.Pair, align: int, old: str, new: str) -> str:
    return f"local.get $first {old} i32.const {align} {new} call {pair.target.realloc} local.set $first"


def _end(pair: transcode.Pair, unit: int) -> str:
    return f"local.get $at {_times(unit)} {pair.source.from_i32} {pair.source.address}.add local.set $end"


def _times(factor: int) -> str:
    return "local.get $length" if factor == 1 else f"local.get $length i32.const {factor} i32.mul"


def _fit(pair: transcode.Pair, align: int, worst: int) -> str:
    """Sets ``size`` to the bytes written, and gives back the rest of what was asked for."""
    return f"""local.get $to local.get $first {pair.target.address}.sub {pair.target.to_i32} local.tee $size
      {_times(worst)} i32.ne
      if {_reallocate(pair, align, _times(worst), "local.get $size")} end"""


def _plain(unit: int, align: int) -> Callable[[str, transcode.Pair, Need], str]:
    """From Latin-1 to the same."""

    def write(name: str, pair: transcode.Pair, need: Need) -> str:
        return f"""{_head(name, pair)}
          {_allocate(pair, align, _times(unit))}
          local.get $first local.get $at {_times(unit)} {copy_bytes(pair.source, pair.target)}
          local.get $first local.get $length)"""

    return write


def _straight(step: transcode.Write, unit: int, align: int, worst: int) -> Callable[[str, transcode.Pair, Need], str]:
    """To an encoding that takes ``worst`` bytes for a unit; a function ``step`` does it all."""

    def write(name: str, pair: transcode.Pair, need: Need) -> str:
        exact = "" if step is not transcode.utf8_into_utf16 else _fit(pair, align, worst)
        length = "local.get $length" if not exact else "local.get $size i32.const 1 i32.shr_u"
        return f"""{_head(name, pair)}
          {_allocate(pair, align, _times(worst))} {_end(pair, unit)}
          local.get $at local.get $end local.get $to {pair.need(need, step)} local.set $to
          {exact}
          local.get $first {length})"""

    return write


def _to_utf8(ascii: transcode.Write, rest: transcode.Write, unit: int, worst: int) -> Callable[[str, transcode.Pair, Need], str]:
    """To UTF-8: as long as all is ASCII, as many bytes as code units."""

    def write(name: str, pair: transcode.Pair, need: Need) -> str:
        b = pair.target.address
        return f"""{_head(name, pair)}
          {_allocate(pair, 1, "local.get $length")} {_end(pair, unit)}
          local.get $at local.get $end local.get $to {pair.need(need, ascii)} local.set $to local.set $at
          local.get $at local.get $end {pair.source.address}.eq
          if local.get $first local.get $length return end
          local.get $to local.get $first {b}.sub local.set $to
          {_reallocate(pair, 1, "local.get $length", _times(worst))}
          local.get $at local.get $end local.get $to local.get $first {b}.add {pair.need(need, rest)} local.set $to
          {_fit(pair, 1, worst)}
          local.get $first local.get $size)"""

    return write


def _to_latin1(narrow: transcode.Write, wide: transcode.Write, unit: int) -> Callable[[str, transcode.Pair, Need], str]:
    """To Latin-1, or, where that lacks a character, to UTF-16."""

    def write(name: str, pair: transcode.Pair, need: Need) -> str:
        b = pair.target.address
        return f"""{_head(name, pair)}
          {_allocate(pair, 2, "local.get $length")} {_end(pair, unit)}
          local.get $at local.get $end local.get $to {pair.need(need, narrow)} local.set $to local.set $at
          local.get $at local.get $end {pair.source.address}.eq
          if {_fit(pair, 2, 1)} local.get $first local.get $size return end
          local.get $to local.get $first {b}.sub local.set $to
          {_reallocate(pair, 2, "local.get $length", _times(2))}
          local.get $first local.get $to {pair.target.to_i32} {pair.need(need, transcode.widened)}
          local.get $at local.get $end
          local.get $first local.get $to {b}.add local.get $to {b}.add
          {pair.need(need, wide)} local.set $to
          {_fit(pair, 2, 2)}
          local.get $first local.get $size i32.const 1 i32.shr_u i32.const 0x80000000 i32.or)"""

    return write


def _narrowed(name: str, pair: transcode.Pair, need: Need) -> str:
    """From tagged UTF-16, which may be nothing but Latin-1, to the same."""
    return f"""{_head(name, pair)}
      {_allocate(pair, 2, _times(2))} {_end(pair, 2)}
      local.get $at local.get $end local.get $to {pair.need(need, transcode.utf16_into_latin1)} local.set $to
      local.get $end {pair.source.address}.eq
      if
       {_reallocate(pair, 1, _times(2), "local.get $length")}
       local.get $first local.get $length return
      end
      local.get $at local.get $end local.get $first {pair.need(need, transcode.utf16_into_utf16)} drop
      local.get $first local.get $length i32.const 0x80000000 i32.or)"""


def _from_utf16(name: str, pair: transcode.Pair, need: Need) -> str:
    if pair.source.encoding == "latin1+utf16":
        return _narrowed(name, pair, need)
    return _to_latin1(transcode.utf16_into_latin1, transcode.utf16_into_utf16, 2)(name, pair, need)


_WRITERS: Final = {
    ("utf8", "utf8"): _straight(transcode.utf8_into_utf8, 1, 1, 1),
    ("utf8", "utf16"): _straight(transcode.utf8_into_utf16, 1, 2, 2),
    ("utf8", "latin1+utf16"): _to_latin1(transcode.utf8_into_latin1, transcode.utf8_into_utf16, 1),
    ("utf16", "utf8"): _to_utf8(transcode.utf16_into_ascii, transcode.utf16_into_utf8, 2, 3),
    ("utf16", "utf16"): _straight(transcode.utf16_into_utf16, 2, 2, 2),
    ("utf16", "latin1+utf16"): _from_utf16,
    ("latin1", "utf8"): _to_utf8(transcode.latin1_into_ascii, transcode.latin1_into_utf8, 1, 2),
    ("latin1", "utf16"): _straight(transcode.latin1_into_utf16, 1, 2, 2),
    ("latin1", "latin1+utf16"): _plain(1, 2),
}
