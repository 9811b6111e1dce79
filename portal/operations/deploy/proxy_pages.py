"""``python -m portal.operations.deploy.proxy_pages FOLDER``: the pages that the proxy shows when the portal has no say.

Rendered once, when the image is made, from the portal's own templates, so that they look like the rest and work while every web process
is down.
"""

from __future__ import annotations

import sys
from pathlib import Path

STATUSES = (413, 414, 503)
"""A body over the limit; an address over it; no web process answers."""


def write(folder: Path) -> None:
    """One file per status; the static manifest must have been collected."""
    import django
    from django.template.loader import render_to_string

    django.setup()
    folder.mkdir(parents=True, exist_ok=True)
    for status in STATUSES:
        (folder / f"{status}.html").write_text(render_to_string(f"{status}.html"), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
