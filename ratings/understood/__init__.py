"""What people say, understood from their words (Reform III.5): topics, moods, what gets worse."""
