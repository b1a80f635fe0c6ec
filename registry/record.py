"""``@record`` and ``@identified``: small classes, as ``@dataclass(frozen=True)`` and ``(eq=False)`` make them, without their cost.

dataclasses writes and compiles the text of each class's methods, a millisecond per class; a command that makes one call would
spend a third of its time on that. Here the classes share methods that look at the names of their fields. Type checkers
treat both alike. A field may have a default, or ``field(default_factory=..., compare=...)`` of dataclasses.
"""

from __future__ import annotations

from dataclasses import MISSING, Field, field
from typing import TYPE_CHECKING, Any, TypeVar, dataclass_transform

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(cls: type[T]) -> type[T]:
    """Makes a class of its annotated fields: constructor, equality and hash by content, repr, and no assignment."""
    return _made(cls, (__init__, __eq__, __hash__, __repr__, __setattr__, __delattr__))


@dataclass_transform(eq_default=False, field_specifiers=(field,))
def identified(cls: type[T]) -> type[T]:
    """Makes a class of its annotated fields as ``@dataclass(eq=False)`` does: constructor and assignment, and each is equal to itself."""
    return _made(cls, (__init__,))


def _made(cls: type[T], methods: tuple[Callable[..., Any], ...]) -> type[T]:
    namespace = vars(cls)
    # The attribute, not the namespace: Python 3.14 computes annotations when they are first read. It never gives a base class's.
    names = tuple(cls.__annotations__)
    defaults: dict[str, Any] = {}
    factories: dict[str, Any] = {}
    compared = []
    for name in names:
        given = namespace.get(name, MISSING)
        if not isinstance(given, Field):
            if given is not MISSING:
                defaults[name] = given
            compared.append(name)
            continue
        if given.default is not MISSING:
            defaults[name] = given.default
            setattr(cls, name, given.default)
        else:
            delattr(cls, name)
            if given.default_factory is not MISSING:
                factories[name] = given.default_factory
        if given.compare:
            compared.append(name)
    setattr(cls, "__match_args__", names)  # noqa: B010
    # What fills the fields after the first few, by how many are given: nearly all are made without a keyword.
    rests = [_rest(names[number:], defaults) for number in range(len(names) + 1)]
    setattr(cls, "_record", (names, defaults, factories, tuple(compared), rests))  # noqa: B010
    for method in methods:
        if method.__name__ not in namespace or namespace[method.__name__] is None:
            setattr(cls, method.__name__, method)
    return cls


def _rest(names: tuple[str, ...], defaults: dict[str, Any]) -> dict[str, Any] | None:
    return {name: defaults[name] for name in names} if all(name in defaults for name in names) else None


def replace(instance: T, **changes: Any) -> T:
    """Gives a copy with some fields changed."""
    return type(instance)(**{**vars(instance), **changes})


def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
    names, defaults, factories, _, rests = self._record
    values = vars(self)
    if len(args) > len(names):
        raise TypeError(f"{type(self).__name__} takes {len(names)} values, got {len(args)}")
    values.update(zip(names, args))  # noqa: B905  # the check for equal lengths would cost half of the time
    if not kwargs and (rest := rests[len(args)]) is not None:
        if rest:
            values.update(rest)
        return
    for name, value in kwargs.items():
        if name not in names or name in values:
            raise TypeError(f"{type(self).__name__} has no field {name!r}, or it is given twice")
        values[name] = value
    for name in names:
        if name not in values:
            if name in factories:
                values[name] = factories[name]()
            elif name in defaults:
                values[name] = defaults[name]
            else:
                raise TypeError(f"{type(self).__name__} needs a value for {name!r}")


def _content(self: Any) -> tuple[Any, ...]:
    values = vars(self)
    return tuple([values[name] for name in self._record[3]])


def __eq__(self: Any, other: object) -> bool:
    if self is other:
        return True
    return _content(self) == _content(other) if type(self) is type(other) else NotImplemented


def __hash__(self: Any) -> int:
    return hash((type(self), _content(self)))


def __repr__(self: Any) -> str:
    return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in vars(self).items())})"


def __setattr__(self: Any, name: str, value: object) -> None:
    raise AttributeError(f"a {type(self).__name__} can't be changed")


def __delattr__(self: Any, name: str) -> None:
    raise AttributeError(f"a {type(self).__name__} can't be changed")
