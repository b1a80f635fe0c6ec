"""Guests that compute for long hold up no other request of their service."""

from __future__ import annotations

import re
import select

from tests.host.http.conftest import Serve

ENTRIES = """
  - {name: web, kind: http.service, addr: "127.0.0.1:0", access_log: false}
  - name: slow
    kind: function.wat
    method: spin
    transport: wasi-http
    limits: {max_execution_ms: 5000}
    source: (module (func (export "spin") (loop $l (br $l))))
  - {name: slow_endpoint, kind: http.endpoint, path: /slow, func: slow}
  - name: add
    kind: function.wat
    method: add
    transport: wasi-http
    wit: "add: func(a: u32, b: u32) -> u32;"
    source: |
      (module (func (export "add") (param i32 i32) (result i32) (local $n i32)
        (loop $l (br_if $l (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 9))))
        (i32.add (local.get 0) (local.get 1))))
  - {name: add_endpoint, kind: http.endpoint, path: "/add/{a}/{b}", func: add}
"""


def test_a_quick_endpoint_beside_busy_ones(serve: Serve):
    """Twelve requests compute without end, of a function that nobody has called before; others are answered while they all do."""
    served = serve(ENTRIES)
    slow = [served.connect() for _ in range(12)]
    for connection in slow:
        connection.sendall(b"GET /slow HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n")
    answers = [served.ask("GET", f"/add/{n}/2") for n in range(5)]
    assert [(answer.status, answer.text) for answer in answers] == [(200, str(n + 2)) for n in range(5)]
    assert select.select(slow, [], [], 0)[0] == []
    for connection in slow:
        head = b""
        while b"\r\n\r\n" not in head and (piece := connection.recv(65536)):
            head += piece
        assert re.match(rb"HTTP/1.1 504 ", head), head
        connection.close()
    assert served.stop() == 0
