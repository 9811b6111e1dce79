"""A second person looks at the sample: all right, and the batch may be signed; one wrong too many, and all of it goes back."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from dossiers.digitising import taking
from dossiers.digitising.rights import CHECK, SIGN, OldRefused
from dossiers.models import OldBatch, OldPaper
from portal.access import Actor

BOTH = "Người kiểm tra mẫu không được là người đã nhập giấy tờ nào trong lô. Đồng nghiệp khác phải kiểm tra."


def _checking(actor: Actor, batch_id: UUID, seen_version: int | None = None) -> OldBatch:
    batch = taking.locked(actor, CHECK, batch_id, seen_version)
    if batch.state != OldBatch.CHECKING:
        raise OldRefused("Lô này không (còn) chờ kiểm tra mẫu.", status=409)
    if not taking.may_check(actor, batch):
        raise OldRefused(BOTH, status=403)
    return batch


@transaction.atomic
def look(*, actor: Actor, paper_id: UUID, right: bool, words: str, now: datetime) -> OldPaper:
    """Say of a paper of the sample whether what was typed is what the picture shows; of a wrong one what is wrong."""
    found = OldPaper.objects.values_list("batch_id", flat=True).get(pk=paper_id)
    batch = _checking(actor, found)
    paper = OldPaper.objects.select_for_update(of=("self",)).get(pk=paper_id)
    if not paper.in_sample:
        raise OldRefused("Giấy tờ này không ở trong mẫu.", status=409)
    words = " ".join(words.split())
    if not right and not words:
        raise OldRefused("Bạn ghi sai ở mục nào để người nhập sửa.", "words")
    paper.verdict = OldPaper.Verdict.RIGHT if right else OldPaper.Verdict.WRONG
    paper.verdict_words, paper.checked_by = ("" if right else words[:300]), taking.person_of(actor)
    paper.save(update_fields=["verdict", "verdict_words", "checked_by"])
    taking.changed(batch)
    taking.record(actor, "look_at_old_paper", batch, row=paper.number, right=right)
    return paper


@transaction.atomic
def end(*, actor: Actor, batch_id: UUID, seen_version: int | None, now: datetime) -> OldBatch:
    """The sample has been looked at: the batch goes on to its signer, or all of it back to who typed it. :class:`OldRefused`."""
    batch = _checking(actor, batch_id, seen_version)
    sample = list(batch.papers.filter(in_sample=True).order_by("number"))
    if left := sum(not paper.verdict for paper in sample):
        raise OldRefused(f"Còn {left} giấy tờ trong mẫu chưa kiểm tra.", status=409)
    wrong = [paper for paper in sample if paper.verdict == OldPaper.Verdict.WRONG]
    for paper in wrong:
        OldPaper.table.move(paper, "fault")
        paper.problem, paper.paper_blind = f"Người kiểm tra: {paper.verdict_words}"[:300], ""
        paper.save(update_fields=["state", "problem", "paper_blind"])
    if len(wrong) > batch.bad_allowed:
        OldBatch.table.move(batch, "send_back")
        rows = ", ".join(str(paper.number) for paper in wrong)
        batch.note = f"Mẫu {len(sample)} giấy tờ có {len(wrong)} sai (dòng {rows}). Cả lô phải nhập lại và kiểm tra mẫu mới."[:300]
    else:
        OldBatch.table.move(batch, "pass")
        batch.checker_id, batch.checker_label, batch.checked_at = taking.person_of(actor), actor.label[:200], now
    taking.changed(batch)
    taking.record(actor, "end_old_check", batch, sample=len(sample), wrong=len(wrong))
    return batch


@transaction.atomic
def give_back(*, actor: Actor, batch_id: UUID, reason: str, now: datetime) -> OldBatch:
    """Who should sign does not: the whole batch goes back to be typed, with the reason."""
    batch = taking.locked(actor, SIGN, batch_id)
    if batch.state != OldBatch.CHECKED:
        raise OldRefused("Lô này không chờ ký.", status=409)
    OldBatch.table.move(batch, "return")
    batch.note = f"Lãnh đạo trả lại: {reason}"[:300]
    batch.checker_id, batch.checker_label, batch.checked_at = None, "", None
    taking.changed(batch)
    taking.record(actor, "return_old_batch", batch)
    return batch
