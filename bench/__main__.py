"""``python -m bench``: see :mod:`bench.pages`."""

from bench.pages import main

main()
