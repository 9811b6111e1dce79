"""The world outside the portal, simulated: see ``app.py``. Imports nothing of the portal's rooms, and no room imports it."""
