"""What a lane writes of a response; names of headers, and their values, are text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from moonwit.host.values.intermediate import Value


class ResponseHead(TypedDict, total=False):
    """The status, 200 where it is left out, and the headers, each a name and a value."""

    status: int
    headers: Sequence[Sequence[bytes]]


class WrittenResponse(ResponseHead, total=False):
    """A whole response: with the ``body`` that was written, or the ``value`` that the handler returned."""

    body: bytes
    value: Value
