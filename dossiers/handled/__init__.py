"""Dossiers filed here for agencies with a system of their own: they go out with answers and files, and come back with every state,
request, charge and result (Scheme III.2b). Which system has which: ``routing``; out: ``sending``; in: ``reports`` (reading), ``taking``."""
