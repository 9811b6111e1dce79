"""Pages of payers."""
