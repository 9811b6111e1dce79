"""Settings: ``portal.settings.production`` refuses to start insecure; ``portal.settings.local`` is what ``make run`` uses.

Every value comes from the environment; `docs/settings.md` lists the variables.
"""
