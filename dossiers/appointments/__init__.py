"""Appointments at a unit's counters, the numbers called there, receptions at home (requirements D-18, D-28)."""
