"""The functions of wasi:filesystem 0.3, by their types as host/wasi/p3.py compares them. Source: the WIT of WASI 0.3."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_INSTANT: Final = "record { seconds: s64, nanoseconds: u32 }"
_TYPE: Final = (
    "variant { block-device, character-device, directory, fifo, symbolic-link, regular-file, socket, other(option<string>) }"
)
_ERROR: Final = (
    "variant { access, already, bad-descriptor, busy, deadlock, quota, exist, file-too-large, illegal-byte-sequence, in-progress, "
    "interrupted, invalid, io, is-directory, loop, too-many-links, message-size, name-too-long, no-device, no-entry, no-lock, "
    "insufficient-memory, insufficient-space, not-directory, not-empty, not-recoverable, unsupported, no-tty, no-such-device, overflow, "
    "not-permitted, pipe, read-only, invalid-seek, text-file-busy, cross-device, other(option<string>) }"
)
_FLAGS: Final = "flags { read, write, file-integrity-sync, data-integrity-sync, requested-write-sync, mutate-directory }"
_PATH_FLAGS: Final = "flags { symlink-follow }"
_OPEN_FLAGS: Final = "flags { create, directory, exclusive, truncate }"
_ADVICE: Final = "enum { normal, sequential, random, will-need, dont-need, no-reuse }"
_STAT: Final = (
    f"record {{ %type: {_TYPE}, link-count: u64, size: u64, data-access-timestamp: option<{_INSTANT}>, "
    f"data-modification-timestamp: option<{_INSTANT}>, status-change-timestamp: option<{_INSTANT}> }}"
)
_ENTRY: Final = f"record {{ %type: {_TYPE}, name: string }}"
_TIME: Final = f"variant {{ no-change, now, timestamp({_INSTANT}) }}"
_HASH: Final = "record { lower: u64, upper: u64 }"
_DONE: Final = f"result<_, {_ERROR}>"
_SELF: Final = "borrow<descriptor>"

_METHODS: Final = {
    "read-via-stream": f"func({_SELF}, u64) -> tuple<stream<u8>, future<{_DONE}>>",
    "write-via-stream": f"func({_SELF}, stream<u8>, u64) -> future<{_DONE}>",
    "append-via-stream": f"func({_SELF}, stream<u8>) -> future<{_DONE}>",
    "advise": f"async func({_SELF}, u64, u64, {_ADVICE}) -> {_DONE}",
    "sync-data": f"async func({_SELF}) -> {_DONE}",
    "get-flags": f"async func({_SELF}) -> result<{_FLAGS}, {_ERROR}>",
    "get-type": f"async func({_SELF}) -> result<{_TYPE}, {_ERROR}>",
    "set-size": f"async func({_SELF}, u64) -> {_DONE}",
    "set-times": f"async func({_SELF}, {_TIME}, {_TIME}) -> {_DONE}",
    "read-directory": f"func({_SELF}) -> tuple<stream<{_ENTRY}>, future<{_DONE}>>",
    "sync": f"async func({_SELF}) -> {_DONE}",
    "create-directory-at": f"async func({_SELF}, string) -> {_DONE}",
    "stat": f"async func({_SELF}) -> result<{_STAT}, {_ERROR}>",
    "stat-at": f"async func({_SELF}, {_PATH_FLAGS}, string) -> result<{_STAT}, {_ERROR}>",
    "set-times-at": f"async func({_SELF}, {_PATH_FLAGS}, string, {_TIME}, {_TIME}) -> {_DONE}",
    "link-at": f"async func({_SELF}, {_PATH_FLAGS}, string, {_SELF}, string) -> {_DONE}",
    "open-at": f"async func({_SELF}, {_PATH_FLAGS}, string, {_OPEN_FLAGS}, {_FLAGS}) -> result<descriptor, {_ERROR}>",
    "readlink-at": f"async func({_SELF}, string) -> result<string, {_ERROR}>",
    "remove-directory-at": f"async func({_SELF}, string) -> {_DONE}",
    "rename-at": f"async func({_SELF}, string, {_SELF}, string) -> {_DONE}",
    "symlink-at": f"async func({_SELF}, string, string) -> {_DONE}",
    "unlink-file-at": f"async func({_SELF}, string) -> {_DONE}",
    "is-same-object": f"async func({_SELF}, {_SELF}) -> bool",
    "metadata-hash": f"async func({_SELF}) -> result<{_HASH}, {_ERROR}>",
    "metadata-hash-at": f"async func({_SELF}, {_PATH_FLAGS}, string) -> result<{_HASH}, {_ERROR}>",
}

FUNCTIONS: Final[Mapping[str, Mapping[str, str]]] = {
    "wasi:filesystem/types": {f"[method]descriptor.{name}": type for name, type in _METHODS.items()} | {"[resource-drop]descriptor": ""},
    "wasi:filesystem/preopens": {"get-directories": "func() -> list<tuple<descriptor, string>>"},
}
