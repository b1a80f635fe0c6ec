"""What is wrong with a store or a database, as a script gets it."""


class StateProblem(Exception):
    """An operation can't be done. ``kind`` is one of the kinds of errors in Lua; the message is a sentence."""

    def __init__(self, kind: str, message: str, retryable: bool | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.retryable = retryable
