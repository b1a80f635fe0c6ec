"""What modules of the standard library ask of the host, joined with what the call path asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from moonwit.lua.values import buffer
from moonwit.stdlib.env.variables import Variables
from moonwit.stdlib.fs.files import Files
from moonwit.stdlib.hash import digests

if TYPE_CHECKING:
    from moonwit.lua.calls.entries import Entries

Callback = Callable[..., Any]


class Modules:
    """The callbacks of the modules `env`, `fs`, `base64`, `hash` and `uuid`, the same for all lanes of a project."""

    def __init__(self, entries: Entries) -> None:
        self.files = Files(entries)
        self.variables = Variables(entries)

    def joined(self, own: Mapping[str, Callback]) -> Mapping[str, Callback]:
        """Adds the modules' callbacks to those of the call path. What blocks is named as a target of ``call`` too, which
        lanes run on other threads (lua/lane/ask.lua); a function's target holds a `|`, so the two can't be mistaken."""
        call, blocking = own["call"], {**self.files.blocking, **digests.blocking()}

        def begin(target: bytes, arguments: bytes) -> Any:
            action = blocking.get(target.decode("utf-8", "replace"))
            return call(target, arguments) if action is None else action(*buffer.decode_all(arguments))

        return {**own, **self.files.callbacks, **self.variables.callbacks, **digests.callbacks(), "call": begin}

    def close(self) -> None:
        """Frees what scripts have left open."""
        self.files.close()
