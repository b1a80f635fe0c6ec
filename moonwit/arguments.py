"""Command lines, read by hand: argparse takes longer to import than a short script takes to run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from moonwit.failures import WrongUsage


def read(command: str, arguments: Sequence[str], options: Sequence[str] = (), *, stop: bool = False) -> tuple[Mapping[str, str], list[str]]:
    """Splits arguments into the values of ``options`` (names that begin with `--`) and the rest.

    With ``stop`` the first argument that is not an option ends the options, and whatever follows it is the rest as it is written.
    `--` ends them in any case. Raises ``WrongUsage``.
    """
    values: dict[str, str] = {}
    rest: list[str] = []
    at = 0
    while at < len(arguments):
        word = arguments[at]
        at += 1
        if word == "--":
            return values, [*rest, *arguments[at:]]
        if not word.startswith("-") or word == "-":
            rest.append(word)
            if stop:
                return values, [*rest, *arguments[at:]]
            continue
        name, sign, value = word.partition("=")
        if name not in options:
            raise WrongUsage(f"{command} has no option {suggest(name, options)}", command)
        if name in values:
            raise WrongUsage(f"{name} is given twice", command)
        if not sign and at < len(arguments):
            value = arguments[at]
            at += 1
        if not value:
            raise WrongUsage(f"{name} needs a value", command)
        values[name] = value
    return values, rest


def flag(name: str, arguments: Sequence[str]) -> tuple[bool, list[str]]:
    """Tells whether an option without a value is among arguments, before any `--`, and gives the others."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    given = name in arguments[:end]
    return given, [word for at, word in enumerate(arguments) if word != name or at > end]


def leading(name: str, arguments: Sequence[str]) -> tuple[bool, list[str]]:
    """Tells whether an option without a value is among those before the first word, where all others have a value; gives the rest."""
    at, rest = 0, list(arguments)
    while at < len(rest) and rest[at].startswith("--") and rest[at] != "--":
        if rest[at] == name:
            return True, [*rest[:at], *rest[at + 1 :]]
        at += 1 if "=" in rest[at] else 2
    return False, rest


def suggest(name: str, known: Sequence[str]) -> str:
    """Gives the quoted name, followed by the one that was probably meant."""
    from moonwit.registry import nearest, shown

    near = nearest(name, known)
    return shown(name) + (f"; did you mean {shown(near)}?" if near else "")


def is_id(text: str, files: tuple[str, ...] = (".lua",)) -> bool:
    """Tells an id from the path of a file: `ns:name` or `ns:name#method`, without a slash before that, not ending like a file's name."""
    namespace, colon, name = text.partition("#")[0].partition(":")
    return bool(colon and namespace and name) and "/" not in namespace + name and not text.endswith(files)


def split_grants(text: str) -> list[str]:
    """Splits what is granted, names as in `imports:` with commas or spaces between."""
    return text.replace(",", " ").split()
