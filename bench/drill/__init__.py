"""`make drill`: the portal on several machines, all of them on this one's loopback, and what becomes of it when parts are lost.

The programs are the real ones: PostgreSQL under Patroni with etcd, Redis under sentinels, Barman, nginx with the deployment's own
configuration, gunicorn, Celery. ``docs/operations.md`` is the hand-book that goes with it.
"""
