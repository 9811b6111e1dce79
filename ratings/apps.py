"""Registrations of the ratings app."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig


class RatingsConfig(AppConfig):
    """Statistics of the dossiers of the country."""

    name = "ratings"
    verbose_name = "Thống kê, đánh giá"

    def ready(self) -> None:
        """Listen to what changes dossiers; tell the rooms below what comes with the portal."""
        from dossiers.signals import national_changed
        from portal.access import Act, Assurance, register_acts
        from portal.audit.words import register_names
        from portal.documents.proofs import register_content, register_later
        from portal.operations.preparation import register_loader
        from ratings import demo
        from ratings.board import registrations as board
        from ratings.score import counting, criteria, folding, freezing, paper
        from ratings.score.frozen import register_frozen
        from ratings.services.figures import begin

        vpcp = frozenset({"steering"})
        register_acts(
            Act("ratings.see_years", "Xem kết quả năm", vpcp, everywhere=True),
            Act(freezing.FREEZE, "Chốt kết quả năm", vpcp, assurance=Assurance.HIGH, everywhere=True),
            Act(freezing.PUBLISH, "Công bố kết quả năm", vpcp, assurance=Assurance.HIGH, everywhere=True),
        )
        register_frozen(freezing.stands)
        register_names("ratings.frozenyear", freezing.titles)
        register_content(paper.KIND, paper.sections_of)
        register_later(paper.KIND, paper.later_edition)
        national_changed.connect(_changed, dispatch_uid="ratings.changed")
        register_acts(
            Act(criteria.ACT, "Đặt tiêu chí chấm điểm", frozenset({"steering"}), assurance=Assurance.HIGH, everywhere=True),
        )
        board.register()
        register_loader("số đếm hồ sơ", begin, order=47)
        register_loader("số đếm hồ sơ để chấm điểm", folding.begin, order=47)
        register_loader("tiêu chí chấm điểm", criteria.load, order=48)
        register_loader("điểm đánh giá", counting.begin, order=61)
        register_loader(demo.STEP, demo.load, order=59, demo=True)
        from dossiers.appointments.capacity import register_expected
        from procedures.views.centres import register_centre_figures
        from ratings import asking
        from ratings.demand.queries import expected_at_counters
        from ratings.measured import services as measured
        from ratings.opinions_of_units import opinions_of

        asking.register()
        register_expected(expected_at_counters)
        register_acts(
            Act(measured.COMPARE, "Đối chiếu số liệu với hệ thống đo lường", vpcp, everywhere=True),
            Act(measured.TOLERATE, "Đặt chênh lệch cho phép", vpcp, assurance=Assurance.HIGH, everywhere=True),
        )
        register_loader("chênh lệch cho phép", measured.begin, order=48)
        register_centre_figures(opinions_of)
        from procedures.process_figures import register_process
        from ratings.work.restructuring import process_of

        register_process(process_of)


def _changed(sender: Any, changes: Any, **kwargs: Any) -> None:
    """Rows of the national table changed: what that changes in the counts is noted in the same transaction."""
    from ratings.score import folding
    from ratings.services import figures

    changes = list(changes)
    figures.note(changes)
    folding.note(changes)
