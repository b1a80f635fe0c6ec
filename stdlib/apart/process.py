"""A process that does tasks, seen from the one that gives them: started with its first task, and ended in the middle of one if need be."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import NamedTuple

from moonwit.host.engine.channel import receive, send
from moonwit.stdlib.apart.child import ANSWERED, ASKED

# What one task may take: seconds and bytes.
SECONDS, MEMORY = 60.0, 1024**3

_CHILD = Path(__file__).with_name("child.py")
# How long a process that has closed its socket has to end by itself, in seconds.
_DYING = 2.0


class Answer(NamedTuple):
    """An encoded answer, and whether the process will do no more tasks."""

    data: bytes
    last: bool


class Failed(Exception):
    """A task that has not come to its end; ``kind`` is one of Lua's kinds of errors, and a sentence says why."""

    def __init__(self, kind: str, sentence: str) -> None:
        super().__init__(sentence)
        self.kind = kind
        self.sentence = sentence


class Process:
    """One process, for one task after the other."""

    def __init__(self, seconds: float = SECONDS, memory: int = MEMORY) -> None:
        self._seconds = seconds
        self._memory = memory
        self._lock = threading.Lock()
        self._ended = False
        self._child: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None

    def perform(self, name: bytes, arguments: bytes) -> Answer:
        """Has a task done and waits for it; raises ``Failed``."""
        until = time.monotonic() + self._seconds
        try:
            channel = self._start(until)
            send(channel, ASKED.pack(len(name), len(arguments)) + name, until)
            send(channel, arguments, until)
            last, size = ANSWERED.unpack(receive(channel, ANSWERED.size, until))
            if size > self._memory:
                raise ConnectionError
            return Answer(bytes(receive(channel, size, until)), bool(last))
        except TimeoutError:
            raise Failed("Timeout", f"it takes longer than the {self._seconds:g} s that it may") from None
        except OSError:
            raise self._died() from None

    def alive(self) -> bool:
        """Tells whether it can do another task."""
        return not self._ended and self._child is not None and self._child.poll() is None

    def end(self) -> None:
        """Ends it, from any thread; ``perform`` raises then, whatever it was at."""
        with self._lock:
            self._ended = True
            if self._child is not None and self._child.poll() is None:
                self._child.kill()

    def close(self) -> None:
        """Ends it and frees what it has taken; nobody may be in ``perform``."""
        self.end()
        if self._child is not None:
            self._child.wait()
        if self._channel is not None:
            self._channel.close()

    def _start(self, until: float) -> socket.socket:
        """Gives the channel to the process, which is started where there is none yet."""
        if self._channel is not None:
            return self._channel
        own, others = socket.socketpair()
        # Python's modules are found there as here; nothing else of this process has a part in it.
        environment = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
        # A process that does not come up says why only to whoever looks for a mistake in Moonwit.
        errors = None if os.environ.get("MOONWIT_DEBUG") else subprocess.DEVNULL
        with others, self._lock:
            self._channel = own
            if self._ended:
                raise ConnectionError
            command, both = [sys.executable, "-I", "-S", "-B", str(_CHILD)], others.fileno()
            self._child = subprocess.Popen(command, stdin=both, stdout=both, stderr=errors, env=environment, cwd="/")
        # An installation for development is found by Python's hook, which the process does not have.
        package = Path(str(sys.modules[__name__.partition(".")[0]].__file__)).parent
        path = [os.path.abspath(each) for each in [*sys.path, str(package.parent)]]
        send(own, json.dumps({"path": path, "memory": self._memory, "seconds": self._seconds}).encode() + b"\n", until)
        return own

    def _died(self) -> Failed:
        """Says why the process has ended before its task."""
        if self._ended:
            return Failed("Canceled", "it was canceled")
        if self._child is None:
            return Failed("Unavailable", "the process that does it can't be started")
        try:
            status = self._child.wait(_DYING)
        except subprocess.TimeoutExpired:
            self._child.kill()
            status = self._child.wait()
        if status == -signal.SIGKILL:
            return Failed("Unavailable", "the process that does it was killed; the machine may be short of memory")
        how = f"by {signal.Signals(-status).name}" if status < 0 else f"with status {status}"
        return Failed("Unavailable", f"the process that does it ended {how}")
