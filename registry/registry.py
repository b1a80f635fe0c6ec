"""What a project declares: its entries and settings, and the problems with them."""

import threading
from bisect import insort
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from moonwit.registry.entries import Entry
from moonwit.registry.names import nearest
from moonwit.registry.problems import Problem, Problems


class Registry:
    """The entries of a project by id, in the order of its files."""

    def __init__(self, root: Path, settings: Mapping[str, object], entries: dict[str, Entry], problems: Problems) -> None:
        self.root = root
        self.settings: Mapping[str, object] = MappingProxyType(dict(settings))
        self.entries = entries
        self._problems = problems
        self._healthy: set[str] = set()  # known not to be broken, as of the last report
        self._lock = threading.Lock()  # entries are loaded, and found broken, by any lane

    @property
    def problems(self) -> list[Problem]:
        """Lists errors and warnings by file, line and column."""
        return list(self._problems.found)

    @property
    def errors(self) -> list[Problem]:
        """Lists only the errors."""
        return [problem for problem in self._problems.found if problem.severity == "error"]

    def report(self, problem: Problem) -> None:
        """Adds a problem that a room has found; an error breaks its entry and what refers to it."""
        with self._lock:
            self._problems.add(problem)
            self._healthy = set()
            found = self._problems.found
            if len(found) > 1 and found[-1].order < found[-2].order:
                insort(found, found.pop(), key=lambda one: one.order)

    def is_broken(self, entry_id: str) -> bool:
        """Tells whether an entry, or anything it refers to, is missing or has an error."""
        healthy = self._healthy
        if entry_id in healthy:
            return False
        seen = {entry_id}
        waiting = [entry_id]
        while waiting:
            here = waiting.pop()
            entry = self.entries.get(here)
            if entry is None or here in self._problems.broken:
                return True
            for target in entry.references:
                if target not in seen and target not in healthy:
                    seen.add(target)
                    waiting.append(target)
        healthy |= seen  # of the set that was valid when this began: a report in between has put another in its place
        return False

    def nearest(self, entry_id: str) -> str | None:
        """Finds the entry that was probably meant by an id that does not exist."""
        namespace, _, name = entry_id.partition(":")
        if name:
            own = [entry.name for entry in self.entries.values() if entry.namespace == namespace]
            if (found := nearest(name, own)) is not None:
                return f"{namespace}:{found}"
        elif (same := [known for known in self.entries if known.partition(":")[2] == entry_id]) != []:
            return same[0]
        return nearest(entry_id, self.entries)
