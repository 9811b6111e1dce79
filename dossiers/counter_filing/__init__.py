"""Dossiers that officers enter for who came or wrote: looked up first, filled in, digitised, paid, handed over (D-05, D-22 … D-27)."""
