"""What can be wrong with a binary: it is not well-formed, or Moonwit does not take what it holds."""


class Malformed(ValueError):
    """The bytes are not a well-formed WebAssembly binary. The file's author causes it."""


class Refused(ValueError):
    """The component uses something that Moonwit does not take, such as WASI 0.3; the message says what needs it."""
