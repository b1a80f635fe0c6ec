"""WIT: its types, its text, and how both are shown."""
