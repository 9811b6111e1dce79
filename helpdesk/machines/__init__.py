"""Answers without a person: by SMS and at the hotline, from the same queries as the pages (Scheme III.2d; N-10)."""
