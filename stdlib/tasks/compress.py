"""Compressed data, piece by piece on threads: zlib, brotli and zstd run without the GIL. What comes out is bounded while it comes."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

from moonwit.host.engine import worker
from moonwit.host.values.intermediate import Value
from moonwit.stdlib.tasks.problem import DataProblem, library

_PIECE = 256 * 1024
_BITS = {b"gzip": 31, b"zlib": 15, b"deflate": -15}
# The largest window that a zstd frame may ask for: what `zstd --long=27` makes, and no more memory than that.
_WINDOW = 2**27
# What zstd is given at once: each of its blocks, of a few bytes, may stand for 128 KiB.
_STEP = 1024


def _checking() -> Callable[[], None]:
    """Gives what raises once nobody waits for the work of this thread any more."""
    canceled: list[bool] = []
    cancellation = worker.current()
    if cancellation is not None:
        cancellation.watch(lambda: canceled.append(True))

    def check() -> None:
        if canceled:
            raise DataProblem("it was canceled", "Canceled")

    return check


def encode(algorithm: bytes, data: bytes, level: float, dictionary: bytes | None = None) -> bytes:
    """Compresses data."""
    press = _press(algorithm, int(level), dictionary)
    check, out, view = _checking(), io.BytesIO(), memoryview(data)
    for at in range(0, len(data), _PIECE):
        check()
        out.write(press.compress(view[at : at + _PIECE]))
    out.write(press.flush())
    return out.getvalue()


class _Brotli:
    """Brotli's compressor with the names of the others."""

    def __init__(self, level: int) -> None:
        made = library("brotli", "brotli").Compressor(quality=level)
        self.compress: Callable[[Any], bytes] = lambda piece: made.process(bytes(piece))
        self.flush: Callable[[], bytes] = made.finish


def _press(algorithm: bytes, level: int, dictionary: bytes | None) -> Any:
    if algorithm == b"brotli":
        return _Brotli(level)
    if algorithm == b"zstd":
        zstandard = library("zstandard", "zstd")
        known = None if dictionary is None else zstandard.ZstdCompressionDict(dictionary)
        try:
            return zstandard.ZstdCompressor(level=level, dict_data=known).compressobj()
        except zstandard.ZstdError:
            raise DataProblem("the dictionary is not one of zstd") from None
    import zlib

    return zlib.compressobj(level, zlib.DEFLATED, _BITS[algorithm])


def decode(algorithm: bytes, data: bytes, most: float, dictionary: bytes | None = None) -> bytes:
    """Decompresses data of up to ``most`` bytes; raises ``DataProblem``."""
    pieces = {b"brotli": _from_brotli, b"zstd": _from_zstd}.get(algorithm, _from_zlib)
    check, out, size = _checking(), io.BytesIO(), 0
    for piece in pieces(algorithm, data, dictionary):
        check()
        size += len(piece)
        if size > most:
            raise DataProblem(f"the decompressed data has more than {int(most)} bytes, as max_size allows", "Internal")
        out.write(piece)
    return out.getvalue()


def _broken(algorithm: bytes, how: str) -> DataProblem:
    return DataProblem(f"the data is not {algorithm.decode()}: {how}")


def _from_zlib(algorithm: bytes, data: bytes, _dictionary: bytes | None) -> Iterator[bytes]:
    import zlib

    rest = data
    while True:
        press = zlib.decompressobj(_BITS[algorithm])
        try:
            while not press.eof:
                before = len(rest)
                piece = press.decompress(rest, _PIECE)
                rest = press.unconsumed_tail
                if not piece and (not rest or len(rest) == before) and not press.eof:
                    raise _broken(algorithm, "it ends early")
                yield piece
        except zlib.error as error:
            raise _broken(algorithm, str(error).rpartition(": ")[2]) from None
        rest = press.unused_data
        # A gzip file may have several members, one after the other.
        if not rest or algorithm != b"gzip":
            break
    if rest:
        raise _broken(algorithm, f"{len(rest)} bytes follow its end")


def _from_brotli(algorithm: bytes, data: bytes, _dictionary: bytes | None) -> Iterator[bytes]:
    brotli = library("brotli", "brotli")
    press, given = brotli.Decompressor(), data
    try:
        while not press.is_finished():
            piece = press.process(given, output_buffer_limit=_PIECE)
            given = b""
            if not piece and not press.is_finished() and press.can_accept_more_data():
                raise _broken(algorithm, "it ends early")
            yield piece
    except brotli.error:
        raise _broken(algorithm, "it can't be read") from None


def _from_zstd(algorithm: bytes, data: bytes, dictionary: bytes | None) -> Iterator[bytes]:
    zstandard = library("zstandard", "zstd")
    known = None if dictionary is None else zstandard.ZstdCompressionDict(dictionary)
    try:
        at = 0
        while at < len(data):
            press = zstandard.ZstdDecompressor(dict_data=known, max_window_size=_WINDOW).decompressobj()
            while not press.eof:
                if at >= len(data):
                    raise _broken(algorithm, "it ends early")
                piece = press.decompress(data[at : at + _STEP])
                at += _STEP
                yield piece
            at = min(at, len(data)) - len(press.unused_data)
    except zstandard.ZstdError as error:
        raise _broken(algorithm, str(error).rpartition(": ")[2]) from None


def train(samples: Value, size: float, id: float, level: float) -> bytes:
    """Makes a zstd dictionary of samples; raises ``DataProblem``."""
    zstandard = library("zstandard", "zstd")
    try:
        found = zstandard.train_dictionary(int(size), list(samples), dict_id=int(id), level=int(level))
    except (zstandard.ZstdError, ValueError):
        raise DataProblem("no dictionary can be made of these samples: give more of them, with more in common") from None
    made: bytes = found.as_bytes()
    return made


def inspect(data: bytes) -> Value:
    """Says what a zstd dictionary is; raises ``DataProblem``."""
    zstandard = library("zstandard", "zstd")
    id = zstandard.ZstdCompressionDict(data).dict_id()
    if not id:
        raise DataProblem("it is not a dictionary of zstd")
    return {b"id": id, b"content_size": len(data)}


TASKS = {"compress.encode": encode, "compress.decode": decode, "compress.train": train, "compress.inspect": inspect}
