"""What is declared: YAML with positions, ids, entries, schemas, and problems that name file, line and column."""
