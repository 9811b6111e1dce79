"""How long what we hold is kept: classes with term, source and end; which class each field is of; what the nights removed.

Each app says in its ``retention.py`` (``TABLE``, plain data) which class its models are of, with exceptions by field.
"""
