"""What the modules for data ask of Python's libraries: YAML, TOML, regular expressions, compression, cryptography."""
