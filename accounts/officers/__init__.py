"""Officers: high-level accounts, counters by contract, substitutes, and who held what on a day (Rules art. 3.1, 16.1, 41, 48)."""
