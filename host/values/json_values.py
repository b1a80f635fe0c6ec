"""JSON as values of the intermediate model, and plain Python data as JSON.

`null` is nil, and inside an array or object an absent option. Bytes that are not text are an array of numbers, 64-bit integers have
all their digits. JSON has no NaN and no infinity: what holds one can't be shown.
"""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

from moonwit.host.values.intermediate import DEPTH, NONE, Value

_LARGEST, _SMALLEST = 2**64 - 1, -(2**63)
_DIGITS = 20  # of the largest integer


class BadJson(ValueError):
    """JSON that stands for no value; the message goes on after what it is: "argument 1", "the body". Its author causes it."""


class Unshowable(ValueError):
    """A value that JSON can't hold; the message is a sentence without an end. Whoever made the value causes it."""


def read(text: str) -> Value:
    """Reads JSON; raises ``BadJson``, and ``json.JSONDecodeError`` for text that is not a JSON."""
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_int=_integer, parse_float=_number, parse_constant=_no_constant)
    except RecursionError:
        raise BadJson(f"is nested more than {DEPTH} levels deep") from None
    return _checked(value, 0)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise BadJson(f"has the key {json.dumps(twice[:100], ensure_ascii=False)} twice")
    return found


def _integer(digits: str) -> int:
    if len(digits) > _DIGITS or not _SMALLEST <= (value := int(digits)) <= _LARGEST:
        shown = digits if len(digits) <= 2 * _DIGITS else f"{digits[:_DIGITS]}..."
        raise BadJson(f"has the integer {shown}, which does not fit 64 bits; write it with a `.0` if it may lose digits")
    return value


def _number(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise BadJson(f"has the number {text[: 2 * _DIGITS]}, which is too large for a 64-bit float")
    return value


def _no_constant(name: str) -> NoReturn:
    raise json.JSONDecodeError(f"{name} is not JSON", name, 0)


def _checked(value: Any, depth: int) -> Value:
    """Gives the value with absent options for nulls inside it, and bounds its depth."""
    if depth > DEPTH:
        raise BadJson(f"is nested more than {DEPTH} levels deep")
    if isinstance(value, str):
        return _utf8(value)
    if isinstance(value, list):
        return [_checked(NONE if item is None else item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {_utf8(key): _checked(NONE if item is None else item, depth + 1) for key, item in value.items()}
    return value


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise BadJson(f"has the lone surrogate U+{ord(text[error.start]):04X}, which is not a character") from None


def write(value: Any, separators: tuple[str, str] | None = None) -> str:
    """Gives a result as one line of JSON; raises ``Unshowable``."""
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=separators, default=_bytes)
    except (TypeError, ValueError):
        _explain(value, "the result")
        raise


def _bytes(value: object) -> object:
    if isinstance(value, bytes):
        return list(value)
    raise TypeError


def _explain(value: Any, path: str) -> None:
    """Raises ``Unshowable`` for the part of a value that JSON can't hold."""
    if isinstance(value, float) and not math.isfinite(value):
        name = "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
        raise Unshowable(f"{path} is {name}, which JSON has no number for")
    if isinstance(value, list):
        for index, item in enumerate(value):
            _explain(item, f"{path}[{index}]")
    elif isinstance(value, dict):
        for key, item in value.items():
            if isinstance(key, bytes):
                raise Unshowable(f"{path} has a key that is not UTF-8, which JSON can't hold")
            _explain(item, f"{path}.{key}")
