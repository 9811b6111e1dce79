#!/usr/bin/env python
"""Django's command line. Where no ``DATABASE_URL`` is given it uses the embedded PostgreSQL and Redis, running or stopped."""

from __future__ import annotations

import os
import sys

# These ask no server anything.
ALONE = frozenset({"help", "--help", "-h", "version", "--version", "collectstatic", "makemessages", "compilemessages"})


def main() -> int:
    """Run one command; servers that it started stop after it, unless somebody else has come to use them."""
    from django.core.management import execute_from_command_line

    from portal.launcher.common import LauncherError, make_folders, var_folder
    from portal.launcher.environment import LOCAL_SETTINGS, environment
    from portal.launcher.services import Services

    settings = os.environ.setdefault("DJANGO_SETTINGS_MODULE", LOCAL_SETTINGS)
    if settings.startswith("portal.settings.production"):
        # Production has servers and keys of its own, and must refuse to start without them.
        execute_from_command_line(sys.argv)
        return 0
    var = var_folder()
    try:
        make_folders(var)
        if len(sys.argv) < 2 or sys.argv[1] in ALONE:
            if settings == LOCAL_SETTINGS:
                os.environ.update(environment(var))
            execute_from_command_line(sys.argv)
            return 0
        with Services(var) as services:
            os.environ.update(environment(var, services.environment()) if settings == LOCAL_SETTINGS else services.environment())
            try:
                execute_from_command_line(sys.argv)
            finally:
                from django.db import connections

                connections.close_all()
    except LauncherError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
