"""What the module `env` asks of the host: the variables of a project."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from moonwit.host.environment.variables import Environment
    from moonwit.lua.border.answers import Failure, Nothing
    from moonwit.lua.border.modules import Variable
    from moonwit.lua.border.modules import Variables as Values
    from moonwit.lua.calls.entries import Entries

T = TypeVar("T")


class Variables:
    """Answers questions about environment variables; all lanes of a project see the same."""

    def __init__(self, entries: Entries) -> None:
        self._entries = entries

    @property
    def callbacks(self) -> Mapping[str, Callable[..., object]]:
        """The functions for ``Lane``."""
        return {"env_get": self._get, "env_set": self._set, "env_all": self._all}

    def _answer(self, ask: Callable[[Environment], T]) -> T | Failure:
        from moonwit.host.environment.variables import VariableProblem, environment_of
        from moonwit.lua.lane.compilations import failed

        registry = self._entries.registry
        if registry is None:
            return failed("NotFound", "there are no environment variables: no project was found, name its folder with --project")
        try:
            return ask(environment_of(registry))
        except VariableProblem as error:
            return failed(error.kind, error.message)

    def _get(self, name: bytes) -> Variable | Failure:
        from moonwit.lua.lane.compilations import failed

        def get_it(environment: Environment) -> Variable | Failure:
            id = environment.find(name.decode("utf-8", "replace"))
            value = environment.lookup(id)
            return failed("NotFound", f"the variable {id} has neither a value nor a default") if value is None else {"value": value}

        return self._answer(get_it)

    def _set(self, name: bytes, value: bytes) -> Nothing | Failure:
        from moonwit.lua.lane.compilations import failed

        text = name.decode("utf-8", "replace")
        try:
            given = value.decode()
        except UnicodeDecodeError:
            return failed("Invalid", f"the value for {text} is not UTF-8 text")

        def set_it(environment: Environment) -> Nothing:
            environment.set(environment.find(text), given)
            return {}

        return self._answer(set_it)

    def _all(self) -> Values | Failure:
        def all_of_it(environment: Environment) -> Values:
            return {"values": environment.all()}

        return self._answer(all_of_it)
