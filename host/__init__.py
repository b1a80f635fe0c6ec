"""What runs: the engine, component decoding, WIT types, link plans, the compatible call path, the command line."""
