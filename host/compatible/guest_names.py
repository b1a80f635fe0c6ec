"""Names of a guest's functions as a backtrace shows them. lua/wasmtime/trap.lua does the same on the direct path."""

from __future__ import annotations

import re

_LONGEST = 120
# What is looked at of a name: leaving out what is nested takes time.
_MOST = 4000
_FRAME = re.compile(r"^\s*(\d+):\s+0x[0-9a-f]+ - (.*)$", re.MULTILINE)
_MANGLED = re.compile(r"_[ZR]")
_INLINE = re.compile(r"\bstd::__\w+::")
_STRING = re.compile(r"std::basic_string<char, std::char_traits<char>, std::allocator<char> ?>")
_HASH = re.compile(r"::h[0-9a-f]{16}\Z")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_INSIDE = (re.compile(r"<[^<>]*>"), re.compile(r"\([^()]*\)"))
_SHORT = ("\1", "\2")      # stand for what was left out, so that what is around it can be left out too


def readable(name: str) -> str:
    """Shortens a name of C++ or Rust: what only its compiler says is left out, and of a long one what is in brackets."""
    name = _HASH.sub("", _STRING.sub("std::string", _INLINE.sub("std::", _CONTROL.sub("?", name[:_MOST]))))
    for inside, short in zip(_INSIDE, _SHORT, strict=True):
        if len(name) > _LONGEST:
            while (shorter := inside.sub(short, name)) != name:
                name = shorter
    name = name.replace("\1", "<...>").replace("\2", "(...)")
    return name if len(name) <= _LONGEST else f"{name[:_LONGEST]}..."


def demangled(raw: str, place: int, module: str | None, message: str) -> str:
    """Gives the name of the function in frame number ``place``, which Wasmtime's ``message`` has demangled."""
    if not _MANGLED.match(raw):
        return raw
    told = next((text for number, text in _FRAME.findall(message) if int(number) == place), "")
    return str(told).removeprefix(f"{module or '<unknown>'}!") or raw
