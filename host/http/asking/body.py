"""The body of a response, piece by piece, and what it was compressed from."""

from __future__ import annotations

import zlib
from typing import Any

import aiohttp

# What one piece holds at most when it was compressed: a few bytes may stand for megabytes.
PIECE = 256 * 1024
GZIP, ZLIB, RAW = 31, 15, -15


class Miscoded(aiohttp.ClientPayloadError):
    """A body that is not compressed as it says. The server causes it; the message is a clause."""


class Body:
    """Reads a body. ``received`` counts its bytes as they arrived; a compressed one must be whole, and end where it ends."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.received = 0
        self._content = response.content
        self._coding = response.headers.get("Content-Encoding", "").strip().lower()
        self._decoder: Any = None
        self._left = b""  # compressed, and not looked at yet

    async def piece(self) -> bytes:
        """Gives the next piece; none at the end. Raises ``ClientError`` and ``OSError``."""
        if self._coding not in ("gzip", "x-gzip", "deflate"):
            return await self._arrived()
        while True:
            data = self._left or await self._arrived()
            if not data:
                if self._decoder is not None and not self._decoder.eof:
                    raise Miscoded(f"its body ends in the middle of what was compressed ({self._coding})")
                return b""
            piece = self._decoded(data)
            if piece:
                return piece

    async def _arrived(self) -> bytes:
        data: bytes = await self._content.readany()
        self.received += len(data)
        return data

    def _decoded(self, data: bytes) -> bytes:
        decoder = self._decoder
        if decoder is None or decoder.eof:
            if decoder is not None and self._coding == "deflate":
                raise Miscoded("its body goes on after what was compressed (deflate)")
            # Several gzip streams may follow one another. Some servers leave out the head of deflate.
            width = GZIP if self._coding != "deflate" else ZLIB if data[0] & 15 == 8 else RAW
            decoder = self._decoder = zlib.decompressobj(width)
        try:
            piece: bytes = decoder.decompress(data, PIECE)
        except zlib.error:
            raise Miscoded(f"its body is not compressed as it says ({self._coding})") from None
        self._left = decoder.unused_data if decoder.eof else decoder.unconsumed_tail
        return piece
