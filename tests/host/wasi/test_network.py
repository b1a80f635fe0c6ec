"""The items of `wasi.network` as rules, and look-ups of names: what is public, and that nobody waits for one that was canceled."""

from __future__ import annotations

import ipaddress
import queue
import re
import socket
import threading
from typing import Any

import pytest

from moonwit.host.wasi import look_ups
from moonwit.host.wasi.network import CLOSED, LINE, Network, Rule, connect_rule, listen_rule, network
from moonwit.host.wasi.world import worlds
from moonwit.registry import Registry

V4, V6 = ipaddress.ip_address("10.1.2.3").packed, ipaddress.ip_address("fd00::").packed

RULES = {
    "10.1.2.3:443": Rule(443, 443, V4, 32),
    "10.1.2.3/32:1-65535": Rule(1, 65535, V4, 32),
    "10.0.0.0/8:80": Rule(80, 80, ipaddress.ip_address("10.0.0.0").packed, 8),
    "0.0.0.0/0:80": Rule(80, 80, bytes(4), 0),
    "[fd00::]/8:*": Rule(0, 65535, V6, 8),
    "[fd00::/8]:*": Rule(0, 65535, V6, 8),
    "[fd00::]:7": Rule(7, 7, V6, 128),
    "*:443": Rule(443, 443),
    "API.Example.org.:443": Rule(443, 443, names=("api.example.org",)),
    "localhost:1": Rule(1, 1, names=("localhost",)),
    "Bücher.example:443": Rule(443, 443, names=("xn--bcher-kva.example", "bücher.example")),
}


@pytest.mark.parametrize("text", RULES)
def test_an_item_of_connect(text: str) -> None:
    """An item is a rule of ports and of an address, a network, a name or everything."""
    assert connect_rule(text) is None
    assert network({"connect": [text]}) == Network((RULES[text],), ())


def test_an_item_of_listen() -> None:
    """Port 0 is a free one; the address for all of the machine's stands for all of its family."""
    given = ["127.0.0.1:0", "0.0.0.0:80", "[::]:80", "*:0"]
    assert [listen_rule(text) for text in given] == [None] * 4
    first, second, third, last = network({"listen": given}).listen
    assert (first.low, first.high, first.bits) == (0, 0, 32)
    assert (second.ip, second.bits, third.ip, third.bits) == (bytes(4), 0, bytes(16), 0)
    assert last.is_any


WRONG = (
    *("", ":", "a", "a:", ":1", "a:b", "[a]:1", "[::1]", "::1:80", "1.2.3:4", "1.2.3.4/33:1", "a/8:1", "-a:1", "a..b:1", f"{'a' * 64}:1"),
    *("[::1/129]:1", "[1.2.3.4]:1"),
)


@pytest.mark.parametrize("text", WRONG)
def test_what_is_no_item(text: str) -> None:
    """What is wrong is said with what is expected, and opens nothing."""
    for rule in (connect_rule, listen_rule):
        said = rule(text)
        assert isinstance(said, tuple) and said[0].startswith("expected ") and ", got " in said[0] and said[1]
    assert network({"connect": [text], "listen": [text]}) == CLOSED


def test_what_leaves_nothing_out() -> None:
    """Only all addresses at all ports, both ways, are everything."""
    assert network({"connect": ["1.2.3.4:1", "*:*"], "listen": ["*:*"]}).is_open
    for given in ({"connect": ["*:*"]}, {"connect": ["*:1-65535"], "listen": ["*:*"]}, {"connect": ["0.0.0.0/0:*"], "listen": ["*:*"]}, {}):
        assert not network(given).is_open


def test_the_line_of_the_sentences_is_good() -> None:
    """What a sentence says to write can be written."""
    for item in re.findall(r'"([^"]+)"', LINE):
        assert connect_rule(item) is None


def test_the_world_of_an_entry_has_its_rules() -> None:
    """They are part of what a call sees, as arguments and environment are."""
    world = worlds({"network": {"connect": ["*:443"]}}, Registry.__new__(Registry))()
    assert world.network == Network((Rule(443, 443),), ())


REACH = {
    "public": ("8.8.8.8", "2001:4860:4860::8888", "64:ff9b::808:808", "2002:808:808::1"),
    "own": ("127.0.0.1", "127.255.255.255", "::1"),
    "near": (
        *("0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.255.255", "169.254.169.254", "100.64.0.1", "224.0.0.1", "255.255.255.255"),
        *("::", "fe80::1", "fd00::1", "ff02::1", "64:ff9b::a00:1", "64:ff9b::7f00:1", "2002:a00:1::1", "2002:7f00:1::"),
    ),
}


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in REACH.items() for text in texts])
def test_how_far_an_address_reaches(kind: str, text: str) -> None:
    """The machine's own and those of its network are told from public ones, also where they are translated."""
    assert look_ups.reach(ipaddress.ip_address(text)) == kind


def asked(name: str) -> Any:
    answers: queue.Queue[Any] = queue.Queue()
    look_ups.LookUp(name, answers.put).begin()
    return answers.get(timeout=60)


def test_a_look_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The addresses come in the system's order, each once, without those of IPv4 that are written as IPv6."""
    texts = ["9.9.9.9", "::ffff:1.2.3.4", "fe80::1%2", "9.9.9.9"]
    names = []

    def getaddrinfo(name: str, *_args: Any, **_named: Any) -> list[Any]:
        names.append(name)
        return [(0, 0, 0, "", (text, 0)) for text in texts]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    found = asked("bücher.example")["addresses"]
    assert [(str(ipaddress.ip_address(each["ip"])), each["reach"]) for each in found] == [("9.9.9.9", "public"), ("fe80::1", "near")]
    assert names == ["xn--bcher-kva.example"]


CODES = [(socket.EAI_NONAME, 18), (socket.EAI_AGAIN, 19), (socket.EAI_FAIL, 20), (socket.EAI_MEMORY, 4), (-99, 20)]


@pytest.mark.parametrize(("number", "code"), CODES)
def test_a_look_up_that_fails(monkeypatch: pytest.MonkeyPatch, number: int, code: int) -> None:
    """What the resolver says is a case of error-code."""

    def getaddrinfo(*_args: Any, **_named: Any) -> list[Any]:
        raise socket.gaierror(number, "said")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    assert asked("a.example") == {"failed": True, "code": code}


def test_look_ups_are_bounded_and_canceled(monkeypatch: pytest.MonkeyPatch) -> None:
    """So many are made at once; one that is canceled is answered at once, and is not made if it was still to come."""
    go, made = threading.Event(), []

    def getaddrinfo(name: str, *_args: Any, **_named: Any) -> list[Any]:
        made.append(name)
        assert go.wait(60)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    answers: queue.Queue[Any] = queue.Queue()
    running = [look_ups.LookUp(f"n{number}.example", answers.put) for number in range(look_ups.MOST)]
    waiting, last = look_ups.LookUp("waiting.example", answers.put), look_ups.LookUp("last.example", answers.put)
    for each in (*running, waiting, last):
        each.begin()
    for each in (running[0], waiting):
        each.cancel()
        assert answers.get(timeout=60) == {"failed": True, "code": 0}
    go.set()
    assert [answers.get(timeout=60) for _ in range(look_ups.MOST)] == [{"addresses": []}] * look_ups.MOST
    assert "waiting.example" not in made and "last.example" in made
    assert answers.empty()
