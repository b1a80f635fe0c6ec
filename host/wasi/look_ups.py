"""Look-ups of names for guests, on threads of their own, because the system's resolver can't be asked without waiting."""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections import deque
from collections.abc import Callable
from typing import Final, Literal, TypedDict

from moonwit.host.engine import worker

# How many the process asks the system for at once. Others wait in order.
MOST: Final = 16
# More addresses of a name are left out.
_MOST_ADDRESSES: Final = 64


# How far an address reaches: to the machine itself, in its own network, or anywhere.
Reach = Literal["own", "near", "public"]


class FoundAddress(TypedDict):
    """An address of 4 or 16 bytes, and how far it reaches: see ``reach``."""

    ip: bytes
    reach: Reach


class NameFound(TypedDict):
    """The addresses of a name."""

    addresses: list[FoundAddress]


class NameFailure(TypedDict):
    """Says by a case of wasi:sockets' error-code why there are none."""

    failed: Literal[True]
    code: int


Answer = NameFound | NameFailure

# Cases of wasi:sockets' error-code.
_UNKNOWN, _OUT_OF_MEMORY, _INVALID, _UNRESOLVABLE, _TEMPORARY, _PERMANENT = 0, 4, 3, 18, 19, 20
_CODES: Final = {
    socket.EAI_NONAME: _UNRESOLVABLE,
    socket.EAI_NODATA: _UNRESOLVABLE,
    socket.EAI_ADDRFAMILY: _UNRESOLVABLE,
    socket.EAI_AGAIN: _TEMPORARY,
    socket.EAI_FAIL: _PERMANENT,
    socket.EAI_MEMORY: _OUT_OF_MEMORY,
}

_lock = threading.Lock()
_waiting: deque[LookUp] = deque()
_running: list[LookUp] = []


class LookUp:
    """The look-up of a name; ``answer`` is called once, on any thread, with what lua/wasi/sockets/names.lua takes."""

    def __init__(self, name: str, answer: Callable[[Answer], object]) -> None:
        self.name = name
        self._answer = answer
        self._told = False

    def begin(self) -> None:
        """Has it made, now or after others."""
        with _lock:
            _waiting.append(self)
        _begin()

    def cancel(self) -> None:
        """Answers now; where the system has been asked already, what it says is not waited for."""
        with _lock:
            if self in _waiting:
                _waiting.remove(self)
        self.tell({"failed": True, "code": _UNKNOWN})

    def run(self) -> None:
        """Asks the system."""
        try:
            answer = look_up(self.name)
        finally:
            with _lock:
                _running.remove(self)
            _begin()
        self.tell(answer)

    def tell(self, answer: Answer) -> None:
        """Answers, unless it has been answered."""
        with _lock:
            told, self._told = self._told, True
        if not told:
            self._answer(answer)


def _begin() -> None:
    while True:
        with _lock:
            if not _waiting or len(_running) >= MOST:
                return
            next = _waiting.popleft()
            _running.append(next)
        worker.start(next.run)


def look_up(name: str) -> Answer:
    """Gives the addresses of a name with how far each reaches, or which case of error-code it is that there are none."""
    try:
        ascii = name if name.isascii() else name.encode("idna").decode()
        found = socket.getaddrinfo(ascii, None, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        return {"failed": True, "code": _CODES.get(error.errno or 0, _PERMANENT)}
    except UnicodeError:
        return {"failed": True, "code": _INVALID}
    except OSError:
        return {"failed": True, "code": _TEMPORARY}
    texts = dict.fromkeys(str(each[4][0]).partition("%")[0] for each in found)
    addresses = [ipaddress.ip_address(text) for text in list(texts)[:_MOST_ADDRESSES]]
    return {"addresses": [{"ip": ip.packed, "reach": reach(ip)} for ip in addresses if getattr(ip, "ipv4_mapped", None) is None]}


def reach(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> Reach:
    """Says of an address whether it is the machine's ``own``, one of its own network (``near``), or ``public``.

    An address that leads to another by being translated reaches as far as that one.
    """
    if isinstance(ip, ipaddress.IPv6Address):
        inside = ip.sixtofour or (ip.teredo and ip.teredo[1])
        if inside is None and ip in _TRANSLATED:
            inside = ipaddress.IPv4Address(ip.packed[12:])
        if inside is not None:
            return "near" if reach(inside) != "public" else "public"
    if ip.is_loopback:
        return "own"
    return "public" if ip.is_global and not ip.is_multicast else "near"


_TRANSLATED: Final = ipaddress.ip_network("64:ff9b::/96")
