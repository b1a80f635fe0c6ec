"""State that functions share: stores of keys and values, and databases."""
