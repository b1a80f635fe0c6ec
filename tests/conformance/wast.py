"""Splits the scripts of WebAssembly's test suites (`.wast`) into commands, far enough to hold a decoder against them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from wasmtime import WasmtimeError, wat2wasm

# A form starts and ends with a parenthesis; strings and comments may hold any.
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|;;[^\n]*|\(;|\(|\)|[^\s()";]+|;', re.DOTALL)
_ESCAPE = re.compile(rb"\\(u\{[0-9a-fA-F_]+\}|[0-9a-fA-F]{2}|.)", re.DOTALL)
_SIMPLE = {b"t": b"\t", b"n": b"\n", b"r": b"\r"}
# Commands that hold a component that is valid, whatever becomes of it when it runs.
VALID = frozenset({"component", "assert_trap", "assert_unlinkable", "assert_return", "assert_exhaustion"})
REFUSED = frozenset({"assert_invalid", "assert_malformed"})


@dataclass
class Command:
    """One component of a script. ``reason`` is what the suite says against it; empty for one that is valid."""

    line: int
    text: str
    refused: bool
    reason: str


def commands(script: str) -> Iterator[Command]:
    """Yields the components of a script, each with what is expected of it."""
    for start, end in forms(script):
        tokens = list(_tokens(script, start, end))
        head = tokens[1][1]
        if head not in VALID | REFUSED:
            continue
        body = script[start:end]
        if head == "component":
            inner = body
        else:
            component = next((span for span in forms(script, start + 1, end - 1) if script.startswith("(component", span[0])), None)
            if component is None:
                continue
            inner = script[slice(*component)]
        if re.match(r"\(component\s+instance\b", inner):
            continue
        reason = string(tokens[-2][1]).decode() if head in REFUSED else ""
        yield Command(script.count("\n", 0, start) + 1, inner, head in REFUSED, reason)


def binary(text: str) -> bytes:
    """Makes the binary of one `(component ...)`, also a quoted one or one of bytes; raises WasmtimeError where the text is wrong."""
    found = re.match(r"\(component(?:\s+definition)?(?:\s+\$[^\s()]+)?\s+(quote|binary)\b", text)
    if found is None:
        return bytes(wat2wasm(re.sub(r"\A\(component\s+definition\b", "(component", text)))
    data = b"".join(string(word) for _, word in _tokens(text, found.end(), len(text)) if word.startswith('"'))
    if found[1] == "binary":
        return data
    try:
        quoted = data.decode()
    except UnicodeDecodeError:
        raise WasmtimeError("the text is not UTF-8") from None
    return bytes(wat2wasm(f"(component {quoted})"))


def forms(script: str, start: int = 0, end: int | None = None) -> Iterator[tuple[int, int]]:
    """Yields where each form at the outermost level begins and ends."""
    depth, begin = 0, start
    for position, word in _tokens(script, start, len(script) if end is None else end):
        if word == "(":
            if not depth:
                begin = position
            depth += 1
        elif word == ")":
            depth -= 1
            if not depth:
                yield begin, position + 1


def words(text: str) -> list[str]:
    """Splits a form into its words and parentheses; a string is one word."""
    return [word for _, word in _tokens(text, 0, len(text))]


def string(word: str) -> bytes:
    """Gives the bytes of a string as the text format writes it, quotes included."""
    return _ESCAPE.sub(_unescaped, word[1:-1].encode())


def _unescaped(found: re.Match[bytes]) -> bytes:
    inner = found[1]
    if inner.startswith(b"u{"):
        return chr(int(inner[2:-1].replace(b"_", b""), 16)).encode()
    return bytes([int(inner, 16)]) if len(inner) == 2 else _SIMPLE.get(inner, inner)


def _tokens(script: str, start: int, end: int) -> Iterator[tuple[int, str]]:
    position = start
    while (found := _TOKEN.search(script, position, end)) is not None:
        position = found.end()
        if found[0] == "(;":
            position = _past_comment(script, position)
        elif not found[0].startswith(";;"):
            yield found.start(), found[0]


def _past_comment(script: str, position: int) -> int:
    depth = 1
    for found in re.compile(r"\(;|;\)").finditer(script, position):
        depth += 1 if found[0] == "(;" else -1
        if not depth:
            return found.end()
    return len(script)
