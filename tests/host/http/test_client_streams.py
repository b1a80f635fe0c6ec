"""Bodies of responses that are read piece by piece."""

import socket

import pytest

from moonwit.host.http.asking.client import Client, Request, RequestFailed

# How long anything may take before a test fails; the machine may be busy.
SOON = 60


def test_a_stream_that_nobody_reads_ends_at_its_timeout():
    """The connection of a body left unread is closed when the request's time is over, and a later read says so."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        client = Client()
        sent = client.send(Request("GET", url, [], b"", 5.0, 0, 1000, True))
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(SOON)
            assert connection.recv(65536).startswith(b"GET / ")
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegun")
            stream = sent.result(SOON).stream
            assert connection.recv(1) == b""
        with pytest.raises(RequestFailed) as caught:
            client.read(stream).result(SOON)
    assert caught.value.kind == "Timeout"
