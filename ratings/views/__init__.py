"""Pages of the top room."""

from ratings.views.statistics import statistics_file, statistics_page

__all__ = ["statistics_file", "statistics_page"]
