"""Files of a folder, and nothing outside it."""

from __future__ import annotations

import stat
from pathlib import Path

from aiohttp import web

from moonwit.host.http.exchange import Exchange, Refused, web_headers
from moonwit.host.http.layout import Files
from moonwit.host.http.routes import BadPath, decoded
from moonwit.registry import inside


class FileServer:
    """Serves the files of a folder below a path. Names that begin with a dot are not served, `.well-known` excepted."""

    def __init__(self, files: Files) -> None:
        self.files = files
        self.prefix = files.path.rstrip("/")

    def has(self, path: str) -> bool:
        """Tells whether a path is below its own."""
        return path == self.prefix or path.startswith(self.prefix + "/") or not self.prefix

    async def respond(self, exchange: Exchange) -> web.StreamResponse:
        """Sends the file that a path names; raises ``Refused``."""
        try:
            parts = [decoded(part) for part in exchange.path[len(self.prefix) :].split("/") if part]
        except BadPath as error:
            raise Refused(400, str(error)) from None
        found = self._file(parts)
        if found is not None and found.is_dir():
            if not exchange.path.endswith("/"):
                query = f"?{exchange.query}" if exchange.query else ""
                # Never two slashes in front: that would name another host.
                raise Refused(308, "the folder's path ends with /", headers={"Location": "/" + exchange.path.strip("/") + "/" + query})
            found = self._file([*parts, *self.files.index.split("/")])
        if (found is None or not _is_file(found)) and self.files.spa:
            found = self._file(self.files.index.split("/"))
        if found is None or not _is_file(found):
            raise Refused(404, "there is no such file")
        exchange.sent = found.stat().st_size if exchange.request.method != "HEAD" else 0
        headers = dict(web_headers(exchange.id, None, [("Cache-Control", self.files.cache), ("X-Content-Type-Options", "nosniff")]))
        return web.FileResponse(found, headers=headers)

    def _file(self, parts: list[str]) -> Path | None:
        if any("/" in part or "\0" in part or (part.startswith(".") and part != ".well-known") for part in parts):
            return None
        try:
            return inside(self.files.folder, "/".join(parts)) if parts else self.files.folder
        except OSError:
            return None


def _is_file(path: Path) -> bool:
    """Tells whether a path names a plain file: no device, no pipe."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return False
