"""Functions of the Python program that opens a project: called by their ids as any other, plain ones on a thread, coroutine functions on
the program's event loop."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from types import UnionType
from typing import TYPE_CHECKING, Any

from moonwit.host.wasm.wit import types as wit
from moonwit.lua.values import buffer

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

    from moonwit.host.engine.worker import Cancellation
    from moonwit.lua.border.answers import Failure
    from moonwit.lua.border.entries import PythonEntry

# What begins the target of a call of such a function, before its id.
TARGET = "python|"
KIND = "function.python"

_BLOCKED = "the event loop is blocked by `project.call`, so that no coroutine function can run on it: await `project.acall`"
_SIMPLE = {bool: "bool", int: "s64", float: "f64", str: "string"}


class Callables:
    """The functions by their ids. ``failure`` is the class of the errors whose kind and message a function may raise."""

    def __init__(self, functions: Mapping[str, Callable[..., Any]], failure: type[BaseException]) -> None:
        for id, function in functions.items():
            if not callable(function):
                raise TypeError(f"functions[{id!r}]: expected a callable, got {type(function).__name__}")
        self.functions = dict(functions)
        self.signatures = {id: signature_of(function) for id, function in functions.items()}
        self._required = {id: _required(function) for id, function in functions.items()}
        self.loop: AbstractEventLoop | None = None
        # The event loop that waits in `project.call` meanwhile.
        self.blocked: AbstractEventLoop | None = None
        self._failure = failure

    def entry(self, id: str) -> PythonEntry:
        """Describes a function to a lane."""
        from moonwit.lua.guest.plan import signature_data

        signature = self.signatures.get(id)
        told: PythonEntry = {"resolver": "python", "id": id, "target": f"{TARGET}{id}"}
        if signature is not None:
            told["signature"] = signature_data(id.partition(":")[2], signature)
        return told

    def shown(self, id: str) -> str:
        """Gives a function's signature as text: in WIT where all is annotated, else Python's own."""
        from moonwit.host.wasm.wit.show import show_function

        signature = self.signatures[id]
        if signature is not None:
            return show_function("f", signature).partition(": ")[2].rstrip(";")
        try:
            return str(inspect.signature(self.functions[id]))
        except (TypeError, ValueError):
            return ""

    def begin(self, target: bytes, arguments: bytes, cancellation: Cancellation) -> Future[bytes] | None:
        """Begins a call of a coroutine function; gives nothing for what is called on a thread."""
        id = target.decode("utf-8", "replace").removeprefix(TARGET)
        function = self.functions.get(id)
        if not target.startswith(TARGET.encode()) or function is None or not _is_coroutine(function) or self._loop() is None:
            return None
        import asyncio

        loop = self._loop()
        assert loop is not None
        answered: Future[bytes] = Future()
        if loop is self.blocked:
            answered.set_result(buffer.encode(_failed("Unavailable", f"{id}: {_BLOCKED}")))
            return answered
        running = asyncio.run_coroutine_threadsafe(self._awaited(id, function, arguments), loop)

        def cancel() -> None:
            running.cancel()

        cancellation.watch(cancel)

        def done(future: Future[bytes]) -> None:
            if future.cancelled():
                answered.set_result(buffer.encode(_failed("Canceled", f"{id}: canceled")))
            elif (problem := future.exception()) is not None:
                answered.set_exception(problem)
            else:
                answered.set_result(future.result())

        running.add_done_callback(done)
        return answered

    def call(self, target: bytes, arguments: bytes) -> bytes:
        """Calls a function on this thread; a coroutine function has a loop of its own here."""
        id = target.decode("utf-8", "replace").removeprefix(TARGET)
        function = self.functions[id]
        if _is_coroutine(function):
            import asyncio

            return buffer.Encoded(asyncio.run(self._awaited(id, function, arguments)))
        values = self._values(id, arguments)
        try:
            return buffer.Encoded(self._answer(id, function(*values)))
        except Exception as problem:
            return buffer.Encoded(self._problem(problem))

    def _loop(self) -> AbstractEventLoop | None:
        return None if self.loop is None or self.loop.is_closed() or not self.loop.is_running() else self.loop

    async def _awaited(self, id: str, function: Callable[..., Any], arguments: bytes) -> bytes:
        try:
            return self._answer(id, await function(*self._values(id, arguments)))
        except Exception as problem:
            return self._problem(problem)

    def _values(self, id: str, arguments: bytes) -> list[Any]:
        from moonwit.host.functions.results import as_python

        signature = self.signatures[id]
        params = [None] * 100 if signature is None else [param.type for param in signature.params]
        values = buffer.decode_all(arguments)
        found = [as_python(value, params[i] if i < len(params) else None) for i, value in enumerate(values)]
        # What is left out at the end has the function's own default.
        while len(found) > self._required[id] and found[-1] is None:
            found.pop()
        return found

    def _answer(self, id: str, value: Any) -> bytes:
        try:
            return buffer.encode({"value": value})
        except Exception as problem:
            return buffer.encode(_failed("Invalid", f"{id}: its result can't be passed on: {problem}"))

    def _problem(self, problem: BaseException) -> bytes:
        message = str(problem) or type(problem).__name__
        if isinstance(problem, self._failure):
            answer = _failed(str(getattr(problem, "kind", "Internal")), str(getattr(problem, "message", message)))
            try:
                return buffer.encode({**answer, "details": getattr(problem, "details", None)})
            except Exception:
                return buffer.encode(answer)
        # An exception may quote what has no UTF-8.
        return buffer.encode(_failed("Internal", message))


def _failed(kind: str, message: str) -> Failure:
    return {"failed": True, "kind": kind, "message": message.encode("utf-8", "replace")}


def _is_coroutine(function: Callable[..., Any]) -> bool:
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__)


def _required(function: Callable[..., Any]) -> int:
    """Tells how many arguments a function has to be given."""
    try:
        params = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return 0
    return sum(param.default is param.empty and param.kind is not param.VAR_POSITIONAL for param in params)


def signature_of(function: Callable[..., Any]) -> wit.Function | None:
    """Gives the WIT signature that a function's annotations say; None where they do not say all of it."""
    try:
        signature, hints = inspect.signature(function), typing.get_type_hints(function)
    except Exception:
        return None      # what is not Python's has none, and names in annotations may lead nowhere
    fields = []
    for name, param in signature.parameters.items():
        found = _type(hints.get(name))
        if found is None or param.kind not in (param.POSITIONAL_ONLY, param.POSITIONAL_OR_KEYWORD):
            return None
        if param.default is not param.empty and not isinstance(found, wit.Option):
            found = wit.Option(found)
        fields.append(wit.Field(name.replace("_", "-").strip("-").lower() or "p", found))
    given = hints.get("return", inspect.Parameter.empty)
    result = None if given is type(None) else _type(given)
    if result is None and given is not type(None):
        return None
    return wit.Function(tuple(fields), result)


def _type(hint: Any) -> wit.Type | None:
    if hint in _SIMPLE:
        return wit.Primitive(_SIMPLE[hint])
    if hint is bytes:
        return wit.List(wit.Primitive("u8"))
    origin, inside = typing.get_origin(hint), typing.get_args(hint)
    if origin is list and len(inside) == 1:
        element = _type(inside[0])
        return None if element is None else wit.List(element)
    if origin is tuple and inside and Ellipsis not in inside:
        parts = [_type(part) for part in inside]
        return None if None in parts else wit.Tuple(tuple(part for part in parts if part is not None))
    if origin in (typing.Union, UnionType) and len(inside) == 2 and type(None) in inside:
        some = _type(next(part for part in inside if part is not type(None)))
        return None if some is None else wit.Option(some)
    return None


