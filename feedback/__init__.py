"""Petitions from receipt to published answer (Rules art. 36–47). Knows dossiers and payments by their codes; nobody below knows it."""
