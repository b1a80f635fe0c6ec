"""What a guest hands the host is checked at the exact edge: return pointers, lists, and what its realloc gives for the host's answers."""

from __future__ import annotations

from pathlib import Path

from tests.abi.hosted import HOOKED
from tests.abi.test_hostile_hosts import NO_ROOM, OWN, Guests, made

RESULTS = {   # a call with a return pointer, and where that is good
    "wall": ("(call $wall (i32.const {}))", {65520: True, 65528: False, 65524: False, 64: True, 68: False, 65536: False, -16: False}),
    "random": ("(call $random (i64.const 1) (i32.const {}))", {65528: True, 65532: False, 65526: False, 65: False, 68: True, -8: False}),
    "environment": ("(call $environment (i32.const {}))", {65528: True, 65532: False, 66: False, 68: True, -8: False}),
    "checked": ("(call $check-write (call $stdout) (i32.const {}))", {65520: True, 65528: False, 68: False, 72: True, -16: False}),
}  # fmt: skip
LISTS = {
    (65535, 1): True,
    (65535, 2): False,
    (65536, 0): True,
    (65537, 0): False,
    (65536, 1): False,
    (-1, 0): False,
    (-1, 1): False,
    (0, 0): True,
}


def test_addresses_at_the_end_of_memory(tmp_path: Path) -> None:
    """A return pointer and a list end with the memory at the latest; an empty list's address lies in it, or at its end."""
    codes, fits = {}, {}
    for what, (text, places) in RESULTS.items():
        for at, good in places.items():
            codes[f"{what}-at{at % 2**32}"] = text.format(at) + "(i32.const 7)"
            fits[f"{what}-at{at % 2**32}"] = good
    for (at, size), good in LISTS.items():
        for name in ("write", "blocking-write"):
            key = f"{name}-at{at % 2**32}-n{size}"
            allowed = "(local.set $h (call $stdout)) (call $check-write (local.get $h) (i32.const 64))"
            codes[key] = f"{allowed} (call ${name} (local.get $h) (i32.const {at}) (i32.const {size}) (i32.const 64)) (i32.const 7)"
            fits[key] = good
    for at, good in ((65532, True), (65534, False), (65536, False), (65533, False)):
        store = f"(i32.store (i32.const {at}) (call $instant (i64.const 0)))" if good else ""
        codes[f"poll-at{at}"] = f"{store} (call $poll (i32.const {at}) (i32.const 1) (i32.const 64)) (i32.const 7)"
        fits[f"poll-at{at}"] = good
    guests = made(tmp_path / "p", codes)
    for name, good in fits.items():
        if good:
            guests.works(name)
        else:
            guests.expect(name, NO_ROOM)
    guests.state.close()


def test_what_realloc_gives_the_host(tmp_path: Path) -> None:
    """It is aligned and ends with the memory at the latest, before the host writes there; nothing at all has an address too."""
    cases = [
        (7, 65529, True), (7, 65530, False), (7, 65536, False), (1, 65535, True), (1, 65536, False), (0, 65536, True), (0, 65537, False),
        (7, -8, False), (-1, 1024, True), (-1, 1025, False), (-1, 1026, False), (-1, 65536, True), (-1, 65540, False),
    ]  # fmt: skip
    for size, at, good in cases:
        folder = tmp_path / f"{size}at{at}"
        # -1 stands for a list of strings, whose alignment is 4: there are none.
        taken = f"(call $random (i64.const {size}) (i32.const 64))" if size >= 0 else "(call $arguments (i32.const 64))"
        realloc = f"(func $r (param i32 i32 i32 i32) (result i32) (i32.const {at})) (elem (i32.const 0) $r)"
        guests = Guests(folder, {"global": realloc, "f": f"{taken} (i32.const 7)"}, realloc=HOOKED)
        if good:
            guests.works("f")
        else:
            misaligned = OWN.replace("gave memory that it does not have", "gave an address that is not aligned")
            guests.expect("f", misaligned if size < 0 and at % 4 != 0 else OWN)
        guests.state.close()
