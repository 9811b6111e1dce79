"""Dossiers that systems of ministries and provinces report: what they say is read and checked, then goes into the national table.

Two doors say the same: the national format as one-stop systems speak it today (`standard`), and a modern API (`api`).
"""
