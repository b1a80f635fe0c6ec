"""What a session knows and does, apart from the terminal: inputs, their evaluation, values and names."""
