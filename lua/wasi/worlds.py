"""What guests see of the world, as their lanes ask for it at each call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from moonwit.lua.values import buffer

if TYPE_CHECKING:
    from moonwit.host.functions.loaded import LoadedFunction
    from moonwit.host.wasi.network import Network, Rule
    from moonwit.host.wasi.world import World, WorldProblem
    from moonwit.lua.border.answers import Failure, FileCounts, Folders, MountedFolder, NetworkRule, NetworkRules, SeenWorld
    from moonwit.registry import Registry


class Worlds:
    """Answers for the functions in ``loaded``, of the registry that there is when one is asked for first.

    What its entry says is read then; environment values are looked up at each call.
    """

    def __init__(self, loaded: Mapping[str, LoadedFunction], registry: Callable[[], Registry | None]) -> None:
        self._loaded = loaded
        self._registry = registry
        # With the function, because a session loads functions again.
        self._looks: dict[bytes, tuple[LoadedFunction, Callable[[], World]]] = {}
        # The last answer for an entry, and what it says: mostly the next one is the same.
        self._told: dict[bytes, tuple[World, buffer.Encoded]] = {}

    def fix(self, function: LoadedFunction, world: World) -> None:
        """Has a function see this, whatever its entry says."""
        self._looks[function.id.encode()] = function, lambda: world

    def world(self, id: bytes) -> buffer.Encoded | Failure:
        """Gives what a guest's call that is made now sees of arguments and environment."""
        from moonwit.host.wasi.world import WorldProblem

        try:
            world = self._look(id)
        except WorldProblem as error:
            return _failed(error)
        before = self._told.get(id)
        if before is not None and before[0] == world:
            return before[1]
        seen: SeenWorld = {
            "args": list(world.args),
            "env": [list(pair) for pair in world.env],
            "cwd": world.cwd,
            "network": _rules(world.network),
        }
        told = buffer.Encoded(buffer.encode(seen))
        self._told[id] = world, told
        return told

    def folders(self, id: bytes) -> Folders | Failure:
        """Opens the mounts of an entry for a new instance, which owns the descriptors; see lua/wasi/files/open.lua."""
        from moonwit.host.files import counts
        from moonwit.host.wasi.world import WorldProblem, folders

        try:
            opened = folders(self._look(id))
        except WorldProblem as error:
            return _failed(error)
        mounts: list[MountedFolder] = [
            {"descriptor": each.descriptor, "guest": each.guest, "read_only": each.mount.read_only} for each in opened
        ]
        numbers: FileCounts = {"address": counts.address(), "cell": counts.lane(), "most": counts.most(), "most_own": counts.MOST_OWN}
        return {"mounts": mounts, "counts": numbers}

    def _look(self, id: bytes) -> World:
        function, known = self._loaded[id.decode()], self._looks.get(id)
        if known is None or known[0] is not function:
            from moonwit.host.wasi.world import worlds

            known = self._looks[id] = function, worlds(function.wasi, self._registry())
        return known[1]()


def _failed(error: WorldProblem) -> Failure:
    return {"failed": True, "kind": error.kind, "message": error.message}


def _rules(network: Network) -> NetworkRules:
    return {"connect": [_rule(rule) for rule in network.connect], "listen": [_rule(rule) for rule in network.listen]}


def _rule(rule: Rule) -> NetworkRule:
    if rule.is_any:
        return {"low": rule.low, "high": rule.high, "any": True}
    if rule.ip is None:
        return {"low": rule.low, "high": rule.high, "names": [name.encode() for name in rule.names]}
    return {"low": rule.low, "high": rule.high, "ip": rule.ip, "bits": rule.bits}
