"""How a command ends badly: ``WrongUsage`` by whoever typed it, ``Failure`` by what it was given to work on."""

from __future__ import annotations


class CommandError(Exception):
    """A command that ends with a sentence for its user."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class WrongUsage(CommandError):
    """A command line that can't be understood; ``command`` is the one whose help is of use."""

    def __init__(self, sentence: str, command: str = "") -> None:
        super().__init__(sentence)
        self.command = command


class Failure(CommandError):
    """A command that can't do what it was asked; ``more`` holds lines to show below the sentence."""

    def __init__(self, sentence: str, more: str = "") -> None:
        super().__init__(sentence)
        self.more = more
