"""Messages from outside: kept with key and exact bytes, acknowledged, then handled by a worker, once. See :mod:`portal.inbox.services`."""
