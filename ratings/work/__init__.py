"""What the work on the desk teaches: figures of officers, counters and units, slow steps, papers asked for again (R-11, R-15, R-16)."""
