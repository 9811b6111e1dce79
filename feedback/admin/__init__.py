"""The desk of petitions, a concern a file."""
