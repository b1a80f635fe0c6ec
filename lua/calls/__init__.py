"""From ids to functions: what is found, made and called, here and in workers."""
