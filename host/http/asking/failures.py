"""Words for requests that have no response, or half of one: whether the server could not be reached, or what was wrong with its answer."""

from __future__ import annotations

import os
import re
import ssl

import aiohttp
from yarl import URL

from moonwit.host.http.asking.body import Miscoded

_USER = re.compile(r"//[^/?#]*@")
_EXCERPT = re.compile(r"(?:bytearray\()?b(['\"])(.*)\1\)?[.']*\s*\Z")
_RECEIVED = re.compile(r"received (\d+) of (\d+) bytes")
_LENGTH = 200

# How aiohttp's parsers begin what they say of an answer, in the order in which they are looked for; what that means; and how much
# of the bytes that they show is shown here: values of headers and bodies may be secrets of somebody else.
_ALL, _NAME, _NONE = range(3)
_WRONG = (
    ("Bad status line", "its first line is not that of an HTTP answer", _ALL),
    ("Got more than", "its first line, or a header, is longer than 8190 bytes", _NONE),
    ("Too many headers", "it has too many headers", _NONE),
    ("Duplicate", "it has a header twice that may be there once", _NAME),
    ("Transfer-Encoding can't be present", "it has both a Content-Length and a Transfer-Encoding", _NONE),
    ("Invalid header", "a header can't be read", _NAME),
    ("Invalid HTTP header", "a header can't be read", _NONE),
    ("Invalid character in Content-Length", "its Content-Length is not a number", _ALL),
    ("Content-Length", "its Content-Length is not a number that can be", _ALL),
    ("Invalid character in chunk size", "a chunk of its body has a size that is not a number", _NONE),
    ("Chunk size", "a chunk of its body has a size that can't be", _NONE),
    ("Expected LF after chunk data", "a chunk of its body is longer than it says", _NONE),
    ("Not enough data to satisfy transfer", "its body ends in the middle of its chunks", _NONE),
    ("Not enough data to satisfy content", "its body ends before its Content-Length", _NONE),
)


class RequestFailed(Exception):
    """A request without a response. ``kind`` is one of the kinds of errors in Lua module."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


def named(url: str) -> str:
    """Names a URL in a sentence: without its user and its query, which may hold secrets, and on one line."""
    plain = _USER.sub("//", re.split(r"[?#]", url, maxsplit=1)[0])
    plain = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in plain)
    return plain if len(plain) <= _LENGTH else plain[:_LENGTH] + "..."


def late(url: str, seconds: float | None, received: int | None = None) -> RequestFailed:
    """Words a timeout; ``received`` is how many bytes of the body had arrived, None where no answer had begun."""
    limit = "" if seconds is None else f" of {seconds * 1000:g} ms"
    so_far = "no answer had begun" if received is None else f"{received} bytes of its body had arrived"
    return RequestFailed("Timeout", f"{named(url)} took longer than the timeout{limit}: {so_far}")


def too_large(limit: int) -> RequestFailed:
    """Words the refusal of a body by its size."""
    return RequestFailed("Invalid", f"the response is larger than {limit} bytes (max_body_bytes)")


def failed(url: str, error: Exception) -> RequestFailed:
    """Words what came of a request to ``url`` in place of a response."""
    match error:
        case aiohttp.TooManyRedirects():
            return RequestFailed("Invalid", f"{named(url)} redirects more often than it may (redirects)")
        case aiohttp.NonHttpUrlClientError() | aiohttp.InvalidUrlRedirectClientError() | aiohttp.RedirectClientError():
            return RequestFailed("Invalid", f"{named(url)} redirects to {named(_target(error))}, where no request can be sent")
        case aiohttp.ClientConnectorCertificateError():
            why = getattr(error.certificate_error, "verify_message", "") or error.certificate_error
            return RequestFailed("Unavailable", f"{named(url)} has a TLS certificate that is not trusted: {_shortened(why)}")
        case aiohttp.ClientSSLError() | ssl.SSLError():
            return RequestFailed("Unavailable", f"the TLS handshake with {named(url)} has failed: {_tls_reason(error)}")
        case aiohttp.ClientConnectorError():
            return RequestFailed("Unavailable", f"{named(url)} can't be reached: {_at(url, error)}{_reason(error.os_error)}")
        case aiohttp.ServerDisconnectedError():
            where = "before it answered" if isinstance(error.message, str) else "in the middle of the first lines of its answer"
            return RequestFailed("Unavailable", f"{named(url)} closed the connection {where}")
        case Miscoded():
            return RequestFailed("Unavailable", f"{named(url)} answered, and the answer is broken: {error}")
        case aiohttp.ClientPayloadError():
            return RequestFailed("Unavailable", f"{named(url)} answered, and the answer is broken: {_broken(error)}")
        case aiohttp.ClientResponseError():
            return RequestFailed("Unavailable", f"{named(url)} answered, and the answer is not HTTP: {wrong(error.message)}")
        case aiohttp.ClientConnectionError() | OSError():
            return RequestFailed("Unavailable", f"the connection to {named(url)} has failed: {_reason(error)}")
        case aiohttp.ClientError():
            return RequestFailed("Invalid", f"the request to {named(url)} can't be sent: {_shortened(error)}")
    return RequestFailed("Invalid", f"the request to {named(url)} can't be sent: {_shortened(error)}")


def wrong(message: str) -> str:
    """Says what a parser's message means, with the bytes that it is about."""
    lines = [line.strip() for line in message.split("\n")]
    excerpt = next((found[2] for line in lines if (found := _EXCERPT.search(line))), "")
    for begin, meaning, amount in _WRONG:
        if message.startswith(begin):
            excerpt = "" if amount == _NONE else excerpt if amount == _ALL else excerpt.partition(":")[0]
            return meaning + (f": `{_shortened(excerpt, 60)}`" if excerpt else "")
    if message in ("gzip", "deflate", "br", "zstd") or "content-encoding" in message:
        return "its body is not compressed as it says"
    return _shortened(" ".join(line for line in lines if line and line != "^"))


def _broken(error: Exception) -> str:
    cause = error.__cause__
    words = str(cause if cause is not None else error)
    counts = _RECEIVED.search(words)
    reset = ", because the connection was reset" if "ConnectionResetError" in str(error) else ""
    if counts:
        return f"its body ends after {counts[1]} of {counts[2]} bytes{reset}"
    message = getattr(cause, "message", None)
    return wrong(message if isinstance(message, str) else words) + reset


def _at(url: str, error: aiohttp.ClientConnectorError) -> str:
    """Names the host where it is another than the URL's: a redirect has led there."""
    asked = URL(url)
    if (error.host, error.port) in ((asked.raw_host, asked.port), (asked.host, asked.port)):
        return ""
    return f"a redirect leads to {_shortened(error.host, 100)}:{error.port}: "


def _target(error: Exception) -> str:
    return str(error.args[0]) if error.args else ""


def _tls_reason(error: Exception) -> str:
    cause = getattr(error, "os_error", None) or getattr(error, "_os_error", None) or error
    reason = str(getattr(cause, "reason", None) or cause)
    if reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "UNKNOWN_PROTOCOL", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG"):
        return "the server does not speak TLS at this port"
    return _shortened(reason.replace("_", " ").lower())


def _reason(error: BaseException) -> str:
    number = getattr(error, "errno", None)
    if isinstance(number, int) and number > 0:
        return os.strerror(number).lower()
    return _shortened(getattr(error, "strerror", None) or error or "").lower() or type(error).__name__


def _shortened(value: object, most: int = 300) -> str:
    text = " ".join("".join(c if c.isprintable() or c.isspace() else "\N{REPLACEMENT CHARACTER}" for c in str(value)).split())
    return text if len(text) <= most else text[:most] + "..."
