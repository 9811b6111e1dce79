"""Token buckets in Redis: how often somebody may do something. A closed Redis opens the gate within milliseconds.

What must never fail open (tries of a one-time password) is counted in PostgreSQL by the room that owns it, not here.
"""

from portal.limits.buckets import Grant, take
from portal.limits.views import client_address, limit_view

__all__ = ["Grant", "client_address", "limit_view", "take"]
