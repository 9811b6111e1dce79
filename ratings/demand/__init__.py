"""Demand that is expected in the next four weeks, by unit and procedure (Reform III.5)."""
