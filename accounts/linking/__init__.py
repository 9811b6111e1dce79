"""Accounts at ministries' and provinces' systems, linked in bulk by identity number with each person's consent (A-18)."""
