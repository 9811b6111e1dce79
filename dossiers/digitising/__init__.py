"""Old papers made live in bulk: scans with a table or split by blank pages, checked by sample, signed by one authorisation (D-26)."""
