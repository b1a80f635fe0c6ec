"""Moonwit: Lua scripts that call WebAssembly functions from a registry.

The main path, in the order to read it:

1. ``moonwit.open`` (moonwit/project.py) loads a project's registry and starts a lane.
2. ``lua/lane/lane.py`` is the lane: a thread with a LuaJIT state; ``lua/boot.lua`` sets that up,
   ``lua/dispatcher/dispatcher.lua`` runs its tasks.
3. ``stdlib/funcs.lua`` is what a script calls; ``lua/calls/calls.lua`` finds what an id stands for, once.
4. ``lua/calls/entries.py`` describes an entry; ``host/functions/functions.py`` loads it: bytes, hash, types, plan (``host/wasm``).
5. ``lua/guest/instance.lua`` runs the plan; ``lua/abi/generate.lua`` writes the function that lowers, calls and lifts.
6. ``lua/guest/hosting.lua`` and ``lua/wasi`` are what a guest may ask of the host; one that may wait there runs on a fiber,
   ``lua/guest/fibers.lua``.
7. ``host/compatible/compatible.py`` is the other call path, for what the direct one does not take.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from moonwit.project import CallError, Project, open

__all__ = ["CallError", "Project", "__version__", "open"]

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    # Imported when first used: `moonwit --version` and a Ctrl-C in the first moments need none of it.
    if name not in ("CallError", "Project", "open"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from moonwit import project

    value: object = getattr(project, name)
    globals()[name] = value
    return value
