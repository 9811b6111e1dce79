"""Statistics, and later scores, slips and open data: the top room, which reads what the others do and is imported by none of them."""
