"""What may have to wait for a device: it holds up neither the lane nor a limit, and leaves nothing open.

A slow device is stood in for at the one place where this process waits for devices, host/files/waiting.py; that files go there is the
lane's own doing.
"""

from __future__ import annotations

import os
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import moonwit
from moonwit.host.files import waiting
from moonwit.lua.calls import entries
from tests.lua.files.preview1 import ALL, BUFFER, FUNCTIONS, READ, RESULT, SECOND, SUCCESS, Guest

SIZE = 300 * 1024


class Device:
    """A device that answers when it is told to."""

    def __init__(self) -> None:
        self.asked, self.ready = threading.Event(), threading.Event()
        self.count = 0

    def slow(self, action: Callable[..., Any]) -> Callable[..., Any]:
        def wait(*arguments: Any) -> Any:
            self.count += 1
            self.asked.set()
            assert self.ready.wait(60)
            return action(*arguments)

        return wait


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> Iterator[Device]:
    made = Device()
    monkeypatch.setattr(entries, "ACTIONS", {name: made.slow(action) for name, action in waiting.ACTIONS.items()})
    yield made
    made.ready.set()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Callable[..., Guest]]:
    guests: list[Guest] = []

    def make(limits: str = "{}") -> Guest:
        guests.append(Guest(tmp_path / str(len(guests)), limits))
        return guests[-1]

    yield make
    for guest in guests:
        guest.project.close()


def begin(guest: Guest, name: str, *arguments: int) -> Any:
    """Begins a call of WASI on a thread; gives what waits for its errno."""
    answer: list[Any] = []

    def call() -> None:
        try:
            given = struct.pack(f"<{len(arguments)}Q", *arguments)
            answer.append(int.from_bytes(guest.project.call("t:guest", FUNCTIONS.index(name), given), "little"))
        except moonwit.CallError as error:
            answer.append(error)

    thread = threading.Thread(target=call)
    thread.start()

    def ended() -> Any:
        thread.join(60)
        assert not thread.is_alive()
        return answer[0]

    return ended


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


CALLS: dict[str, tuple[str, Callable[[int], tuple[int, ...]]]] = {
    "a large write": ("fd_write", lambda file: (file, SECOND, 1, RESULT)),
    "a write at a place": ("fd_pwrite", lambda file: (file, SECOND, 1, 5, RESULT)),
    "sync": ("fd_sync", lambda file: (file,)),
    "sync of data": ("fd_datasync", lambda file: (file,)),
    "sync of a folder": ("fd_sync", lambda file: (3,)),
    "room": ("fd_allocate", lambda file: (file, 0, SIZE)),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
def test_others_go_on_while_a_device_is_slow(device: Device, folder: Callable[..., Guest], call: tuple[str, Any]) -> None:
    """A guest that waits for its device lets other calls of the lane go on, and ends as it would without waiting."""
    guest = folder()
    file = guest.open("new", 1, ALL)
    guest.put(SECOND, struct.pack("<II", BUFFER, SIZE))
    ended = begin(guest, call[0], *call[1](file))
    assert device.asked.wait(60)
    assert guest.project.call("t:busy", 1) == 2
    device.ready.set()
    assert ended() == SUCCESS
    assert device.count == 1
    if "write" in call[0]:
        assert guest.word() == SIZE
        assert (guest.data / "new").stat().st_size == SIZE + (5 if call[0] == "fd_pwrite" else 0)


def test_what_is_written_is_what_was_there(device: Device, folder: Callable[..., Guest]) -> None:
    """A large write takes its bytes at once, whatever becomes of the memory meanwhile; its place moves by what was written."""
    device.ready.set()
    guest = folder()
    file = guest.open("new", 1, ALL)
    data = os.urandom(SIZE)
    assert guest.write(file, data) == SUCCESS
    assert guest.write(file, b"end") == SUCCESS
    assert (guest.data / "new").read_bytes() == data + b"end"
    assert device.count == 1


@pytest.mark.parametrize("flags", [2, 8, 16], ids=["dsync", "rsync", "sync"])
def test_what_is_written_in_step_with_its_device_waits_for_it(device: Device, folder: Callable[..., Guest], flags: int) -> None:
    """A file that is open for that is written on another thread, however little it is, until the flag is taken away."""
    device.ready.set()
    guest = folder()
    file = guest.open("new", 1, ALL, flags)
    assert guest.write(file, b"x") == SUCCESS
    assert device.count == 1
    guest.done("fd_fdstat_set_flags", file, 0)
    assert guest.write(file, b"y") == SUCCESS
    assert (device.count, (guest.data / "new").read_bytes()) == (1, b"xy")


def test_what_is_not_in_memory_is_read_elsewhere(device: Device, folder: Callable[..., Guest]) -> None:
    """A file that the system has to fetch is read on another thread; one that it has in memory at once."""
    guest = folder()
    path = guest.data / "cold"
    path.write_bytes(b"x" * 5000)
    with path.open("rb") as real:
        os.fsync(real.fileno())
        os.posix_fadvise(real.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        try:
            os.preadv(real.fileno(), [bytearray(10)], 0, os.RWF_NOWAIT)
            pytest.skip("this file system keeps what it is told to forget")
        except BlockingIOError:
            # The system may have begun to fetch it.
            os.pread(real.fileno(), 10, 0)
            os.posix_fadvise(real.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        except OSError:
            pytest.skip("this file system does not say what it has in memory")
    file = guest.open("cold")
    guest.put(SECOND, struct.pack("<II", BUFFER, 10))
    ended = begin(guest, "fd_read", file, SECOND, 1, RESULT)
    assert device.asked.wait(60)
    assert guest.project.call("t:busy", 1) == 2
    device.ready.set()
    assert (ended(), guest.word(), guest.get(BUFFER, 10)) == (SUCCESS, 10, b"x" * 10)
    assert guest.read(file, 10) == b"x" * 10
    assert device.count == 1


def test_a_large_folder_is_listed_elsewhere(device: Device, folder: Callable[..., Guest]) -> None:
    """Of a folder with many names the first are listed at once, and the others on another thread; each comes once."""
    guest = folder()
    (guest.data / "many").mkdir()
    for number in range(9000):
        (guest.data / "many" / f"name {number}").touch()
    directory = guest.open("many", 2)
    found: list[tuple[bytes, int]] = []
    thread = threading.Thread(target=lambda: found.extend(guest.names(directory, 0x40000)))
    thread.start()
    assert device.asked.wait(60)
    assert guest.project.call("t:busy", 1) == 2
    device.ready.set()
    thread.join(60)
    assert sorted(name for name, _ in found) == sorted([b".", b"..", *(f"name {number}".encode() for number in range(9000))])
    assert len(guest.names(directory, 0x40000)) == 9002


def test_a_limit_ends_a_guest_that_waits_for_a_device(device: Device, folder: Callable[..., Guest]) -> None:
    """A call whose device does not answer ends at its limit; what it had open is closed, and what comes later harms nobody."""
    guest = folder("{max_execution_ms: 500}")
    guest.done("fd_close", guest.open("new", 1, ALL))
    before = descriptors()
    file = guest.open("new", 1, ALL)
    problem = begin(guest, "fd_sync", file)()
    assert isinstance(problem, moonwit.CallError)
    assert problem.kind == "Timeout"
    device.ready.set()
    assert guest.open("new", 0, READ) == file
    for _ in range(2000):
        if descriptors() <= before + 1:
            break
        threading.Event().wait(0.01)
    assert descriptors() <= before + 1


def test_a_project_is_closed_while_a_device_hangs(device: Device, folder: Callable[..., Guest]) -> None:
    """A device that never answers keeps no project open, once the call that waited has ended."""
    guest = folder("{max_execution_ms: 300}")
    problem = begin(guest, "fd_sync", guest.open("new", 1, ALL))()
    assert isinstance(problem, moonwit.CallError)
    closing = threading.Thread(target=guest.project.close)
    closing.start()
    closing.join(30)
    was_open = closing.is_alive()
    device.ready.set()
    closing.join(60)
    assert not was_open


def test_an_error_of_the_device_is_the_guests(monkeypatch: pytest.MonkeyPatch, folder: Callable[..., Guest]) -> None:
    """What fails there is the errno of the guest's call."""
    for name, errno in (("fd_sync", 5), ("fd_allocate", 28)):

        def fail(descriptor: float, *_: Any, errno: int = errno) -> dict[str, int]:
            os.close(int(descriptor))
            return {"errno": errno}

        monkeypatch.setattr(entries, "ACTIONS", dict.fromkeys(waiting.ACTIONS, fail))
        guest = folder()
        file = guest.open("new", 1, ALL)
        assert guest.call(name, *((file,) if name == "fd_sync" else (file, 0, 10))) == {5: 29, 28: 51}[errno]
