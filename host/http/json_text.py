"""JSON of requests and responses: text to values of the intermediate model, and results to text."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

from moonwit.host.intermediate import DEPTH, NONE, Value

_DIGITS = 20  # of the largest integer


class BadJson(ValueError):
    """Text that is no JSON or stands for no value; the message goes on after "the body". The client causes it."""


class Unshowable(ValueError):
    """A value that JSON can't hold; the message is a sentence without an end. Whoever made the value causes it."""


def read(data: bytes) -> Value:
    """Reads JSON; raises ``BadJson``. Null inside arrays and objects is an absent option."""
    try:
        value = json.loads(data.decode(), parse_int=_integer, parse_constant=_no_constant, parse_float=_number)
    except UnicodeDecodeError:
        raise BadJson("is not UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise BadJson(f"is not JSON: {error.msg.lower()} in line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise BadJson(f"is nested more than {DEPTH} levels deep") from None
    return _checked(value, 0)


def _integer(digits: str) -> int:
    if len(digits) > _DIGITS or not -(2**63) <= (value := int(digits)) < 2**64:
        raise BadJson(f"holds the integer {digits[:_DIGITS]}{'...' * (len(digits) > _DIGITS)}, which does not fit 64 bits")
    return value


def _number(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise BadJson(f"holds the number {text[:40]}, which is too large for a 64-bit float")
    return value


def _no_constant(name: str) -> NoReturn:
    raise BadJson(f"holds {name}, which is not JSON")


def _checked(value: Any, depth: int) -> Value:
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
        raise BadJson(f"holds the lone surrogate U+{ord(text[error.start]):04X}, which is no character") from None


def write(value: Any) -> bytes:
    """Gives Python data as JSON; raises ``Unshowable``. Bytes that are not text are an array of numbers."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_bytes)
        return text.encode("utf-8", "surrogatepass")
    except ValueError as error:
        raise Unshowable("JSON has no NaN and no infinity" if "JSON compliant" in str(error) else str(error)) from None
    except TypeError:
        raise Unshowable("a value, or a key, is nothing that JSON has") from None


def _bytes(value: object) -> object:
    if isinstance(value, bytes):
        return list(value)
    raise TypeError
