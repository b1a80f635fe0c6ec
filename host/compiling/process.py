"""A process for compiling, seen from the one that needs it: started, told what to do, and ended at its bounds or when nobody waits."""

from __future__ import annotations

import json
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Sequence
from pathlib import Path

from moonwit.host.compiling.code import CodeProblem, canceled_problem
from moonwit.host.engine.channel import receive, send

# What compiling for one call may take: seconds and bytes.
SECONDS, MEMORY = 60.0, 2 * 1024**3

CHILD = Path(__file__).with_name("child.py")
_FRAME = struct.Struct("<BQ")
# What Rust's library, C's and the child's own write when there is no memory.
_NO_MEMORY = (b"memory allocation of", b"MemoryError", b"out of memory", b"Cannot allocate memory")
_KEPT = 65536
# How long a process that has closed its socket has to end by itself, in seconds.
_DYING = 2.0


class Process:
    """One process, for one task."""

    def __init__(self, seconds: float = SECONDS, memory: int = MEMORY) -> None:
        self._seconds = seconds
        self._memory = memory
        self._lock = threading.Lock()
        self._ended = False
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def status(self) -> int | None:
        """Its exit status, negative for a signal; None before its start and while it runs."""
        return None if self._child is None else self._child.returncode

    def end(self) -> None:
        """Ends it, from any thread; ``compile`` raises then, whatever it was at."""
        with self._lock:
            self._ended = True
            if self._child is not None and self._child.poll() is None:
                self._child.kill()

    def compile(
        self, codes: Sequence[bytes], library: str, settings: Sequence[tuple[str, int]]
    ) -> Generator[bytearray | CodeProblem, None, None]:
        """Compiles one module after the other; gives its serialized form, or what is wrong with it.

        Raises ``CodeProblem`` when it does not come to its end.
        """
        until = time.monotonic() + self._seconds
        own, others = socket.socketpair()
        errors = os.memfd_create("moonwit compiling")
        try:
            self._start(others, errors)
            others.close()
            task = {
                "library": library,
                "settings": settings,
                "memory": self._memory,
                "seconds": self._seconds,
                "codes": [len(data) for data in codes],
            }
            send(own, json.dumps(task).encode() + b"\n", until)
            for data in codes:
                send(own, data, until)
            for _ in codes:
                status, size = _FRAME.unpack(receive(own, _FRAME.size, until))
                if size > self._memory:
                    raise ConnectionError
                answer = receive(own, size, until)
                # The C API gives a message with its end.
                message = answer.rstrip(b"\0").decode("utf-8", "replace") if status else ""
                if status and any(sign.decode() in message for sign in _NO_MEMORY):
                    raise CodeProblem("Invalid", self._too_much())
                yield CodeProblem("Invalid", message, invalid=True) if status else answer
        except TimeoutError:
            raise CodeProblem("Invalid", f"compiling it takes longer than the {self._seconds:g} s that it may") from None
        except ConnectionError:
            raise self._died(errors) from None
        finally:
            self.end()
            own.close()
            others.close()
            if self._child is not None:
                self._child.wait()
            os.close(errors)

    def _start(self, channel: socket.socket, errors: int) -> None:
        environment = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
        with self._lock:
            if self._ended:
                raise ConnectionError
            try:
                # Alone: nothing of the environment, of the folder or of other packages has a part in it.
                command = [sys.executable, "-I", "-S", "-B", str(CHILD)]
                both = channel.fileno()
                self._child = subprocess.Popen(command, stdin=both, stdout=both, stderr=errors, env=environment, cwd="/")
            except OSError as error:
                reason = os.strerror(error.errno or 0).lower()
                raise CodeProblem("Unavailable", f"the process that compiles it can't be started: {reason}", lasting=False) from None

    def _died(self, errors: int) -> CodeProblem:
        """Says why the process has ended before its task."""
        if self._ended:
            return canceled_problem()
        assert self._child is not None
        try:
            status = self._child.wait(_DYING)
        except subprocess.TimeoutExpired:
            self._child.kill()
            status = self._child.wait()
        text = os.pread(errors, _KEPT, max(os.fstat(errors).st_size - _KEPT, 0))
        if any(sign in text for sign in _NO_MEMORY):
            return CodeProblem("Invalid", self._too_much())
        if status == -signal.SIGKILL:
            sentence = "the process that compiles it was killed; the machine may be short of memory"
            return CodeProblem("Unavailable", sentence, lasting=False)
        how = f"by {signal.Signals(-status).name}" if status < 0 else f"with status {status}"
        return CodeProblem("Unavailable", f"the process that compiles it ended {how}", lasting=False)

    def _too_much(self) -> str:
        return f"compiling it takes more memory than the {self._memory // 1024**2} MiB that it may"
