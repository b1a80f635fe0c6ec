"""What runs: the engine, component decoding, WIT types, link plans, the command line."""
