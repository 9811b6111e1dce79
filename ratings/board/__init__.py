"""Dashboards for the Government Office and for each agency, and the board of targets (Rules art. 30; Reform II.2, III.5)."""
