"""What the module `env` asks of the host: the variables of a project."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from moonwit.host.environment.variables import Environment
    from moonwit.lua.calls.entries import Entries

Data = dict[str, Any]


class Variables:
    """Answers questions about environment variables; all lanes of a project see the same."""

    def __init__(self, entries: Entries) -> None:
        self._entries = entries

    @property
    def callbacks(self) -> Mapping[str, Callable[..., Data]]:
        """The functions for ``Lane``."""
        return {"env_get": self._get, "env_set": self._set, "env_all": self._all}

    def _answer(self, ask: Callable[[Environment], Data]) -> Data:
        from moonwit.host.environment.variables import VariableProblem, environment_of
        from moonwit.lua.lane.compilations import failed

        registry = self._entries.registry
        if registry is None:
            return failed("NotFound", "there are no environment variables: no project was found, name its folder with --project")
        try:
            return ask(environment_of(registry))
        except VariableProblem as error:
            return failed(error.kind, error.message)

    def _get(self, name: bytes) -> Data:
        from moonwit.lua.lane.compilations import failed

        def get_it(environment: Environment) -> Data:
            id = environment.find(name.decode("utf-8", "replace"))
            value = environment.lookup(id)
            return failed("NotFound", f"the variable {id} has neither a value nor a default") if value is None else {"value": value}

        return self._answer(get_it)

    def _set(self, name: bytes, value: bytes) -> Data:
        from moonwit.lua.lane.compilations import failed

        text = name.decode("utf-8", "replace")
        try:
            given = value.decode()
        except UnicodeDecodeError:
            return failed("Invalid", f"the value for {text} is not UTF-8 text")

        def set_it(environment: Environment) -> Data:
            environment.set(environment.find(text), given)
            return {}

        return self._answer(set_it)

    def _all(self) -> Data:
        return self._answer(lambda environment: {"values": environment.all()})
