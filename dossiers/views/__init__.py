"""Pages of citizens: each parses, calls one service or query, renders."""
