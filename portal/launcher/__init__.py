"""Starts a whole portal on one machine, tests it, and stops it: ``make run``, ``make test``, ``manage.py``.

``bootstrap.py`` runs with the machine's own Python and makes ``.venv``; everything else runs inside it. ``keep.py`` and
``bootstrap.py`` are scripts of the standard library alone. Production does not use this package: there the processes of the
Procfile are started by the machine's own service manager, with ``DATABASE_URL`` and ``REDIS_URL`` of servers run elsewhere.
"""
