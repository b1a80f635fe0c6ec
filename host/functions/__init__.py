"""From an entry to something callable."""
