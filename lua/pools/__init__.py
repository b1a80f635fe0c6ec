"""Places for calls, their deadlines, and what is counted of them."""
