"""wasi:filesystem 0.2 function by function, by a guest that is granted everything at once."""

from __future__ import annotations

import os
import random
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import moonwit
from moonwit.host.wasi.signatures import SIGNATURES
from tests.lua.files.component import CODES, FUNCTIONS, TYPES, wat
from tests.projects import write

FIRST, SECOND, RESULT, BUFFER = 0x1000, 0x3000, 0x5000, 0x10000
READ, WRITE, CREATE, TRUNCATE, FOLLOW = 1, 2, 1, 8, 1
EVERYTHING = "wasi:cli, wasi:clocks, wasi:random, wasi:filesystem, wasi:sockets, wasi:http, funcs"


class Guest:
    """The component with mounts at `/data` and the read-only `/locked`: ``data`` and ``locked`` are handles of their descriptors."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for mount in ("data", "locked"):
            (folder / mount).mkdir(exist_ok=True)
        (folder / "guest.wat").write_text(wat())
        write(folder, f"""
  - {{name: data, kind: fs.directory, directory: data}}
  - {{name: locked, kind: fs.directory, directory: locked}}
  - {{name: upper, kind: function.lua, method: main, source: "return {{ main = function(text) return text:upper() end }}"}}
  - name: guest
    kind: function.wat
    source: file://guest.wat
    method: do
    pool: {{type: static, size: 1, workers: 1}}
    imports: [{EVERYTHING}]
    wasi:
      args: [one]
      mounts: [{{fs: data, guest: /data}}, {{fs: locked, guest: /locked, read_only: true}}]
""")
        self.project = moonwit.open(folder)
        self.call("wasi:filesystem/preopens", "get-directories", RESULT)
        at, self.count = struct.unpack("<II", self.get(RESULT, 8))
        self.data, self.locked = (struct.unpack_from("<I", self.get(at + 12 * number, 12))[0] for number in range(2))

    def put(self, at: int, data: bytes) -> None:
        self.project.call("t:guest", 1000, struct.pack("<Q", at) + data)

    def get(self, at: int, size: int) -> bytes:
        answer = self.project.call("t:guest", 1001, struct.pack("<QQ", at, size))
        assert isinstance(answer, bytes)
        return answer

    def call(self, interface: str, name: str, *arguments: int | str) -> int:
        """Calls a function with core values; text is put into memory, and passed as its address and size."""
        given: list[int] = []
        place = FIRST
        for argument in arguments:
            if isinstance(argument, int):
                given.append(argument & (2**64 - 1))
            else:
                self.put(place, argument.encode())
                given += [place, len(argument.encode())]
                place += 0x1000
        answer = self.project.call("t:guest", FUNCTIONS.index(f"{interface}#{name}"), struct.pack(f"<{len(given)}Q", *given))
        return int.from_bytes(answer, "little")

    def do(self, name: str, *arguments: int | str, size: int = 8, at: int = 4) -> bytes | str:
        """Calls a method of a descriptor: gives `size` bytes of its ok side, which lies at `at`, or the name of the error-code."""
        self.put(RESULT, b"\xee" * 104)
        self.call(TYPES, f"[method]descriptor.{name}", *arguments, RESULT)
        answer = self.get(RESULT, at + size)
        if answer[0] == 0:
            return answer[at:]
        return next(code for code, number in CODES.items() if number == answer[at])

    def unit(self, name: str, *arguments: int | str) -> str | None:
        """The same for a result without an ok side: None, or the name of the error-code."""
        answer = self.do(name, *arguments, size=1, at=1)
        return None if isinstance(answer, bytes) else answer

    def open(self, path: str, how: int = 0, flags: int = READ, *, follow: int = FOLLOW, base: int | None = None) -> int | str:
        answer = self.do("open-at", self.data if base is None else base, follow, path, how, flags, size=4)
        return answer if isinstance(answer, str) else int.from_bytes(answer, "little")

    def opened(self, path: str, how: int = 0, flags: int = READ) -> int:
        answer = self.open(path, how, flags)
        assert isinstance(answer, int), answer
        return answer

    def stat(self, path: str, follow: int = FOLLOW) -> tuple[int, ...]:
        answer = self.do("stat-at", self.data, follow, path, size=96, at=8)
        assert isinstance(answer, bytes), answer
        return struct.unpack("<B7xQQ" + "B7xQI4x" * 3, answer)


@pytest.fixture(scope="module")
def guest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guest]:
    made = Guest(tmp_path_factory.mktemp("component"))
    for folder in ("data", "locked"):
        (made.folder / folder / "a").write_bytes(b"0123456789")
        (made.folder / folder / "sub").mkdir()
    yield made
    made.project.close()


def test_everything_at_once(guest: Guest) -> None:
    """A guest that is granted everything at once works, and gets something of each."""
    assert guest.count == 2
    assert guest.call("wasi:clocks/monotonic-clock", "now") > 0
    assert guest.call("wasi:random/random", "get-random-u64") != guest.call("wasi:random/random", "get-random-u64")
    assert guest.call("wasi:http/types", "[constructor]fields") > 0
    guest.call("wasi:cli/environment", "get-arguments", RESULT)
    assert struct.unpack("<II", guest.get(RESULT, 8))[1] == 1
    guest.call("wippy:runtime/funcs", "call-string", "t:upper", "text", RESULT)
    failed, at, size = struct.unpack("<B3xII", guest.get(RESULT, 12))
    assert (failed, guest.get(at, size)) == (0, b"TEXT")
    assert guest.do("stat", guest.data, size=96, at=8)[:1] == b"\3"


def test_reading_and_writing(guest: Guest) -> None:
    """read and write take an offset, and say whether the end has come; streams have a place of their own."""
    file = guest.opened("new", CREATE, READ | WRITE)
    guest.put(BUFFER, b"hello world")
    assert guest.do("write", file, BUFFER, 11, 5, at=8) == struct.pack("<Q", 11)
    assert (guest.folder / "data" / "new").read_bytes() == bytes(5) + b"hello world"
    for wanted, offset, expected, ended in (
        (5, 5, b"hello", 0),
        (100, 11, b"world", 0),
        (100, 16, b"", 1),
        (0, 0, b"", 0),
        (5, 99, b"", 1),
    ):
        answer = guest.do("read", file, wanted, offset, size=12)
        assert isinstance(answer, bytes), answer
        at, size, end = struct.unpack("<IIB3x", answer)
        assert (guest.get(at, size), end) == (expected, ended)
    assert guest.do("read", file, 1, 2**63, size=12) == "invalid"
    assert guest.do("write", file, BUFFER, 1, 2**63, at=8) == "file-too-large"
    assert guest.do("write", guest.opened("a"), BUFFER, 1, 0, at=8) == "bad-descriptor"
    assert guest.do("read", guest.opened("a", flags=WRITE), 1, 0, size=12) == "bad-descriptor"
    assert guest.do("read", guest.data, 1, 0, size=12) == "is-directory"


def handle(answer: bytes | str) -> int:
    assert isinstance(answer, bytes), answer
    return int.from_bytes(answer, "little")


def test_streams(guest: Guest) -> None:
    """A stream reads and writes from its offset, or at the end; it holds the file when its descriptor is dropped; the end closes it."""
    file = guest.opened("streamed", CREATE, READ | WRITE)
    streams = "wasi:io/streams"
    output, appended = (
        handle(guest.do("write-via-stream", file, 3, size=4)),
        handle(guest.do("append-via-stream", file, size=4)),
    )
    reader = handle(guest.do("read-via-stream", file, 2, size=4))
    guest.call(TYPES, "[resource-drop]descriptor", file)
    for stream, text in ((output, "abc"), (appended, "end"), (output, "d")):
        guest.call(streams, "[method]output-stream.blocking-write-and-flush", stream, text, RESULT)
        assert guest.get(RESULT, 1) == b"\0"
    path = guest.folder / "data" / "streamed"
    assert path.read_bytes() == b"\0\0\0abcdnd"
    guest.call(streams, "[method]input-stream.blocking-read", reader, 4, RESULT)
    at, size = struct.unpack("<4xII", guest.get(RESULT, 12))
    assert guest.get(at, size) == b"\0abc"
    guest.call(streams, "[method]input-stream.blocking-read", reader, 100, RESULT)
    guest.call(streams, "[method]input-stream.blocking-read", reader, 100, RESULT)
    assert guest.get(RESULT, 5)[::4] == b"\1\1"
    for stream in (output, appended):
        guest.call(streams, "[resource-drop]output-stream", stream)
    open_files = [os.readlink(f"/proc/self/fd/{name}") for name in os.listdir("/proc/self/fd") if os.path.lexists(f"/proc/self/fd/{name}")]
    assert open_files.count(str(path)) == 1
    guest.call(streams, "[resource-drop]input-stream", reader)
    assert guest.do("read-via-stream", guest.data, 0, size=4) == "is-directory"
    assert guest.do("write-via-stream", guest.opened("a"), 0, size=4) == "bad-descriptor"
    assert guest.do("append-via-stream", guest.opened("a"), size=4) == "bad-descriptor"


def test_streams_are_spliced(guest: Guest) -> None:
    """What one stream reads another writes, at most so many bytes; the end of the first closes, a failure of the second is told."""
    (guest.folder / "data" / "long").write_bytes(b"x" * 100_000)
    reader = handle(guest.do("read-via-stream", guest.opened("long"), 1, size=4))
    writer = handle(guest.do("write-via-stream", guest.opened("copy", CREATE, WRITE), 0, size=4))
    streams, counts = "wasi:io/streams", []
    for name, most in (("splice", 10), ("blocking-splice", 0), ("blocking-splice", 2**64 - 1), ("splice", 2**40)):
        guest.call(streams, f"[method]output-stream.{name}", writer, reader, most, RESULT)
        assert guest.get(RESULT, 1) == b"\0"
        counts.append(int.from_bytes(guest.get(RESULT + 8, 8), "little"))
    assert (counts[:2], sum(counts)) == ([10, 0], 99_999)
    assert (guest.folder / "data" / "copy").read_bytes() == b"x" * 99_999
    guest.call(streams, "[method]output-stream.blocking-splice", writer, reader, 10, RESULT)
    assert (guest.get(RESULT, 1), guest.get(RESULT + 8, 1)) == (b"\1", b"\1")
    far = handle(guest.do("write-via-stream", guest.opened("copy", 0, WRITE), 2**62, size=4))
    guest.call(streams, "[method]output-stream.blocking-write-and-flush", far, "x", RESULT)
    again = handle(guest.do("read-via-stream", guest.opened("long"), 0, size=4))
    guest.call(streams, "[method]output-stream.splice", far, again, 10, RESULT)
    assert (guest.get(RESULT, 1), guest.get(RESULT + 8, 1)) == (b"\1", b"\0")


def test_random_calls_harm_nobody(guest: Guest, tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    """Whatever core values a component calls with, it gets an answer or a trap, and the next instance works."""
    seed = random.randrange(2**32)
    record_property("seed", seed)
    chance = random.Random(seed)
    own = Guest(tmp_path)
    (tmp_path / "data" / "a").write_bytes(b"a" * 5000)
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    traps = 0
    for _ in range(700):
        function = chance.choice([name for name in FUNCTIONS if "funcs" not in name])
        interface, _, name = function.partition("#")
        letters = SIGNATURES[interface][name].partition(">")[0]
        text = chance.choice([b"a", b"..", b"../secret", b"sub", b"\xff", b"x" * 300, b"", b"/a"])
        numbers = (1, 2, 3, 4, 5, 0, FIRST, SECOND, RESULT, BUFFER, len(text), 2**16, 2**31, 2**32 - 1, 2**40, 2**64 - 1)
        try:
            own.put(FIRST, text)
            given = [chance.choice(numbers) for _ in letters]
            if letters.startswith("iii") and chance.random() < 0.7:
                begin = [own.data, FIRST, len(text)]
                given[:4] = [own.data, chance.choice([0, 1]), FIRST, len(text)] if letters.startswith("iiii") else begin
            own.call(interface, name, *given[: len(letters)])
        except moonwit.CallError as error:
            assert error.kind == "Internal", error
            assert "mistake in Moonwit" not in str(error), (name, error)
            traps += 1
            own.call("wasi:filesystem/preopens", "get-directories", RESULT)
            own.data = struct.unpack("<I", own.get(struct.unpack("<I", own.get(RESULT, 4))[0], 4))[0]
    assert traps > 50
    assert secret.read_bytes() == b"secret"
    own.project.close()


def test_a_failure_of_a_stream_has_its_code(guest: Guest) -> None:
    """What a stream could not do is told by an error, whose code filesystem-error-code gives."""
    file = guest.opened("far", CREATE, READ | WRITE)
    stream = handle(guest.do("write-via-stream", file, 2**62, size=4))
    guest.call("wasi:io/streams", "[method]output-stream.blocking-write-and-flush", stream, "x", RESULT)
    failed, case, error = struct.unpack("<B3xB3xI", guest.get(RESULT, 12))
    assert (failed, case) == (1, 0)
    guest.call(TYPES, "filesystem-error-code", error, RESULT)
    assert guest.get(RESULT, 2) == bytes([1, CODES["file-too-large"]])


def test_kinds_flags_and_identity(guest: Guest) -> None:
    """A descriptor knows its type, its flags, and whether it is another; a hash changes with the file."""
    file, other = guest.opened("a", flags=READ), guest.opened("a", flags=READ | WRITE)
    for descriptor, kind, flags in ((file, 6, 1), (other, 6, 3), (guest.data, 3, 1 + 32), (guest.locked, 3, 1)):
        assert guest.do("get-type", descriptor, size=1, at=1) == bytes([kind])
        assert guest.do("get-flags", descriptor, size=1, at=1) == bytes([flags])
    assert guest.do("get-flags", guest.opened("a", flags=READ | WRITE | 4), size=1, at=1) == bytes([7])
    assert guest.call(TYPES, "[method]descriptor.is-same-object", file, other) == 1
    assert guest.call(TYPES, "[method]descriptor.is-same-object", file, guest.data) == 0
    first = guest.do("metadata-hash", file, size=16, at=8)
    assert first == guest.do("metadata-hash-at", guest.data, FOLLOW, "a", size=16, at=8)
    assert first != guest.do("metadata-hash", guest.data, size=16, at=8)
    os.utime(guest.folder / "data" / "a", ns=(1, 1))
    second = guest.do("metadata-hash", file, size=16, at=8)
    assert first != second
    assert guest.do("metadata-hash-at", guest.data, FOLLOW, "nothing", size=16, at=8) == "no-entry"


def test_times_sizes_and_advice(guest: Guest) -> None:
    """Times are left, set to now, or to a moment; a nanosecond too many is invalid; sizes change where the file is open for writing."""
    file = guest.opened("timed", CREATE, READ | WRITE)
    path = guest.folder / "data" / "timed"
    assert guest.unit("set-times", file, 2, 5, 6, 2, 7, 8) is None
    assert (path.stat().st_atime_ns, path.stat().st_mtime_ns) == (5_000_000_006, 7_000_000_008)
    assert guest.unit("set-times-at", guest.data, FOLLOW, "timed", 0, 0, 0, 1, 0, 0) is None
    assert path.stat().st_atime_ns == 5_000_000_006
    assert path.stat().st_mtime > 1_700_000_000
    assert guest.unit("set-times", file, 2, 5, 1_000_000_000, 0, 0, 0) == "invalid"
    assert guest.unit("set-times-at", guest.locked, FOLLOW, "a", 1, 0, 0, 1, 0, 0) == "not-permitted"
    assert guest.unit("set-size", file, 1000) is None
    assert path.stat().st_size == 1000
    assert guest.unit("set-size", guest.opened("timed"), 0) == "bad-descriptor"
    assert guest.unit("set-size", file, 2**63) == "invalid"
    for advice in range(6):
        assert guest.unit("advise", file, 0, 100, advice) is None
    assert guest.unit("advise", guest.data, 0, 0, 0) == "bad-descriptor"
    for name in ("sync", "sync-data"):
        for descriptor in (file, guest.data, guest.locked):
            assert guest.unit(name, descriptor) is None
    os.utime(path, ns=(-5, -5))
    seen = guest.stat("timed")
    assert (seen[3], seen[6], seen[9]) == (0, 0, 1)


def test_status(guest: Guest) -> None:
    """A status says what the system says, of a link itself where it is not to be followed."""
    (guest.folder / "data" / "linked").symlink_to("a")
    os.link(guest.folder / "data" / "a", guest.folder / "data" / "hard")
    kind, links, size, has, seconds, nanoseconds, *_ = guest.stat("linked")
    real = (guest.folder / "data" / "a").stat()
    assert (kind, links, size, has, seconds * 10**9 + nanoseconds) == (6, 2, 10, 1, real.st_atime_ns)
    assert guest.stat("linked", 0)[0] == 5
    assert guest.do("stat-at", guest.data, FOLLOW, "..", size=96, at=8) == "not-permitted"


def test_paths_and_links(guest: Guest) -> None:
    """What is done with names ends as the system ends it, with the case of error-code that says so."""
    for name, arguments, code in (
        ("create-directory-at", (guest.data, "d"), None),
        ("create-directory-at", (guest.data, "d"), "exist"),
        ("remove-directory-at", (guest.data, "d"), None),
        ("remove-directory-at", (guest.data, "d"), "no-entry"),
        ("remove-directory-at", (guest.data, "a"), "not-directory"),
        ("unlink-file-at", (guest.data, "sub"), "is-directory"),
        ("unlink-file-at", (guest.data, ""), "no-entry"),
        ("unlink-file-at", (guest.data, "x" * 256), "name-too-long"),
        ("symlink-at", (guest.data, "/etc/passwd", "soft"), "not-permitted"),
        ("symlink-at", (guest.data, "a", "soft"), None),
        ("link-at", (guest.data, 0, "a", guest.data, "second"), None),
        ("link-at", (guest.data, FOLLOW, "soft", guest.data, "third"), "invalid"),
        ("link-at", (guest.locked, 0, "a", guest.data, "third"), "not-permitted"),
        ("rename-at", (guest.data, "second", guest.data, "sub/second"), None),
        ("rename-at", (guest.data, "a", guest.locked, "b"), "not-permitted"),
        ("unlink-file-at", (guest.opened("a"), "b"), "not-directory"),
    ):
        assert guest.unit(name, *arguments) == code, (name, arguments)
    answer = guest.do("readlink-at", guest.data, "soft", size=8)
    assert isinstance(answer, bytes)
    at, size = struct.unpack("<II", answer)
    assert guest.get(at, size) == b"a"
    assert guest.do("readlink-at", guest.data, "a", size=8) == "invalid"
    assert (guest.open("soft", follow=0), guest.open("/data/a"), guest.open("nothing")) == ("loop", "not-permitted", "no-entry")
    assert guest.open("a", flags=WRITE, base=guest.locked) == "not-permitted"
    assert guest.open("new2", CREATE, base=guest.locked) == "not-permitted"


def test_listings(guest: Guest) -> None:
    """A listing gives each name once, without dots, then nothing; what is not UTF-8 is an error of that entry alone."""
    for number in range(1500):
        (guest.folder / "data" / "sub" / f"name{number}").touch()
    os.close(os.open(os.fsencode(guest.folder) + b"/data/sub/\xff", os.O_CREAT | os.O_WRONLY))
    folder = guest.opened("sub", 2)
    entries = handle(guest.do("read-directory", folder, size=4))
    guest.call(TYPES, "[resource-drop]descriptor", folder)
    names, wrong = [], 0
    while True:
        guest.call(TYPES, "[method]directory-entry-stream.read-directory-entry", entries, RESULT)
        failed, some, kind, at, size = struct.unpack("<B3xB3xB3xII", guest.get(RESULT, 20))
        if failed:
            assert some == CODES["illegal-byte-sequence"]
            wrong += 1
        elif not some:
            break
        else:
            assert kind == 6
            names.append(guest.get(at, size).decode())
    assert wrong == 1
    assert sorted(names) == sorted({f"name{number}" for number in range(1500)} | {"second"})
    guest.call(TYPES, "[resource-drop]directory-entry-stream", entries)
    assert guest.do("read-directory", guest.opened("a"), size=4) == "not-directory"


def test_a_string_that_is_not_utf8_ends_the_guest(tmp_path: Path) -> None:
    """As of all imports: the canonical ABI has no other strings."""
    guest = Guest(tmp_path)
    guest.put(FIRST, b"\xff")
    with pytest.raises(moonwit.CallError, match="not UTF-8") as caught:
        guest.call(TYPES, "[method]descriptor.create-directory-at", guest.data, FIRST, 1, RESULT)
    assert caught.value.kind == "Internal"
    guest.project.close()
