"""Calls that a lane makes on clusters: they go as frames, and their answers come as messages (lua/calls/cluster.lua)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from moonwit.lua.border.messages import Message


class Far:
    """The lane's side of the clusters of its project, which ``clusters()`` gives; ``post`` puts a message into its inbox."""

    def __init__(self, clusters: Callable[[], Any], post: Callable[[Message], bool]) -> None:
        self._clusters = clusters

        def answer(frames: bytes) -> None:
            post({"kind": "cluster", "frames": frames})

        # One object, which clusters tell lanes apart by.
        self._answer = answer

    def send(self, cluster: bytes, id: bytes, frames: bytes) -> None:
        """Passes on calls of a function."""
        self._clusters().submit(cluster.decode(), id.decode(), frames, self._answer)

    def leave(self, cluster: bytes, number: float) -> None:
        """Cancels a call that nobody waits for."""
        self._clusters().leave(cluster.decode(), int(number), self._answer)
