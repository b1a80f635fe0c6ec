"""Reads WebAssembly's binary encoding: bytes, LEB128 numbers, names and vectors, each checked against the end of its part."""

from __future__ import annotations

from moonwit.host.wasm.problems import Malformed


class Reader:
    """A position in ``data`` that never passes ``end``; positions are those of the whole file, so errors can name them."""

    __slots__ = ("data", "end", "labels", "position")

    def __init__(self, data: bytes, position: int = 0, end: int | None = None, labels: dict[str, str] | None = None) -> None:
        self.data = data
        self.labels: dict[str, str] = {} if labels is None else labels      # names of fields and the like that are known to be right
        self.position = position
        self.end = len(data) if end is None else end

    def error(self, what: str, position: int | None = None) -> Malformed:
        """Makes the error for ``what`` at ``position``, by default where the reader stands."""
        return Malformed(f"{what}, at byte {self.position if position is None else position}")

    @property
    def done(self) -> bool:
        return self.position >= self.end

    def byte(self) -> int:
        """Reads one byte."""
        position = self.position
        if position >= self.end:
            raise self.error("the binary ends in the middle of something")
        self.position = position + 1
        return self.data[position]

    def peek(self) -> int:
        """Returns the next byte without reading it."""
        if self.position >= self.end:
            raise self.error("the binary ends in the middle of something")
        return self.data[self.position]

    def expect(self, value: int, what: str) -> None:
        """Reads one byte that must be ``value``."""
        position = self.position
        found = self.byte()
        if found != value:
            raise self.error(f"{what}: expected 0x{value:02x}, got 0x{found:02x}", position)

    def u32(self) -> int:
        """Reads an unsigned 32-bit LEB128 number."""
        start = self.position
        if start < self.end and self.data[start] < 0x80:      # nearly always one byte
            self.position = start + 1
            return self.data[start]
        return self._unsigned(32)

    def u64(self) -> int:
        """Reads an unsigned 64-bit LEB128 number."""
        return self._unsigned(64)

    def _unsigned(self, bits: int) -> int:
        start, value = self.position, 0
        for shift in range(0, bits, 7):
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                if value >> bits:
                    break
                return value
        raise self.error(f"a number does not fit {bits} bits", start)

    def s33(self) -> int:
        """Reads a signed 33-bit LEB128 number, the encoding of a type: indices are positive, built-in types negative."""
        start, value = self.position, 0
        for shift in range(0, 35, 7):
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                if byte & 0x40:
                    value -= 1 << (shift + 7)
                if -(1 << 32) <= value < 1 << 32:
                    return value
                break
        raise self.error("a number does not fit 33 bits", start)

    def take(self, size: int) -> Reader:
        """Steps over ``size`` bytes and returns a reader of just those."""
        start = self.position
        if size > self.end - start:
            raise self.error(f"a part of {size} bytes is announced but only {self.end - start} are left")
        self.position = start + size
        return Reader(self.data, start, start + size, self.labels)

    def count(self, most: int | None = None) -> int:
        """Reads a vector's length, ``most`` at most; each element takes at least a byte, so a length beyond the bytes left is wrong."""
        start, number = self.position, self.u32()
        if most is not None and number > most:
            raise self.error(f"a vector of {number} elements is announced where {most} is the limit", start)
        if number > self.end - self.position:
            raise self.error(f"a vector of {number} elements is announced but only {self.end - self.position} bytes are left", start)
        return number

    def name(self) -> str:
        """Reads a length and that many bytes of UTF-8."""
        start, size = self.position, self.u32()
        begin = self.position
        if size > self.end - begin:
            raise self.error(f"a name of {size} bytes is announced but only {self.end - begin} are left", start)
        self.position = begin + size
        try:
            return self.data[begin : begin + size].decode()
        except UnicodeDecodeError:
            raise self.error("a name is not valid UTF-8", start) from None

    def finish(self, what: str) -> None:
        """Checks that nothing is left."""
        if self.position != self.end:
            raise self.error(f"{what} ends {self.end - self.position} bytes before its announced size")


def short(name: str) -> str:
    """A name of the binary for a sentence: it may be as long as the file."""
    return name if len(name) <= 100 else f"{name[:100]}..."
