"""The formats of data: YAML, TOML, CSV, JSON Schema, texts, templates, compression, cryptography."""
