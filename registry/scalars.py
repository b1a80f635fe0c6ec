"""What a plain YAML scalar means: the core schema of YAML 1.2, with the places where 1.1 differs kept apart."""

import re

_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9_]*|0x[0-9A-Fa-f_]+|0o[0-7_]+|0b[01_]+)\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9_]+\Z")
_WORDS: dict[str, bool | float | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}
_LONGEST_NUMBER = 40  # Python refuses to read endless ones; nobody counts that far

# Booleans in YAML 1.1, text in YAML 1.2: the writer of an unquoted one may mean either.
LEGACY_BOOLEANS = {
    word: value
    for lower, value in (("yes", True), ("no", False), ("on", True), ("off", False))
    for word in (lower, lower.capitalize(), lower.upper())
}

Plain = None | bool | int | float | str


def resolve(text: str) -> Plain:
    """Reads a plain scalar; dates, times, `yes`, `1:30` and `0755` stay the text they are written as."""
    if text in _WORDS:
        return _WORDS[text]
    if len(text) <= _LONGEST_NUMBER and (text[0].isdigit() or text[0] in "+-."):
        if _INTEGER.match(text):
            try:
                return int(text.replace("_", ""), 0)
            except ValueError:  # 0x_ and the like: only underscores
                return text
        if _FLOAT.match(text) and not _LEADING_ZERO.match(text):
            return float(text)
    return text


def has_leading_zero(text: str) -> bool:
    """Tells whether a number is octal in YAML 1.1 and decimal in YAML 1.2."""
    return len(text) <= _LONGEST_NUMBER and _LEADING_ZERO.match(text) is not None


def described(value: Plain) -> str:
    """Names what a plain scalar was read as."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return f"the boolean {str(value).lower()}"
    if isinstance(value, int | float):
        return f"the number {value}"
    return "text"
