"""Petitions as some officers see them: those entered by hand, those an agency reported. No tables of their own."""

from __future__ import annotations

from feedback.models.petitions import Petition


class EnteredPetition(Petition):
    """A petition that came by letter, phone, fax or e-mail and was entered here (Rules art. 42.2b)."""

    class Meta:
        proxy = True
        verbose_name = "phản ánh nhập từ thư, điện thoại"
        verbose_name_plural = "phản ánh nhập từ thư, điện thoại"


class ProcedureReport(Petition):
    """What an agency's officer reports about a procedure (Rules art. 25.3)."""

    class Meta:
        proxy = True
        verbose_name = "báo cáo về thủ tục"
        verbose_name_plural = "báo cáo về thủ tục"
