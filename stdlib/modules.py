"""What modules of the standard library ask of the host, joined with what the call path asks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from moonwit.lua.values import buffer
from moonwit.stdlib.env.variables import Variables
from moonwit.stdlib.fs.files import Files
from moonwit.stdlib.hash import digests
from moonwit.stdlib.state.declared import Declared
from moonwit.stdlib.state.stores import Stores

if TYPE_CHECKING:
    from moonwit.host.engine.worker import Cancellation
    from moonwit.lua.calls.entries import Entries
    from moonwit.stdlib.apart.pool import Pool

Callback = Callable[..., Any]

# Before the names of tasks that are done elsewhere (lua/lane/ask.lua).
APART, THREAD = b"apart ", b"thread "


class Modules:
    """The callbacks of the modules `env`, `fs`, `store`, `registry`, `base64`, `hash` and `uuid`, and of those for data, the same for all
    lanes of a project."""

    def __init__(self, entries: Entries) -> None:
        self.files = Files(entries)
        self._pool: Pool | None = None
        self._lock = threading.Lock()
        self._closed = False
        self.variables = Variables(entries)
        self.stores = Stores(entries)
        self.declared = Declared(entries)

    def joined(self, own: Mapping[str, Callback]) -> Mapping[str, Callback]:
        """Adds the modules' callbacks to those of the call path. What blocks is named as a target of ``call`` too, which
        lanes run on other threads (lua/lane/ask.lua); a function's target holds a `|`, so the two can't be mistaken."""
        call, begun, blocking = own["call"], own["begin"], {**self.files.blocking, **digests.blocking()}

        def begin(target: bytes, arguments: bytes) -> Any:
            if target.startswith((APART, THREAD)):
                return self._perform(target, arguments)
            action = blocking.get(target.decode("utf-8", "replace"))
            return call(target, arguments) if action is None else action(*buffer.decode_all(arguments))

        def queued(target: bytes, arguments: bytes, cancellation: Cancellation) -> Future[bytes] | None:
            future = self.stores.begin(target, arguments, cancellation)
            return begun(target, arguments, cancellation) if future is None else future

        modules = {**self.files.callbacks, **self.variables.callbacks, **self.stores.callbacks, **self.declared.callbacks}
        return {**own, **modules, **digests.callbacks(), "task": _here, "call": begin, "begin": queued}

    def _perform(self, target: bytes, arguments: bytes) -> buffer.Encoded:
        """Does a task of the modules for data on this thread, or has a process apart do it."""
        from moonwit.host.engine import worker
        from moonwit.stdlib.apart.process import Failed
        from moonwit.stdlib.tasks import tasks

        where, _, name = target.partition(b" ")
        if where + b" " == THREAD:
            return buffer.Encoded(tasks.run(name, arguments))
        try:
            return buffer.Encoded(self._processes().perform(name, arguments, worker.current()))
        except Failed as problem:
            return buffer.Encoded(tasks.failure(name, problem.kind, problem.sentence))

    def _processes(self) -> Pool:
        from moonwit.stdlib.apart.pool import Pool

        with self._lock:
            if self._pool is None:
                self._pool = Pool()
                if self._closed:
                    self._pool.close()
            return self._pool

    def close(self) -> None:
        """Frees what scripts have left open, and ends what works for them."""
        self.files.close()
        self.stores.close()
        with self._lock:
            self._closed = True
        if self._pool is not None:
            self._pool.close()


def _here(name: bytes, arguments: bytes) -> buffer.Encoded:
    from moonwit.stdlib.tasks import tasks

    return buffer.Encoded(tasks.run(name, arguments))
