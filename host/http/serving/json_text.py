"""JSON of requests and responses: bytes to values of the intermediate model, and results to bytes."""

from __future__ import annotations

import json
from typing import Any

from moonwit.host.values import json_values
from moonwit.host.values.intermediate import Value
from moonwit.host.values.json_values import BadJson, Unshowable

__all__ = ["BadJson", "Unshowable", "read", "write"]


def read(data: bytes) -> Value:
    """Reads JSON; raises ``BadJson``, whose message goes on after "the body"."""
    try:
        return json_values.read(data.decode())
    except UnicodeDecodeError:
        raise BadJson("is not UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise BadJson(f"is not JSON: {error.msg[:1].lower()}{error.msg[1:]} in line {error.lineno}, column {error.colno}") from None


def write(value: Any) -> bytes:
    """Gives Python data as JSON; raises ``Unshowable``."""
    return json_values.write(value, (",", ":")).encode("utf-8", "surrogatepass")
