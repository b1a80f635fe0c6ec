"""The one instance that entries share on the compatible path, where their binary defines resources."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from moonwit.host.compatible.component_instance import GuestFailed, Instance, Running

if TYPE_CHECKING:
    from moonwit.host.functions.sharing import Says
    from moonwit.host.wasi.world import World

# How often one that waits looks whether anybody still waits for it, in seconds.
STEP = 0.05


class SharedInstance:
    """Gives all calls of the entries that say the same one instance, which takes one call at a time.

    It stays while a handle of it is held. After a failure, or when a call sees another world and nobody holds a handle, the next call
    has another one.
    """

    def __init__(self, says: Says) -> None:
        self.says = says
        self._making = threading.Lock()
        self._instance: Instance | None = None
        self._ended: Callable[[bool], None] = lambda failed: None
        self._timer: threading.Timer | None = None
        # How long the instance stays that nobody calls, in seconds; None when some entry wants it kept.
        self.idle: float | None = 0.0

    def take(self, world: World, running: Running, make: Callable[[], Instance], ended: Callable[[bool], None]) -> Instance:
        """Gives the instance for a call; ``make`` makes one, and ``ended`` is told when that ends, and whether by a failure.

        Raises what ``make`` raises, and ``GuestFailed`` when nobody waits for the call any more.
        """
        while not self._making.acquire(timeout=STEP):
            if running.given_up is not None:
                raise GuestFailed(running.given_up, "nobody waits for it", [])
        try:
            found = self._instance
            if found is not None and (found.dead or (found.world != world and not found.held())):
                self._end(found.dead)
                found = None
            if found is None:
                found = make()
                self._instance, self._ended = found, ended
            return found
        finally:
            self._making.release()

    def came_back(self, instance: Instance) -> None:
        """Is told that a call has left the instance."""
        with self._making:
            if instance is not self._instance:
                return
            if instance.dead:
                self._end(True)
                return
            instance.rested = time.monotonic()
            if self.idle is not None and self._timer is None:
                self._look_after(self.idle)

    def _look_after(self, wait: float) -> None:
        self._timer = threading.Timer(wait, self._let_go)
        self._timer.daemon = True
        self._timer.start()

    def _let_go(self) -> None:
        """Ends the instance when it has long been idle."""
        with self._making:
            self._timer = None
            found = self._instance
            if found is None or self.idle is None:
                return
            if not found.busy and not found.held() and time.monotonic() - found.rested >= self.idle * 0.99:
                self._end(False)
            else:
                self._look_after(self.idle)

    def _end(self, failed: bool) -> None:
        self._instance = None
        self._ended(failed)
