"""From files to a registry: the project they belong to, its settings, variables, and each entry by the rules of its kind."""
