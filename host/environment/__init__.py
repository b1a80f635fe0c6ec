"""Environment variables as entries: where their values are kept, and what a look-up gives."""
