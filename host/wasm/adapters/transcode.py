"""Writes the loops that copy the characters of a string: from ``$at`` up to ``$end`` in the source, to ``$to`` in the target.

Most text is ASCII, or Latin-1: sixteen or eight characters are copied at once, and those before the first one that is different count. What
is written behind it is written over later; the target has room for it, as many code units at least as the source has left.
An address behind the last byte of a memory of 4 GiB is 0, so that ends are compared for equality only.
"""

from __future__ import annotations

from collections.abc import Callable

from moonwit.host.wasm.adapters.places import Side
from moonwit.host.wasm.adapters.routines import trap
from moonwit.registry.record import record


@record
class Pair:
    """The two sides of a string's way."""

    source: Side
    target: Side

    def need(self, need: Callable[[str, Callable[[str], str]], str], write: Write) -> str:
        """Sees to it that one of the functions below is written; gives the instruction that calls it."""
        called = need(f"${self.source.name}_{write.__name__}", lambda name: write(name, self))
        if write in (utf8_into_utf8, utf8_into_utf16, utf8_into_latin1):
            need(f"${self.source.name}_utf8_char", lambda name: _utf8_char(name, self.source))
        if write in (utf16_into_utf8, utf16_into_utf16):
            need(f"${self.source.name}_utf16_char", lambda name: _utf16_char(name, self.source))
        if write in (utf8_into_utf8, utf16_into_utf8):
            need(f"${self.source.name}_put_utf8", lambda name: _put_utf8(name, self.target))
        return called

    def left(self, number: int) -> str:
        """Tells whether at least so many bytes are left."""
        a = self.source
        return f"local.get $end local.get $at {a.address}.sub {a.constant(number)} {a.address}.ge_u"

    def forward(self, read: str, written: str) -> str:
        """Steps over what is read and written: two i32."""
        a, b = self.source, self.target
        return f"""local.get $at {read} {a.from_i32} {a.address}.add local.set $at
          local.get $to {written} {b.from_i32} {b.address}.add local.set $to"""

    def loop(self, name: str, both: bool, body: str) -> str:
        """Makes a function of a loop, which ends by a branch to ``$done``; it gives the end in the target, or where it is in both."""
        a, b = self.source.address, self.target.address
        return f"""(func {name} (param $at {a}) (param $end {a}) (param $to {b}) (result {a if both else ""} {b})
          (local $char i32) (local $mask i32) (local $lanes v128)
          block $done loop $next {body} br $next end end
          {"local.get $at" if both else ""} local.get $to)"""

    @property
    def finished(self) -> str:
        return f"local.get $at local.get $end {self.source.address}.eq br_if $done"


Write = Callable[[str, Pair], str]


def _bytes_at_once(pair: Pair, wide: bool) -> str:
    """Copies ASCII bytes, each to a byte, or to two where ``wide``; before another it stops, or else it begins again."""
    a, b = pair.source.memory, pair.target.memory
    sixteen = f"local.get $to local.get $lanes v128.store {b}"
    if wide:
        sixteen = " ".join(f"local.get $to local.get $at v128.load8x8_u {a} offset={n} v128.store {b} offset={2 * n}" for n in (0, 8))
    eight = f"v128.load8x8_u {a} v128.store {b}" if wide else f"i64.load {a} i64.store {b}"
    four = f"v128.load32_zero {a} i16x8.extend_low_i8x16_u v128.store64_lane {b} 0" if wide else f"i32.load {a} i32.store {b}"
    twice = "i32.const 1 i32.shl" if wide else ""

    def step(number: int, first: str) -> str:
        """Steps over the characters before the first one that is different; to the next step if there is none."""
        return f"""{first} local.set $mask
          {pair.forward("local.get $mask", f"local.get $mask {twice}")}
          local.get $mask i32.const {number} i32.eq br_if $next"""

    def word(number: int, type: str, wrap: str) -> str:
        mask = 0x8080808080808080 % (1 << 8 * number)
        return step(number, f"local.get $at {type}.load {a} {type}.const {mask} {type}.and {type}.ctz {wrap} i32.const 3 i32.shr_u")

    return f"""{pair.left(16)}
      if
       local.get $at v128.load {a} local.set $lanes
       {sixteen}
       {step(16, "local.get $lanes i8x16.bitmask i32.const 0x10000 i32.or i32.ctz")}
      else
       {pair.left(8)}
       if
        local.get $to local.get $at {eight}
        {word(8, "i64", "i32.wrap_i64")}
       else
        {pair.left(4)}
        if
         local.get $to local.get $at {four}
         {word(4, "i32", "")}
        end
       end
      end"""


def _units_at_once(pair: Pair, different: str, wide: bool) -> str:
    """The same for eight UTF-16 code units; ``different`` makes a mask of their lanes, on the stack, where they stop it."""
    a, b = pair.source.memory, pair.target.memory
    store = f"v128.store {b}" if wide else f"local.get $lanes i8x16.narrow_i16x8_u v128.store64_lane {b} 0"
    twice = "i32.const 1 i32.shl"
    return f"""{pair.left(16)}
      if
       local.get $at v128.load {a} local.set $lanes
       local.get $to local.get $lanes {store}
       local.get $lanes {different} i16x8.bitmask i32.const 0x100 i32.or i32.ctz local.set $mask
       {pair.forward(f"local.get $mask {twice}", f"local.get $mask {twice if wide else ''}")}
       local.get $mask i32.const 8 i32.eq br_if $next
      end"""


_BEYOND_ASCII = "i32.const 0x7f i16x8.splat i16x8.gt_u"
_BEYOND_LATIN1 = "i32.const 0xff i16x8.splat i16x8.gt_u"
_SURROGATES = "i32.const 0xf800 i16x8.splat v128.and i32.const 0xd800 i16x8.splat i16x8.eq"
_NARROW = "i32.const 1", "i32.const 1"
_WIDE = "i32.const 2", "i32.const 2"


def _byte(pair: Pair) -> str:
    return f"local.get $at i32.load8_u {pair.source.memory} local.tee $char"


def _unit(pair: Pair) -> str:
    return f"local.get $at i32.load16_u {pair.source.memory} local.tee $char"


def _put(pair: Pair, store: str) -> str:
    return f"local.get $to local.get $char {store} {pair.target.memory}"


def _decoded(pair: Pair, store: str) -> str:
    """Reads the UTF-8 character that comes next, whose length is found out by ``_LENGTH``; where it is ASCII, stores it and goes on."""
    return f"""{_byte(pair)} i32.const 0x80 i32.lt_u
      if {_put(pair, store)} {pair.forward("i32.const 1", "i32.const 2" if store == "i32.store16" else "i32.const 1")} br $next end
      local.get $at local.get $end call ${pair.source.name}_utf8_char local.set $char"""


# Bytes of a character in UTF-8.
_LENGTH = """i32.const 1 local.get $char i32.const 0x7f i32.gt_u i32.add local.get $char i32.const 0x7ff i32.gt_u i32.add
  local.get $char i32.const 0xffff i32.gt_u i32.add"""


def utf8_into_utf8(name: str, pair: Pair) -> str:
    step = f"""{_decoded(pair, "i32.store8")} local.get $to local.get $char call ${pair.source.name}_put_utf8 local.set $mask
      {pair.forward("local.get $mask", "local.get $mask")}"""
    return pair.loop(name, False, f"{_bytes_at_once(pair, False)} {pair.finished} {step}")


def utf8_into_utf16(name: str, pair: Pair) -> str:
    b = pair.target.memory
    step = f"""{_decoded(pair, "i32.store16")}
      local.get $char i32.const 0xffff i32.gt_u
      if
       local.get $to
       local.get $char i32.const 10 i32.shr_u i32.const 0xd7c0 i32.add
       local.get $char i32.const 0x3ff i32.and i32.const 0xdc00 i32.add i32.const 16 i32.shl i32.or
       i32.store {b}
       {pair.forward("i32.const 4", "i32.const 4")}
      else
       {_put(pair, "i32.store16")}
       {pair.forward(_LENGTH, "i32.const 2")}
      end"""
    return pair.loop(name, False, f"{_bytes_at_once(pair, True)} {pair.finished} {step}")


def utf8_into_latin1(name: str, pair: Pair) -> str:
    """Stops before the first character that Latin-1 lacks."""
    step = f"""{_decoded(pair, "i32.store8")} local.get $char i32.const 0xff i32.gt_u br_if $done
      {_put(pair, "i32.store8")} {pair.forward(_LENGTH, "i32.const 1")}"""
    return pair.loop(name, True, f"{_bytes_at_once(pair, False)} {pair.finished} {step}")


def latin1_into_ascii(name: str, pair: Pair) -> str:
    """Stops before the first byte that is not ASCII."""
    step = f'{_byte(pair)} i32.const 0x7f i32.gt_u br_if $done {_put(pair, "i32.store8")} {pair.forward(*_NARROW)}'
    return pair.loop(name, True, f"{_bytes_at_once(pair, False)} {pair.finished} {step}")


def latin1_into_utf8(name: str, pair: Pair) -> str:
    step = f"""{_byte(pair)} i32.const 0x7f i32.gt_u
      if
       local.get $to
       local.get $char i32.const 6 i32.shr_u local.get $char i32.const 0x3f i32.and i32.const 8 i32.shl i32.or i32.const 0x80c0 i32.or
       i32.store16 {pair.target.memory}
       {pair.forward("i32.const 1", "i32.const 2")}
      else
       {_put(pair, "i32.store8")} {pair.forward(*_NARROW)}
      end"""
    return pair.loop(name, False, f"{_bytes_at_once(pair, False)} {pair.finished} {step}")


def latin1_into_utf16(name: str, pair: Pair) -> str:
    a, b = pair.source.memory, pair.target.memory
    eight = f"""{pair.left(8)}
      if
       local.get $to local.get $at v128.load8x8_u {a} v128.store {b}
       {pair.forward("i32.const 8", "i32.const 16")}
       br $next
      end"""
    step = f'{_byte(pair)} drop {_put(pair, "i32.store16")} {pair.forward("i32.const 1", "i32.const 2")}'
    return pair.loop(name, False, f"{eight} {pair.finished} {step}")


def utf16_into_ascii(name: str, pair: Pair) -> str:
    """Stops before the first code unit that is not ASCII."""
    step = f'{_unit(pair)} i32.const 0x7f i32.gt_u br_if $done {_put(pair, "i32.store8")} {pair.forward("i32.const 2", "i32.const 1")}'
    return pair.loop(name, True, f"{_units_at_once(pair, _BEYOND_ASCII, False)} {pair.finished} {step}")


def utf16_into_latin1(name: str, pair: Pair) -> str:
    """Stops before the first code unit that is not a character of Latin-1."""
    step = f'{_unit(pair)} i32.const 0xff i32.gt_u br_if $done {_put(pair, "i32.store8")} {pair.forward("i32.const 2", "i32.const 1")}'
    return pair.loop(name, True, f"{_units_at_once(pair, _BEYOND_LATIN1, False)} {pair.finished} {step}")


def utf16_into_utf8(name: str, pair: Pair) -> str:
    step = f"""local.get $at local.get $end call ${pair.source.name}_utf16_char local.set $char
      local.get $to local.get $char call ${pair.source.name}_put_utf8 local.set $mask
      {pair.forward(_UNITS, "local.get $mask")}"""
    return pair.loop(name, False, f"{_units_at_once(pair, _BEYOND_ASCII, False)} {pair.finished} {step}")


def utf16_into_utf16(name: str, pair: Pair) -> str:
    a, b = pair.source.memory, pair.target.memory
    step = f"""local.get $at local.get $end call ${pair.source.name}_utf16_char i32.const 0xffff i32.gt_u
      if
       local.get $to local.get $at i32.load {a} i32.store {b} {pair.forward("i32.const 4", "i32.const 4")}
      else
       local.get $to local.get $at i32.load16_u {a} i32.store16 {b} {pair.forward(*_WIDE)}
      end"""
    return pair.loop(name, False, f"{_units_at_once(pair, _SURROGATES, True)} {pair.finished} {step}")


# Bytes of a character in UTF-16.
_UNITS = "i32.const 2 local.get $char i32.const 0xffff i32.gt_u i32.const 1 i32.shl i32.add"


def widened(name: str, pair: Pair) -> str:
    """Makes UTF-16 of ``$count`` characters of Latin-1, in their place, from the last to the first."""
    b, m = pair.target, pair.target.memory
    index = f"local.get $count {b.from_i32}"
    return f"""(func {name} (param $first {b.address}) (param $count i32)
      block $done loop $next
       local.get $count i32.eqz br_if $done
       local.get $count i32.const 1 i32.sub local.set $count
       local.get $first {index} {b.constant(1)} {b.address}.shl {b.address}.add
       local.get $first {index} {b.address}.add i32.load8_u {m}
       i32.store16 {m}
       br $next
      end end)"""


def _utf8_char(name: str, source: Side) -> str:
    """Gives the function that decodes and checks the character at ``$at``, which is before ``$end`` (RFC 3629, "UTF-8 definition")."""
    a, m = source.address, source.memory
    invalid = trap(source, "no_utf8")

    def more(number: int) -> str:
        """Checks that there are so many bytes behind the first, and adds their bits to it."""
        code = f"""local.get $end local.get $at {a}.sub {source.constant(number)} {a}.le_u if {invalid} end"""
        for at in range(1, number + 1):
            code += f"""
              local.get $at i32.load8_u {m} offset={at} local.tee $byte
              i32.const 0xc0 i32.and i32.const 0x80 i32.ne if {invalid} end
              local.get $char i32.const 6 i32.shl local.get $byte i32.const 0x3f i32.and i32.or local.set $char"""
        return code

    def first(mask: int) -> str:
        return f"local.get $char i32.const {mask} i32.and local.set $char"

    return f"""(func {name} (param $at {a}) (param $end {a}) (result i32) (local $char i32) (local $byte i32)
      local.get $at i32.load8_u {m} local.tee $char
      i32.const 0x80 i32.lt_u if local.get $char return end
      local.get $char i32.const 0xc2 i32.lt_u if {invalid} end
      local.get $char i32.const 0xe0 i32.lt_u if {first(0x1F)} {more(1)} local.get $char return end
      local.get $char i32.const 0xf0 i32.lt_u
      if
       {first(0x0F)} {more(2)}
       local.get $char i32.const 0x800 i32.lt_u local.get $char i32.const 0xd800 i32.sub i32.const 0x800 i32.lt_u i32.or if {invalid} end
       local.get $char return
      end
      local.get $char i32.const 0xf4 i32.gt_u if {invalid} end
      {first(0x07)} {more(3)}
      local.get $char i32.const 0x10000 i32.sub i32.const 0x100000 i32.ge_u if {invalid} end
      local.get $char)"""


def _utf16_char(name: str, source: Side) -> str:
    """Gives the function that decodes and checks the character at ``$at``, which is before ``$end``."""
    a, m = source.address, source.memory
    invalid = trap(source, "no_utf16")
    return f"""(func {name} (param $at {a}) (param $end {a}) (result i32) (local $char i32) (local $low i32)
      local.get $at i32.load16_u {m} local.tee $char
      i32.const 0xf800 i32.and i32.const 0xd800 i32.ne if local.get $char return end
      local.get $char i32.const 0xdc00 i32.ge_u local.get $end local.get $at {a}.sub {source.constant(4)} {a}.lt_u i32.or if {invalid} end
      local.get $at i32.load16_u {m} offset=2 local.tee $low
      i32.const 0xfc00 i32.and i32.const 0xdc00 i32.ne if {invalid} end
      local.get $char i32.const 10 i32.shl local.get $low i32.add i32.const 0x35fdc00 i32.sub)"""


def _put_utf8(name: str, target: Side) -> str:
    """Gives the function that writes a character and gives the number of its bytes."""
    m = target.memory

    def byte(at: int, shift: int, mark: int) -> str:
        bits = f"local.get $char i32.const {shift} i32.shr_u"
        rest = f"i32.const 0x3f i32.and i32.const {mark} i32.or" if mark == 0x80 else f"i32.const {mark} i32.or"
        return f"local.get $to {bits} {rest} i32.store8 {m} offset={at}"

    return f"""(func {name} (param $to {target.address}) (param $char i32) (result i32)
      local.get $char i32.const 0x80 i32.lt_u if {byte(0, 0, 0)} i32.const 1 return end
      local.get $char i32.const 0x800 i32.lt_u if {byte(0, 6, 0xC0)} {byte(1, 0, 0x80)} i32.const 2 return end
      local.get $char i32.const 0x10000 i32.lt_u
      if {byte(0, 12, 0xE0)} {byte(1, 6, 0x80)} {byte(2, 0, 0x80)} i32.const 3 return end
      {byte(0, 18, 0xF0)} {byte(1, 12, 0x80)} {byte(2, 6, 0x80)} {byte(3, 0, 0x80)} i32.const 4)"""
