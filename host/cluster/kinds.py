"""The kind `cluster.dask`, as the registry checks it."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from moonwit.registry import Broken, Entry, Field, Group, Integer, Kind, Problem, Registry, Text, inside, pattern, shown

LOCAL = "local"
_ADDRESS = r"local|(?:tcp|tls)://(?:\[[0-9A-Fa-f:.]+\]|[^\s/:\[\]]+):[0-9]{1,5}"


@pattern(_ADDRESS)
def address_rule(text: str) -> Broken:
    """Says what is wrong with the address of a scheduler."""
    if re.fullmatch(_ADDRESS, text):
        return None
    return f"is not the address of a scheduler: {shown(text)}", "write `tcp://host:8786`, `tls://host:8786` or `local`"


_TLS = Group(
    summary="the files of a scheduler that speaks TLS, relative to the project",
    fields={
        "ca": Text(required=True, summary="the certificates that are trusted"),
        "cert": Text(required=True, summary="the certificate of this side"),
        "key": Text(required=True, summary="its key"),
    },
)
_FIELDS: Mapping[str, Field] = {
    "address": Text(rule=address_rule, default=LOCAL, summary="`tcp://host:8786`, `tls://host:8786`, or `local`: processes here"),
    "workers": Integer(minimum=1, maximum=1000, summary="processes of `local`; as many as there are cores when left out"),
    "tls": _TLS,
}


def check_cluster(entry: Entry, registry: Registry) -> Iterator[Problem]:
    """Checks the rules between the fields of a cluster, and that its files are there."""
    address, tls = str(entry.fields.get("address") or LOCAL), entry.fields.get("tls")
    if address != LOCAL and "workers" in entry.fields:
        sentence = "`workers` has no effect on a cluster that is there already"
        yield entry.key_problem(("workers",), sentence, "its workers are started where it runs", severity="warning")
    if address.startswith("tls:") and not isinstance(tls, dict):
        yield entry.problem(("address",), "a scheduler at `tls://` needs `tls`: ca, cert and key")
    if isinstance(tls, dict):
        for name, path in tls.items():
            found = Path(registry.root, str(path))
            if not Path(str(path)).is_absolute() and inside(registry.root, str(path)) is None:
                yield entry.problem(("tls", name), f"`tls.{name}` leaves the project", "write its absolute path if it is meant")
            elif not found.is_file():
                yield entry.problem(("tls", name), f"there is no file {shown(str(path))}")


_ABOUT = "workers that functions may be called on: Dask's `distributed`"
KINDS: tuple[Kind, ...] = (Kind("cluster.dask", _FIELDS, check_cluster, _ABOUT),)
# On workers, which connect to no scheduler: the files that it names are the caller's.
THERE = Kind("cluster.dask", _FIELDS, None, _ABOUT)
