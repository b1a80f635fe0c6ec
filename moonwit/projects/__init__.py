"""What commands and the session share about projects: finding and loading one, checking it, listing its entries."""
