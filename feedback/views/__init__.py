"""Pages of senders and readers: each parses, calls one service or query, renders."""
