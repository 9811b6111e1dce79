"""What changes the statistics."""
