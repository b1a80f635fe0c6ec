"""The engine, what is compiled, and threads for what takes long."""
