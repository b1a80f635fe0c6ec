"""What of the network an entry opens to its guest: the items of `wasi.network`, as rules that the lane looks at.

An item is ``host:port``. The host of `connect` is a name, an IPv4 address, an IPv6 address in brackets, a network such as ``10.0.0.0/8``
or ``[fd00::]/8``, or ``*`` for all; that of `listen` is an address, a network or ``*``. The port is a number, a range such as
``8000-8099``, or ``*``; 0 in `listen` stands for a free port that the system chooses.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Final

from moonwit.host.values.names import shown
from moonwit.registry import Broken, pattern
from moonwit.registry.record import record

# The line that opens the network, for sentences that say that it is closed.
LINE: Final = 'wasi: {network: {connect: ["api.example.org:443"], listen: []}}'

_ITEM: Final = re.compile(r"(?P<host>\[[^\]]*\](?:/\d+)?|[^:\[\]]*):(?P<port>[^:]*)\Z")
_PORTS: Final = re.compile(r"(?P<low>\d{1,5})(?:-(?P<high>\d{1,5}))?\Z")
_LABEL: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\Z")
_NUMBER: Final = re.compile(r"\d+\Z|0[xX][0-9A-Fa-f]*\Z")
_LARGEST: Final = 65535
# What editors take for an item.
_LOOKS: Final = r"(?:\[[0-9A-Fa-f:.]+(?:/\d+)?\](?:/\d+)?|[^\s:\[\]]+):(?:\*|\d{1,5}(?:-\d{1,5})?)"


class _Wrong(Exception):
    """An item is not what it must be; ``said`` is the predicate of the sentence and a hint."""

    def __init__(self, predicate: str, hint: str) -> None:
        super().__init__(predicate)
        self.said = predicate, hint


@record
class Rule:
    """Addresses at ports from ``low`` to ``high``: all, those that begin with the first ``bits`` of ``ip``, or those of a name, in each
    of its spellings."""

    low: int
    high: int
    ip: bytes | None = None
    bits: int = 0
    names: tuple[str, ...] = ()

    @property
    def is_any(self) -> bool:
        return self.ip is None and not self.names


@record
class Network:
    """The rules of an entry: where its guest may connect or send to, and where others may reach it."""

    connect: tuple[Rule, ...] = ()
    listen: tuple[Rule, ...] = ()

    @property
    def is_open(self) -> bool:
        """Tells whether nothing at all is left out."""
        return all(any(rule.is_any and (rule.low, rule.high) == (0, _LARGEST) for rule in rules) for rules in (self.connect, self.listen))


CLOSED: Final = Network()


def network(given: object) -> Network:
    """Gives the rules of an entry's `wasi.network`; items that are none open nothing."""
    if not isinstance(given, Mapping):
        return CLOSED
    return Network(tuple(_rules(given.get("connect"), False)), tuple(_rules(given.get("listen"), True)))


def _rules(items: object, listens: bool) -> Iterator[Rule]:
    for item in items if isinstance(items, list) else ():
        with suppress(_Wrong):
            yield _parse(str(item), listens)


@pattern(_LOOKS)
def connect_rule(text: str) -> Broken:
    """Says what is wrong with an item of `connect`."""
    return _broken(text, False)


@pattern(_LOOKS)
def listen_rule(text: str) -> Broken:
    """Says what is wrong with an item of `listen`."""
    return _broken(text, True)


def _broken(text: str, listens: bool) -> Broken:
    try:
        _parse(text, listens)
    except _Wrong as wrong:
        return wrong.said
    return None


def _parse(text: str, listens: bool) -> Rule:
    found = _ITEM.match(text)
    if found is None:
        what = "an address and a port" if listens else "a name or address and a port"
        raise _Wrong(f"expected {what}, got {shown(text)}", _advice(text, listens))
    low, high = _ports(found["port"], listens)
    host = found["host"]
    if host == "*":
        return Rule(low, high)
    address = _address(host, listens)
    if address is not None:
        return Rule(low, high, address[0], address[1])
    if listens:
        raise _Wrong(f"expected an address of this machine, got {shown(host)}", 'write "127.0.0.1:0", "[::1]:8080" or "*:8080"')
    return Rule(low, high, names=_names(host))


def _advice(text: str, listens: bool) -> str:
    try:
        ipaddress.IPv6Network(text.strip("[]"), strict=False)
    except ValueError:
        port = text if text.isdigit() else "8080" if listens else "443"
        usual = "127.0.0.1" if listens else "api.example.org"
        plain = usual if ":" in text or text.isdigit() or not text.strip() else text
        return f'write "{plain}:{port}", with the port that it is'
    return f'put the address in brackets, and the port behind them: "[{text.strip("[]")}]:443"'


def _ports(text: str, listens: bool) -> tuple[int, int]:
    if text == "*":
        return 0, _LARGEST
    found = _PORTS.match(text)
    low = int(found["low"]) if found else -1
    high = int(found["high"]) if found and found["high"] else low
    if found is None or high > _LARGEST or low > high:
        hint = f"a port is a number up to {_LARGEST}, a range such as 8000-8099, or *"
        raise _Wrong(f"expected a port behind the colon, got {shown(text)}", hint)
    if high == 0 and not listens:
        raise _Wrong("expected a port that can be connected to, got 0", "write the port, or * for all")
    return low, high


def _address(host: str, listens: bool) -> tuple[bytes, int] | None:
    """Gives an address or network as its bytes and how many of its bits count; None for what is a name."""
    inside = re.sub(r"\](?=/)|\]\Z", "", host.removeprefix("["))
    bare, slash, _ = inside.partition("/")
    if not host.startswith("[") and not slash and not re.fullmatch(r"[0-9.]+", host):
        return None
    try:
        ip = ipaddress.ip_address(bare)
        if ip.version == (4 if host.startswith("[") else 6):
            raise ValueError
        found = ipaddress.ip_network(inside, strict=False)
    except ValueError:
        what = "an IPv6 address" if host.startswith("[") else "an address"
        hint = 'write "10.0.0.1:443", "10.0.0.0/8:443" or "[fd00::]/8:443"'
        raise _Wrong(f"expected {what} or a network, got {shown(host)}", hint) from None
    if slash and found.network_address != ip:
        raise _Wrong(f"expected a network, got {shown(inside)}, which has bits behind it", f"write {found}")
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        raise _Wrong(f"expected an IPv4 address in its own form, got {shown(bare)}", f"write {ip.ipv4_mapped}")
    if ip.is_unspecified and not slash:
        if not listens:
            raise _Wrong(f"expected an address that can be connected to, got {bare}", "write * for all addresses")
        # To listen there is to listen on all addresses of the machine.
        return ip.packed, 0
    return ip.packed, found.prefixlen


def _names(host: str) -> tuple[str, ...]:
    """Gives a name in each of its spellings; raises ``_Wrong`` for what is none."""
    plain = host.removesuffix(".").lower()
    try:
        ascii = plain if plain.isascii() else plain.encode("idna").decode()
    except UnicodeError:
        ascii = ""
    labels = ascii.split(".")
    if len(ascii) > 253 or not all(map(_LABEL.match, labels)) or _NUMBER.match(labels[-1]):
        hint = "a name is letters, digits and `-` with dots between them; * stands for all names and addresses, and only alone"
        raise _Wrong(f"expected a name, an address or *, got {shown(host)}", hint)
    return tuple(dict.fromkeys((ascii, plain)))
