"""Guests that wait for sockets, many times: how late they end at their limit, and how many connections a lane has at once.

    python tests/soak/sockets.py [TIMES]

Prints, for each way to wait, the median and the latest end of a call with a limit of 50 ms, and the threads and open descriptors before and
after; then 1000 connections at once, by one guest and by 1000 guests of one lane; then how fast bytes go out and come back. Worth something
on an idle machine only.
"""

from __future__ import annotations

import contextlib
import os
import socket
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

import moonwit  # noqa: E402
from tests.lua.networks import Peer, echo, entry, project, whole  # noqa: E402

LIMITED = "    limits: {max_execution_ms: 50}\n"
MANY = "    pool: {type: lazy, max_size: 1000}\n"


class Silent:
    """A server that accepts connections and says nothing, without a thread for each."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.address = f"127.0.0.1:{self._server.getsockname()[1]}"
        self._ended = False
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()

    def _accept(self) -> None:
        kept: list[socket.socket] = []
        with contextlib.suppress(OSError):
            while True:
                kept.append(self._server.accept()[0])
                if len(kept) > 50:
                    kept.pop(0).close()
        for each in kept:
            each.close()

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join()


def counts() -> tuple[int, int]:
    return threading.active_count(), len(os.listdir("/proc/self/fd"))


def late(found: moonwit.Project, name: str, arguments: list[str], times: int) -> None:
    taken, before = [], None
    # The first one loads and compiles the guest.
    for _ in range(times + 1):
        begin = time.monotonic()
        try:
            found.call(f"t:{name}", *arguments)
            raise AssertionError(f"{name} came back")
        except moonwit.CallError as error:
            assert error.kind == "Timeout", error
        taken.append((time.monotonic() - begin) * 1000)
        before = before or counts()
    assert before is not None
    del taken[0]
    over = sum(each > 100 for each in taken)
    print(
        f"{name}: {times} calls, median {statistics.median(taken):.1f} ms, latest {max(taken):.1f} ms, {over} over 100 ms; "
        f"threads {before[0]} -> {counts()[0]}, descriptors {before[1]} -> {counts()[1]}",
        flush=True,
    )


def main(times: int) -> None:
    folder = Path(tempfile.mkdtemp())
    waiters = [entry(name, more=LIMITED) for name in ("wait-accept", "wait-read", "wait-poll")]
    with project(folder, *waiters, entry("hold"), entry("exchange", more=MANY), entry("pump")) as found:
        silent = Silent()
        try:
            for name in ("wait-accept", "wait-read", "wait-poll"):
                late(found, name, [] if name == "wait-accept" else [silent.address], times)
        finally:
            silent.close()
        with Peer(echo) as peer:
            begin = time.monotonic()
            assert found.call("t:hold", peer.address, 1000) == 1000
            print(f"1000 connections of one guest: {time.monotonic() - begin:.2f} s", flush=True)
        arrived = threading.Barrier(1000)

        def serve(connection: socket.socket) -> None:
            content = whole(connection)
            arrived.wait(120)
            connection.sendall(content)

        with Peer(serve) as peer:
            begin = time.monotonic()
            found.run_script(f"""
                local funcs, time = require 'funcs', require 'time'
                local done = 0
                for i = 1, 1000 do
                  coroutine.spawn(function()
                    local answer, err = funcs.call("t:exchange", "{peer.address}", "guest " .. i)
                    assert(answer == "guest " .. i, tostring(err))
                    done = done + 1
                  end)
                end
                while done < 1000 do time.sleep("5ms") end""")
            print(f"1000 guests with a connection each, all at once: {time.monotonic() - begin:.2f} s", flush=True)
        with Peer(lambda connection: connection.sendall(bytes(len(whole(connection))))) as peer:
            begin, size = time.monotonic(), 64 * 1024 * 1024
            assert found.call("t:pump", peer.address, size) == size
            print(f"64 MiB out and back: {time.monotonic() - begin:.2f} s", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
