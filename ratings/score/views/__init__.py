"""Pages of the score."""

from ratings.score.views.agency import agency_page, criterion_page
from ratings.score.views.ranking import ranking_page, scores_file

__all__ = ["agency_page", "criterion_page", "ranking_page", "scores_file"]
