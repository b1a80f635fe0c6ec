"""Moonwit: Lua scripts that call WebAssembly functions from a registry.

The main path, in the order to read it (CONTRIBUTING.md says where a new thing goes, docs/rooms.md what imports what):

1. ``moonwit/project.py``: ``moonwit.open`` loads a project's registry and starts a lane.
2. ``lua/lane/lane.py``: the lane, a thread with a LuaJIT state.
3. ``lua/boot.lua``: sets that state up. It is where all of Lua is put together.
4. ``lua/dispatcher/dispatcher.lua``: runs the lane's tasks.
5. ``stdlib/funcs.lua``: what a script calls; as any module, it stands on the call path.
6. ``lua/calls/calls.lua``: finds what an id stands for, once, and calls that. Its ``load`` is Python's, ``lua/calls/entries.py``, which
   describes the entry in the tables of ``lua/border``, as all that crosses between Python and Lua.
7. ``host/functions/loading.py``: loads it: bytes, hash, types, and a plan by ``host/wasm``.
8. ``lua/calls/direct.lua``: makes the function that calls an export of it, and chooses the way: at once, in turns, waiting.
9. ``lua/abi/generate.lua``: writes that function: check, lower, call, lift, in the stages of ``lua/abi/stages.lua``. It is short:
   ``tests/abi/golden/plain_numbers.lua`` is one. What it asks for on the way, it asks of ``lua/calls/hooks.lua``.
10. ``lua/calls/making.lua``: gets it an instance, at rest or new; ``lua/guest/build.lua`` builds that by the plan.
    ``lua/guest/fibers.lua`` runs guests that may wait, ``lua/tasks`` async ones, and ``lua/wasi`` is what they may ask for.
"""

from typing import TYPE_CHECKING

from moonwit.version import __version__

if TYPE_CHECKING:
    from moonwit.project import CallError, Project, open

__all__ = ["CallError", "Project", "__version__", "open"]


def __getattr__(name: str) -> object:
    # Imported when first used: `moonwit --version` and a Ctrl-C in the first moments need none of it.
    if name not in ("CallError", "Project", "open"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from moonwit import project

    value: object = getattr(project, name)
    globals()[name] = value
    return value
