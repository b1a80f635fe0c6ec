"""HTTP: what a project serves, and what it asks of others."""
