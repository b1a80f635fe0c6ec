"""A core module that passes each function of WASI 0.1 on as it is: tests call them by their names, with bytes for what lies in memory."""

from __future__ import annotations

import struct
from pathlib import Path

import moonwit
from moonwit.host.wasi import preview1
from tests.projects import write

# Where arguments and results lie in the guest's memory: paths, results, buffers.
FIRST, SECOND, RESULT, BUFFER = 0x1000, 0x3000, 0x5000, 0x10000

FUNCTIONS = [name for name in preview1.FUNCTIONS if name not in ("proc_exit", "sched_yield")]
PUT, GET = 1000, 1001
DATA, LOCKED = 3, 4
SUCCESS, ACCES, AGAIN, BADF, EXIST, FBIG, ILSEQ, INVAL, ISDIR, LOOP, MFILE = 0, 2, 6, 8, 20, 22, 25, 28, 31, 32, 33
NAMETOOLONG, NOENT, NOTDIR, NOTEMPTY, NOTSUP, PERM, SPIPE = 37, 44, 54, 55, 58, 63, 70
READ, WRITE, ALL = 2, 64, 2 + 64 + 4 + 32 + 2**8 + 2**21 + 2**22
CREATE, DIRECTORY, EXCLUSIVE, TRUNCATE = 1, 2, 4, 8


def _wat() -> str:
    imports, bodies = [], []
    for number, name in enumerate(FUNCTIONS):
        letters = preview1.parameters(name) or ""
        params = " ".join({"i": "i32", "I": "i64"}[letter] for letter in letters)
        imports.append(f'(import "wasi_snapshot_preview1" "{name}" (func ${name} (param {params}) (result i32)))')
        words = [f"(i64.load offset={8 * place} (local.get 0))" for place in range(len(letters))]
        given = " ".join(f"(i32.wrap_i64 {word})" if letter == "i" else word for letter, word in zip(letters, words, strict=True))
        bodies.append(f"(func $f{number} (param i32) (result i32) (call ${name} {given}))")
    return "\n".join(
        [
            "(module",
            *imports,
            f"(table funcref (elem {' '.join(f'$f{number}' for number in range(len(FUNCTIONS)))}))",
            "(type $call (func (param i32) (result i32)))",
            '(memory (export "memory") 96)',
            '(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0x300000))',
            '(func (export "do") (param $f i32) (param $at i32) (param $size i32) (result i32)',
            f" (if (i32.eq (local.get $f) (i32.const {PUT})) (then",
            "  (memory.copy (i32.load (local.get $at)) (i32.add (local.get $at) (i32.const 8)) (i32.sub (local.get $size) (i32.const 8)))",
            "  (i64.store (i32.const 0) (i64.const 0)) (return (i32.const 0))))",
            f" (if (i32.eq (local.get $f) (i32.const {GET})) (then",
            "  (i32.store (i32.const 0) (i32.load (local.get $at))) (i32.store (i32.const 4) (i32.load offset=8 (local.get $at)))",
            "  (return (i32.const 0))))",
            " (i32.store (i32.const 8) (call_indirect (type $call) (local.get $at) (local.get $f)))",
            " (i32.store (i32.const 0) (i32.const 8)) (i32.store (i32.const 4) (i32.const 4)) (i32.const 0))",
            *bodies,
            ")",
        ]
    )


class Guest:
    """An instance of the module with mounts at `/data`, which is descriptor 3, and `/locked`, which is 4 and can't be written to.

    Beside it is `t:busy`, which adds one to a number. Its own functions give what WASI's give, or raise ``Failed``.
    """

    def __init__(self, folder: Path, limits: str = "{}") -> None:
        self.data, self.locked = folder / "data", folder / "locked"
        for mount in (self.data, self.locked):
            mount.mkdir(parents=True, exist_ok=True)
        (folder / "guest.wat").write_text(_wat())
        (folder / "busy.wat").write_text('(module (func (export "busy") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))')
        write(folder, f"""
  - {{name: data, kind: fs.directory, directory: data}}
  - {{name: locked, kind: fs.directory, directory: locked}}
  - {{name: busy, kind: function.wat, source: "file://busy.wat", method: busy}}
  - name: guest
    kind: function.wat
    source: file://guest.wat
    method: do
    wit: "do: func(number: u32, data: list<u8>) -> list<u8>;"
    pool: {{type: static, size: 1, workers: 1}}
    imports: [wasi1]
    limits: {limits}
    wasi: {{mounts: [{{fs: data, guest: /data}}, {{fs: locked, guest: /locked, read_only: true}}]}}
""")
        self.project = moonwit.open(folder)

    def put(self, at: int, data: bytes) -> None:
        self.project.call("t:guest", PUT, struct.pack("<Q", at) + data)

    def get(self, at: int, size: int) -> bytes:
        answer = self.project.call("t:guest", GET, struct.pack("<QQ", at, size))
        assert isinstance(answer, bytes)
        return answer

    def call(self, name: str, *arguments: int | str | bytes) -> int:
        """Calls a function of WASI; gives its errno. Text is put into memory, and passed as its address and size."""
        given: list[int] = []
        place = FIRST
        for argument in arguments:
            if isinstance(argument, int):
                given.append(argument & (2**64 - 1))
                continue
            data = argument.encode() if isinstance(argument, str) else argument
            self.put(place, data)
            given += [place, len(data)]
            place += 0x2000
        answer = self.project.call("t:guest", FUNCTIONS.index(name), struct.pack(f"<{len(given)}Q", *given))
        return int.from_bytes(answer, "little")

    def done(self, name: str, *arguments: int | str | bytes) -> None:
        """Calls a function that succeeds."""
        errno = self.call(name, *arguments)
        assert errno == SUCCESS, (name, arguments, errno)

    def word(self, at: int = RESULT, size: int = 4) -> int:
        return int.from_bytes(self.get(at, size), "little")

    def open(self, path: str | bytes, how: int = 0, rights: int = READ, flags: int = 0, *, follow: bool = True, base: int = DATA) -> int:
        """Opens a path; gives the descriptor, or minus the errno."""
        errno = self.call("path_open", base, int(follow), path, how, rights, 0, flags, RESULT)
        return self.word() if errno == SUCCESS else -errno

    def read(self, descriptor: int, size: int = 1000, offset: int | None = None) -> bytes:
        """Reads what one call gives."""
        self.put(SECOND, struct.pack("<II", BUFFER, size))
        if offset is None:
            self.done("fd_read", descriptor, SECOND, 1, RESULT)
        else:
            self.done("fd_pread", descriptor, SECOND, 1, offset, RESULT)
        return self.get(BUFFER, self.word())

    def write(self, descriptor: int, data: bytes, offset: int | None = None) -> int:
        """Writes by one call; gives the errno."""
        self.put(BUFFER, data)
        self.put(SECOND, struct.pack("<II", BUFFER, len(data)))
        if offset is None:
            return self.call("fd_write", descriptor, SECOND, 1, RESULT)
        return self.call("fd_pwrite", descriptor, SECOND, 1, offset, RESULT)

    def names(self, descriptor: int, size: int = 4096) -> list[tuple[bytes, int]]:
        """Lists a directory by as many calls as it takes, with a buffer of so many bytes: names and types."""
        found, cookie = [], 0
        while True:
            self.done("fd_readdir", descriptor, BUFFER, size, cookie, RESULT)
            used = self.word()
            data, at = self.get(BUFFER, used), 0
            while at + 24 <= used:
                following, _inode, length, kind = struct.unpack_from("<QQIB", data, at)
                if at + 24 + length > used:
                    break
                found.append((data[at + 24 : at + 24 + length], kind))
                cookie, at = following, at + 24 + length
            if used < size:
                return found
