"""What two processes send each other through a socket, to be done by some time: a task and its answer are as long as they say."""

from __future__ import annotations

import socket
import time

_PIECE = 1024 * 1024


def left(until: float) -> float:
    """Gives how many seconds there are to a time of the monotonic clock; raises ``TimeoutError`` where there are none."""
    seconds = until - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


def send(channel: socket.socket, data: bytes, until: float) -> None:
    """Sends all of it; raises ``TimeoutError`` or ``ConnectionError``."""
    view = memoryview(data)
    while view:
        channel.settimeout(left(until))
        # Without the signal, which ends this process while it runs programs.
        view = view[channel.send(view[:_PIECE], socket.MSG_NOSIGNAL) :]


def receive(channel: socket.socket, size: int, until: float) -> bytearray:
    """Receives so many bytes; raises ``TimeoutError`` or ``ConnectionError``."""
    data = bytearray(size)
    view, at = memoryview(data), 0
    while at < size:
        channel.settimeout(left(until))
        count = channel.recv_into(view[at : at + _PIECE])
        if count == 0:
            raise ConnectionResetError
        at += count
    return data
