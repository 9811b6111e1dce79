"""What payments says to the rooms above. Sent by a worker after the commit, at least once: receivers do nothing the second time."""

from django.dispatch import Signal

settled = Signal()
"""``order``: its money has been taken."""
expired = Signal()
"""``order``: nobody paid it in its time."""
refunded = Signal()
"""``order``, ``refund``: money went back, in whole or in part."""
