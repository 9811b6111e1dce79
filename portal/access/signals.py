"""What the door tells the rooms above."""

from __future__ import annotations

from django.dispatch import Signal

act_refused = Signal()
"""An act was refused to somebody who is signed in. Sent with ``actor``, ``act`` (its name; empty where a page alone was asked for) and
``route``, outside the transaction that was rolled back."""
