"""The clusters of a project: made when a function is first called on one."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from moonwit.host.cluster import archive
from moonwit.host.cluster.calls import fail_all
from moonwit.host.cluster.kinds import LOCAL
from moonwit.host.values.intermediate import ErrorValue

if TYPE_CHECKING:
    from moonwit.host.cluster.archive import Archive
    from moonwit.host.cluster.calls import Post
    from moonwit.host.cluster.client import Cluster
    from moonwit.registry import Entry, Registry

# What a guest may be granted, and a script may require, whose calls nobody notices twice.
_HARMLESS = ("wasi:clocks", "wasi:random", "wasi:io")
_PURE = frozenset(("base64", "channel", "csv", "errors", "hash", "json", "text", "time", "toml", "uuid", "wit", "yaml"))


def may_repeat(entry: Entry) -> bool:
    """Tells whether a call may be made again: its entry says so, or it can do nothing outside of its own memory."""
    pool, fields = entry.fields.get("pool"), entry.fields
    if isinstance(pool, dict) and "retry" in pool:
        return pool["retry"] is True
    imports = fields.get("imports")
    if entry.kind == "function.lua":
        modules = fields.get("modules")
        return not imports and (not isinstance(modules, list) or _PURE.issuperset(map(str, modules)))
    given = imports if isinstance(imports, list) else []
    return all(isinstance(item, str) and item.partition("/")[0].partition("@")[0] in _HARMLESS for item in given)


class Clusters:
    """Calls on clusters, for all lanes of a project. ``node`` gives the module that workers run; ``encode`` encodes an error for a lane."""

    def __init__(self, registry: Callable[[], Registry | None], node: Callable[[], Any], encode: Callable[[ErrorValue], bytes]) -> None:
        self._registry = registry
        self._node = node
        self._encode = encode
        self._lock = threading.Lock()
        self._clusters: dict[tuple[str, str], Cluster] = {}
        self._files: tuple[Registry, archive.Files] | None = None
        self._archive: Archive | None = None

    def submit(self, cluster: str, id: str, frames: bytes, post: Post) -> None:
        """Passes on calls of a function."""
        registry = self._registry()
        assert registry is not None
        try:
            found = self._cluster(registry, cluster)
            made = self.archive(registry)
        except ImportError:
            message = f"{id}: a cluster needs distributed, which is not installed: pip install 'moonwit[cluster]'"
            fail_all(frames, post, self._encode, ErrorValue("Unavailable", message))
            return
        except archive.ArchiveProblem as problem:
            fail_all(frames, post, self._encode, ErrorValue("Unavailable", f"{id}: {problem}"))
            return
        found.submit(id, made, may_repeat(registry.entries[id.partition("#")[0]]), frames, post)

    def leave(self, cluster: str, number: int, post: Post) -> None:
        """Cancels a call that nobody waits for."""
        with self._lock:
            clusters = [found for (id, _), found in self._clusters.items() if id == cluster]
        for found in clusters:
            found.leave(number, post)

    def archive(self, registry: Registry) -> Archive:
        """Gives what workers need of the project: its files as they were when it was read, and its environment as it is now."""
        with self._lock:
            if self._files is None or self._files[0] is not registry:
                self._files, self._archive = (registry, archive.collect(registry)), None
            self._archive = archive.make(registry, self._files[1], os.environ, self._archive)
            return self._archive

    def connect(self, id: str) -> Cluster:
        """Gives a cluster of the project; raises ``ImportError`` where the engine is not installed."""
        registry = self._registry()
        assert registry is not None
        return self._cluster(registry, id)

    def statistics(self) -> dict[str, list[dict[str, Any]]]:
        """Gives what is known of the workers of each cluster that was used, by id."""
        with self._lock:
            return {id: found.statistics() for (id, _), found in self._clusters.items()}

    def made(self, id: str) -> list[dict[str, Any]]:
        """Gives what each worker has made of a function, for ``funcs.stats``."""
        with self._lock:
            clusters = list(self._clusters.values())
        return [each for found in clusters for each in found.made(id)]

    def close(self) -> None:
        """Ends what was begun on clusters, and the processes of local ones."""
        with self._lock:
            clusters, self._clusters = list(self._clusters.values()), {}
        for found in clusters:
            found.close()

    def _cluster(self, registry: Registry, id: str) -> Cluster:
        from moonwit.host.cluster.client import Cluster

        fields = registry.entries[id].fields
        address, tls, workers = str(fields.get("address") or LOCAL), fields.get("tls"), fields.get("workers")
        given = {name: str(path) for name, path in tls.items()} if isinstance(tls, dict) else None
        key = (id, repr((address, workers, given)))
        with self._lock:
            found = self._clusters.get(key)
            if found is None:
                count = workers if isinstance(workers, int) else None
                found = self._clusters[key] = Cluster(id, address, count, given, self._node(), registry.root)
            return found
