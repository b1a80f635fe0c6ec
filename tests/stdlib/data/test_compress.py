"""The module compress, held against Python's own and against bombs."""

from __future__ import annotations

import gzip
import random
import zlib
from collections.abc import Callable
from typing import Any

import brotli
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from moonwit.lua.values import buffer
from moonwit.stdlib.tasks import tasks
from moonwit.stdlib.tasks.compress import decode, encode
from moonwit.stdlib.tasks.problem import DataProblem
from tests.texts import texts

lua, _ = texts(__file__)

THEIRS: dict[bytes, tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]] = {
    b"gzip": (gzip.compress, gzip.decompress),
    b"zlib": (zlib.compress, zlib.decompress),
    b"deflate": (lambda data: zlib.compress(data, wbits=-15), lambda data: zlib.decompress(data, -15)),
    b"brotli": (brotli.compress, brotli.decompress),
    b"zstd": (lambda data: zstandard.compress(data), lambda data: zstandard.ZstdDecompressor().decompressobj().decompress(data)),
}
EACH = pytest.mark.parametrize("name", list(THEIRS))
MIXED = bytes(random.Random(1).randbytes(1_000_000)) + b"abc" * 1_000_000


@EACH
@settings(deadline=None, max_examples=50)
@given(data=st.binary(min_size=1, max_size=2000))
def test_both_ways(name: bytes, data: bytes) -> None:
    """What we write others read, and the other way round."""
    theirs = THEIRS[name]
    assert theirs[1](encode(name, data, 3)) == data == decode(name, theirs[0](data), 10_000)


@EACH
def test_megabytes(name: bytes) -> None:
    """Much goes in pieces, at the lowest and at a high level; the limit is exact."""
    for level in (1, 5):
        made = encode(name, MIXED, level)
        assert THEIRS[name][1](made) == MIXED == decode(name, made, len(MIXED))
    with pytest.raises(DataProblem, match="the decompressed data has more than 3999999 bytes, as max_size allows") as problem:
        decode(name, made, len(MIXED) - 1)
    assert problem.value.kind == "Internal"


@EACH
@settings(deadline=None, max_examples=100)
@given(data=st.binary(min_size=1, max_size=100))
def test_any_bytes_give_data_or_a_problem(name: bytes, data: bytes) -> None:
    """Random bytes, what is cut short and what is changed: an error of kind Invalid, or what they stand for."""
    whole = THEIRS[name][0](b"hello, hello, hello" * 20)
    for source in (data, whole[: len(data) % len(whole)], whole + data, whole[:5] + data + whole[6:]):
        answer = buffer.decode_all(tasks.run(b"compress.decode", buffer.encode_all([name, source, 10**6])))
        assert answer[0] is True or answer[1] == b"Invalid", answer


@EACH
def test_what_is_cut_short_is_told(name: bytes) -> None:
    """No part of the data is taken for the whole."""
    whole = THEIRS[name][0](MIXED[:5000])
    for size in (1, 5, 100, len(whole) - 1):
        with pytest.raises(DataProblem):
            decode(name, whole[:size], 10**6)


def test_members_of_a_gzip_file() -> None:
    """They follow each other; what follows the end of the other formats is told."""
    assert decode(b"gzip", gzip.compress(b"a") + gzip.compress(b"b"), 10) == b"ab"
    with pytest.raises(DataProblem, match="1 bytes follow its end"):
        decode(b"zlib", zlib.compress(b"a") + b"x", 10)
    assert decode(b"zstd", zstandard.compress(b"a") + zstandard.compress(b"b"), 10) == b"ab"


def test_bombs(run: Callable[[str], str]) -> None:
    """A gigabyte in a few bytes ends at the limit, in bounded memory, while others run; data without end is refused."""
    script = lua("bombs")
    lines = run(script).splitlines()
    assert lines[0::2] == [f"{name.decode()}\ttrue\tnil\tInternal\ttrue" for name in THEIRS]
    assert lines[1::2] == [f"compress.{name.decode()}.decode: the data is empty\tInvalid" for name in THEIRS]


def test_dictionaries(run: Callable[[str], str]) -> None:
    """One that is made of samples makes small texts smaller, and is needed to read them."""
    script = lua("dictionaries")
    assert run(script).splitlines() == [
        "true\ttrue\ttrue",
        "7\tcompress.inspect: it is not a dictionary of zstd",
        "compress.train: no dictionary can be made of these samples: give more of them, with more in common",
    ]


def test_unknown_windows_are_refused() -> None:
    """A zstd frame can't ask for more memory than a window of 128 MiB."""
    parameters: Any = zstandard.ZstdCompressionParameters.from_level(3, window_log=28)
    made = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    frame = made.compress(b"x" * 100) + made.flush()
    with pytest.raises(DataProblem, match="zstd"):
        decode(b"zstd", frame, 1000)
