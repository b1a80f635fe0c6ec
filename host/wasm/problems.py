"""What can be wrong with a binary: it is not well-formed, or a call path does not take what it holds."""


class Malformed(ValueError):
    """The bytes are not a well-formed WebAssembly binary. The file's author causes it."""


class Unsupported(Exception):
    """The binary is fine, but the direct call path does not take it; the message says what it is."""


class Refused(ValueError):
    """The component uses something that no path here takes, such as WASI 0.3; the message says what needs it."""
