"""Names: ids of entries, the nearest of several, and how a name is shown in a sentence."""

import re
from collections.abc import Iterable
from itertools import islice

NAMESPACE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}\Z")
NAME = NAMESPACE
ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}:[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}\Z")

_LONGEST = 100  # a longer word is not a typing mistake, and comparing it takes long
_MOST = 2000  # candidates looked at


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """Finds the candidate that was probably meant, or None."""
    if not word or len(word) > _LONGEST:
        return None
    from difflib import get_close_matches

    known = [name for name in islice(candidates, _MOST) if len(name) <= _LONGEST]
    folded = {_fold(name): name for name in reversed(known)}
    if (same := folded.get(_fold(word))) is not None:
        return same
    found = get_close_matches(word, known, n=1, cutoff=0.66 if len(word) > 3 else 0.6)
    return found[0] if found else None


def _fold(name: str) -> str:
    """Gives the form in which names differ only by case and separators."""
    return name.lower().replace("-", "").replace("_", "").replace(".", "")


def full_id(text: str, namespace: str) -> str:
    """Expands a reference: without a namespace it means the entry's own."""
    return text if ":" in text else f"{namespace}:{text}"


def shown(text: str, limit: int = 60) -> str:
    """Quotes a name or a value for a sentence, on one line and cut when it is long."""
    flat = "".join(c if c.isprintable() else repr(c)[1:-1] for c in text[: limit + 1])
    return f"`{flat[:limit]}...`" if len(flat) > limit else f"`{flat}`"


def shortened(text: str, limit: int) -> str:
    """Cuts a text that is longer than it may be, and says how much is left out."""
    return text if len(text) <= limit else f"{text[:limit]}... ({len(text) - limit} more characters)"


def listed(names: Iterable[str], word: str = "and", limit: int = 24) -> str:
    """Joins names for a sentence: "a, b and c"."""
    all_of_them = list(names)
    if len(all_of_them) > limit:
        return ", ".join(all_of_them[:limit]) + f" {word} {len(all_of_them) - limit} more"
    if len(all_of_them) < 2:
        return "".join(all_of_them)
    return ", ".join(all_of_them[:-1]) + f" {word} {all_of_them[-1]}"


def meant(name: str | None) -> str | None:
    """Words the hint for a nearest name."""
    return None if name is None else f"did you mean {shown(name)}?"
