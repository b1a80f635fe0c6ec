"""Keeping values of the environment out of sentences: what `${env:NAME}` stands for may be a password, wherever it was written."""

import re
from collections.abc import Iterator

from moonwit.registry.names import shown
from moonwit.registry.nodes import Node, Scalar

_QUOTED = re.compile(r"`([^`]*)`")


def without_values(node: Node, sentence: str) -> str:
    """Gives a sentence about a value in which each piece that came from the environment is named as it is written.

    What a sentence quotes is compared with the values, because it may be a part of one, or cut: the port of an address, a wrong digit.
    """
    values = [(value, name) for value, name in _values(node) if value]
    if not values or not isinstance(node, Scalar):
        return sentence
    for value, name in values:
        if len(value) > 2:
            # Hints have it as it is, sentences without what can't be printed.
            sentence = sentence.replace(value, name).replace(shown(value, len(value) * 10)[1:-1], name)

    def named(found: re.Match[str]) -> str:
        # A sentence begins with the field's own name.
        if not found.start():
            return found[0]
        for value, name in values:
            if _is_part(found[1], shown(value, len(value) * 10)[1:-1]):
                return name if name.startswith("`") else f"`{name}`"
        return found[0]

    return _QUOTED.sub(named, sentence)


def _values(node: Node) -> Iterator[tuple[str, str]]:
    """Gives each value that was put into a text, unless it is a default, and so written in the file; and how it is written."""
    if not isinstance(node, Scalar) or node.expanded is None:
        return
    shift = 0
    for start, end, length in node.expanded.edits:
        value = node.expanded.text[start + shift : start + shift + length]
        shift += length - (end - start)
        if value not in node.text:
            yield value, node.text[start:end].partition("|")[0].removesuffix("}") + "}"


def _is_part(quoted: str, value: str) -> bool:
    core = quoted.removesuffix("...")
    if core in value or value in core:
        return bool(core)
    # Cut in the middle of the value.
    return core != quoted and any(core.endswith(value[:size]) for size in range(min(len(core), len(value)), 2, -1))
