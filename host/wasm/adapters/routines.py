"""What the functions of an adapter call: ways to trap, checks of addresses, and realloc functions."""

from __future__ import annotations

from typing import Final

from moonwit.host.wasm.adapters.places import Side

# Bytes that a string or list may have (CanonicalABI.md, MAX_STRING_BYTE_LENGTH and MAX_LIST_BYTE_LENGTH).
LONGEST: Final = (1 << 28) - 1

# What can be wrong with a value that a side gives, by the end of the name of the function that traps; lua/wasmtime/trap.lua has the words.
GIVES: Final = (
    *("out_of_bounds", "list_out_of_bounds", "string_out_of_bounds", "unaligned", "too_long"),
    *("unknown_case", "no_char", "no_utf8", "no_utf16"),
)
# What can be wrong with a side's realloc function, or the function that is called.
DOES: Final = ("realloc_out_of_bounds", "realloc_unaligned", "throws_in_realloc", "throws_in_post_return", "throws")


def trap(side: Side, problem: str) -> str:
    """Gives the instruction that traps, which leaves the stack as it is."""
    return f"call ${side.name}_{problem}"


def traps(side: Side, code: str) -> str:
    """Gives those functions that trap on behalf of a side which are called in ``code``. Their names are in the backtrace of a trap."""
    called = {problem: trap(side, problem) for problem in (*GIVES, *DOES)}
    return "\n".join(f"(func ${side.name}_{problem} unreachable)" for problem, call in called.items() if f"{call} " in code)


def checks(side: Side) -> str:
    """Gives functions that check that bytes at an address lie within a side's memory: parameters or results, or what realloc gives."""
    return "\n".join(
        f"""(func ${name} (param $at {side.address}) (param $bytes i64) (param $mask i32) (local $size i64)
          local.get $at {side.to_i32} local.get $mask i32.and
          if {trap(side, unaligned)} end
          {_size(side)} local.tee $size
          local.get $bytes i64.lt_u
          local.get $at {side.to_i64} local.get $size local.get $bytes i64.sub i64.gt_u
          i32.or
          if {trap(side, out_of_bounds)} end)"""
        for name, out_of_bounds, unaligned in (
            (f"check_{side.name}", "out_of_bounds", "unaligned"),
            (f"check_{side.name}_list", "list_out_of_bounds", "unaligned"),
            (f"check_{side.name}_string", "string_out_of_bounds", "unaligned"),
            (f"check_{side.name}_realloc", "realloc_out_of_bounds", "realloc_unaligned"),
        )
    )


def _size(side: Side) -> str:
    # A 64-bit memory of 2^48 pages would overflow here; an engine can't give one.
    return f"memory.size {side.memory} {side.to_i64} i64.const 16 i64.shl"


def realloc(side: Side) -> str:
    """Gives the function that calls a side's realloc function, while its guest may not leave, and checks what that returns."""
    given = " ".join(f"local.get ${name} {side.from_i32}" for name in ("old_size", "align", "size"))
    a = side.address
    return f"""(func {side.realloc} (param $old {a}) (param $old_size i32) (param $align i32) (param $size i32) (result {a}) (local $at {a})
      block $thrown
       i32.const 0 global.set $flags_{side.name}
       try_table (result {side.address}) (catch_all $thrown) local.get $old {given} call $core_realloc_{side.name} end
       local.tee $at local.get $size i64.extend_i32_u local.get $align i32.const 1 i32.sub call $check_{side.name}_realloc
       i32.const 1 global.set $flags_{side.name}
       local.get $at return
      end
      {trap(side, "throws_in_realloc")} unreachable)"""


def char(side: Side) -> str:
    """Gives the function that checks a char that a side gives: at most 0x10FFFF, and not a surrogate."""
    return f"""(func $char_{side.name} (param $char i32) (result i32)
      local.get $char i32.const 0x10FFFF i32.gt_u
      local.get $char i32.const 0xD800 i32.sub i32.const 0x800 i32.lt_u
      i32.or
      if {trap(side, "no_char")} end
      local.get $char)"""
