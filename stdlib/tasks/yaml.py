"""YAML, read and written."""

from __future__ import annotations

from moonwit.stdlib.tasks.yaml_reader import decode, decode_all
from moonwit.stdlib.tasks.yaml_writer import encode

TASKS = {"yaml.decode": decode, "yaml.decode_all": decode_all, "yaml.encode": encode}
