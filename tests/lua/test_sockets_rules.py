"""The rules of `wasi.network` as the lane looks at them, against Python's own arithmetic of addresses; and what names stand for."""

from __future__ import annotations

import ipaddress
import random
from collections.abc import Callable
from typing import Any

import pytest

from moonwit.lua.lane.lane import new_state
from tests.texts import texts

read_lua, _ = texts(__file__)

SETUP = read_lua("setup")


@pytest.fixture
def may_connect() -> Callable[..., bool]:
    """Tells whether a guest with one rule may connect to an address at port 80; ``names`` is what a look-up gave before."""
    lua, _ = new_state({})
    ask = lua.execute(SETUP.encode())

    def found(rule: dict[str, Any], ip: str, names: tuple[str, str, str] | None = None, act: str | None = None) -> bool:
        given = lua.table_from({key.encode(): value for key, value in ({"low": 80, "high": 80} | rule).items()})
        looked_up = names and lua.table_from([names[0].encode(), ipaddress.ip_address(names[1]).packed, names[2].encode()])
        return bool(ask(lua.table_from([given]), ipaddress.ip_address(ip).packed, 80, looked_up, act and act.encode()))

    def with_names(rule: dict[str, Any], *rest: Any) -> bool:
        if "names" in rule:
            rule = {**rule, "names": lua.table_from([name.encode() for name in rule["names"]])}
        return found(rule, *rest)

    return with_names


@pytest.mark.parametrize("family", [4, 6])
def test_networks(may_connect: Callable[..., bool], family: int) -> None:
    """An address is in a network where as many of its first bits are the same: at each length, and at its very edges."""
    chance, width = random.Random(family), 32 if family == 4 else 128
    make = ipaddress.IPv4Address if family == 4 else ipaddress.IPv6Address
    for bits in range(width + 1):
        network = ipaddress.ip_network(f"{make(chance.getrandbits(width))}/{bits}", strict=False)
        rule = {"ip": network.network_address.packed, "bits": bits}
        tries = {network.network_address, network.broadcast_address, make(chance.getrandbits(width))}
        tries |= {make(int(each) + step) for each in tries for step in (-1, 1) if 0 <= int(each) + step < 2**width}
        for ip in tries:
            assert may_connect(rule, str(ip)) == (ip in network), (network, ip)


def test_families_are_apart(may_connect: Callable[..., bool]) -> None:
    """All of one family is nothing of the other."""
    assert may_connect({"ip": bytes(4), "bits": 0}, "1.2.3.4") and not may_connect({"ip": bytes(4), "bits": 0}, "::1")
    assert may_connect({"ip": bytes(16), "bits": 0}, "::1") and not may_connect({"ip": bytes(16), "bits": 0}, "1.2.3.4")


def test_what_a_name_stands_for(may_connect: Callable[..., bool]) -> None:
    """Public addresses that a look-up of that very name gave, for a while; the machine's own for `localhost` only."""
    rule = {"names": ["a.example"]}
    assert may_connect(rule, "9.9.9.9", ("a.example", "9.9.9.9", "public"))
    assert not may_connect(rule, "9.9.9.9", ("b.example", "9.9.9.9", "public"))
    assert not may_connect(rule, "9.9.9.8", ("a.example", "9.9.9.9", "public"))
    for ip, reach in (("10.0.0.1", "near"), ("127.0.0.1", "own")):
        assert not may_connect(rule, ip, ("a.example", ip, reach))
    assert may_connect({"names": ["localhost"]}, "127.0.0.1", ("localhost", "127.0.0.1", "own"))
    assert not may_connect({"names": ["localhost"]}, "10.0.0.1", ("localhost", "10.0.0.1", "near"))


def test_a_name_is_forgotten(may_connect: Callable[..., bool]) -> None:
    """After its time an address that a name stood for is an address like any other."""
    names = ("a.example", "9.9.9.9", "public")
    old = """return function(instance)
      for _, known in pairs(instance.looked_up) do known['a.example'] = require('lua.dispatcher.clock').system() {} end
    end"""
    assert may_connect({"names": ["a.example"]}, "9.9.9.9", names, old.format("+ 60e9"))
    assert not may_connect({"names": ["a.example"]}, "9.9.9.9", names, old.format("- 1"))
