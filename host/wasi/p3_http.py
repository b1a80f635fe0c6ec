"""The types of wasi:http 0.3 (lua/wasi/p3/http.lua). Source: the WIT of WASI 0.3."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_SIZE: Final = "record { field-name: option<string>, field-size: option<u32> }"
_CODES: Final = (
    "DNS-timeout",
    "DNS-error(record { rcode: option<string>, info-code: option<u16> })",
    "destination-not-found",
    "destination-unavailable",
    "destination-IP-prohibited",
    "destination-IP-unroutable",
    "connection-refused",
    "connection-terminated",
    "connection-timeout",
    "connection-read-timeout",
    "connection-write-timeout",
    "connection-limit-reached",
    "TLS-protocol-error",
    "TLS-certificate-error",
    "TLS-alert-received(record { alert-id: option<u8>, alert-message: option<string> })",
    "HTTP-request-denied",
    "HTTP-request-length-required",
    "HTTP-request-body-size(option<u64>)",
    "HTTP-request-method-invalid",
    "HTTP-request-URI-invalid",
    "HTTP-request-URI-too-long",
    "HTTP-request-header-section-size(option<u32>)",
    f"HTTP-request-header-size(option<{_SIZE}>)",
    "HTTP-request-trailer-section-size(option<u32>)",
    f"HTTP-request-trailer-size({_SIZE})",
    "HTTP-response-incomplete",
    "HTTP-response-header-section-size(option<u32>)",
    f"HTTP-response-header-size({_SIZE})",
    "HTTP-response-body-size(option<u64>)",
    "HTTP-response-trailer-section-size(option<u32>)",
    f"HTTP-response-trailer-size({_SIZE})",
    "HTTP-response-transfer-coding(option<string>)",
    "HTTP-response-content-coding(option<string>)",
    "HTTP-response-timeout",
    "HTTP-upgrade-failed",
    "HTTP-protocol-error",
    "loop-detected",
    "configuration-error",
    "internal-error(option<string>)",
)
_CODE: Final = f"variant {{ {', '.join(_CODES)} }}"
_HEADER_ERROR: Final = "variant { invalid-syntax, forbidden, immutable, size-exceeded, other(option<string>) }"
_OPTIONS_ERROR: Final = "variant { not-supported, immutable, other(option<string>) }"
_METHOD: Final = "variant { get, head, post, put, delete, connect, options, trace, patch, other(string) }"
_SCHEME: Final = "option<variant { HTTP, HTTPS, other(string) }>"
_VALUES: Final = "list<list<u8>>"
_PAIRS: Final = "list<tuple<string, list<u8>>>"
_TRAILERS: Final = f"future<result<option<fields>, {_CODE}>>"
_SENT: Final = f"future<result<_, {_CODE}>>"
_BODY: Final = f"tuple<stream<u8>, {_TRAILERS}>"

_FIELDS: Final[Mapping[str, str]] = {
    "[constructor]fields": "func() -> fields",
    "[static]fields.from-list": f"func({_PAIRS}) -> result<fields, {_HEADER_ERROR}>",
    "[method]fields.get": f"func(borrow<fields>, string) -> {_VALUES}",
    "[method]fields.has": "func(borrow<fields>, string) -> bool",
    "[method]fields.set": f"func(borrow<fields>, string, {_VALUES}) -> result<_, {_HEADER_ERROR}>",
    "[method]fields.delete": f"func(borrow<fields>, string) -> result<_, {_HEADER_ERROR}>",
    "[method]fields.get-and-delete": f"func(borrow<fields>, string) -> result<{_VALUES}, {_HEADER_ERROR}>",
    "[method]fields.append": f"func(borrow<fields>, string, list<u8>) -> result<_, {_HEADER_ERROR}>",
    "[method]fields.copy-all": f"func(borrow<fields>) -> {_PAIRS}",
    "[method]fields.clone": "func(borrow<fields>) -> fields",
}

_REQUEST: Final[Mapping[str, str]] = {
    "[static]request.new": f"func(fields, option<stream<u8>>, {_TRAILERS}, option<request-options>) -> tuple<request, {_SENT}>",
    "[method]request.get-method": f"func(borrow<request>) -> {_METHOD}",
    "[method]request.set-method": f"func(borrow<request>, {_METHOD}) -> result",
    "[method]request.get-path-with-query": "func(borrow<request>) -> option<string>",
    "[method]request.set-path-with-query": "func(borrow<request>, option<string>) -> result",
    "[method]request.get-scheme": f"func(borrow<request>) -> {_SCHEME}",
    "[method]request.set-scheme": f"func(borrow<request>, {_SCHEME}) -> result",
    "[method]request.get-authority": "func(borrow<request>) -> option<string>",
    "[method]request.set-authority": "func(borrow<request>, option<string>) -> result",
    "[method]request.get-options": "func(borrow<request>) -> option<request-options>",
    "[method]request.get-headers": "func(borrow<request>) -> fields",
    "[static]request.consume-body": f"func(request, {_SENT}) -> {_BODY}",
}

_OPTIONS: Final[Mapping[str, str]] = {
    "[constructor]request-options": "func() -> request-options",
    "[method]request-options.clone": "func(borrow<request-options>) -> request-options",
    **{
        f"[method]request-options.get-{name}": "func(borrow<request-options>) -> option<u64>"
        for name in ("connect-timeout", "first-byte-timeout", "between-bytes-timeout")
    },
    **{
        f"[method]request-options.set-{name}": f"func(borrow<request-options>, option<u64>) -> result<_, {_OPTIONS_ERROR}>"
        for name in ("connect-timeout", "first-byte-timeout", "between-bytes-timeout")
    },
}

_RESPONSE: Final[Mapping[str, str]] = {
    "[static]response.new": f"func(fields, option<stream<u8>>, {_TRAILERS}) -> tuple<response, {_SENT}>",
    "[method]response.get-status-code": "func(borrow<response>) -> u16",
    "[method]response.set-status-code": "func(borrow<response>, u16) -> result",
    "[method]response.get-headers": "func(borrow<response>) -> fields",
    "[static]response.consume-body": f"func(response, {_SENT}) -> {_BODY}",
}

# What is dropped has no type.
_DROPS: Final = {f"[resource-drop]{name}": "" for name in ("fields", "request", "request-options", "response")}

FUNCTIONS: Final[Mapping[str, Mapping[str, str]]] = {
    "wasi:http/types": {**_FIELDS, **_REQUEST, **_OPTIONS, **_RESPONSE, **_DROPS},
    "wasi:http/client": {"send": f"async func(request) -> result<response, {_CODE}>"},
}
