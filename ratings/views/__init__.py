"""Pages of the top room."""

from ratings.views.end_to_end import end_to_end_page
from ratings.views.old_papers import old_papers_page
from ratings.views.statistics import own_statistics_file, own_statistics_page, statistics_file, statistics_page
from ratings.views.years import year_file, year_page, years_page

__all__ = [
    "end_to_end_page", "old_papers_page", "own_statistics_file", "own_statistics_page", "statistics_file", "statistics_page", "year_file",
    "year_page", "years_page",
]  # fmt: skip
