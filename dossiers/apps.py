"""Registrations of the dossiers app."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_save


class DossiersConfig(AppConfig):
    """Electronic forms, filing, the officers' desk, tracking."""

    name = "dossiers"
    verbose_name = "Hồ sơ"

    def ready(self) -> None:
        """Tell the rooms below: acts, notices, what a print is compared with, what a signed document means here."""
        from accounts.mandating.choosing import register_procedures
        from accounts.owner.copies import register_copy
        from dossiers import account, answering, fileable, notice_texts, queries, slips
        from dossiers.appointments import account as appointments
        from dossiers.appointments import demo as demo_counters
        from dossiers.appointments import notice_texts as appointment_texts
        from dossiers.archive import emptying, working
        from dossiers.archive.queries import disposal_names
        from dossiers.copies import notice_texts as copy_texts
        from dossiers.copies import sheets as copy_sheets
        from dossiers.copies.common import KIND as COPY
        from dossiers.counter_filing import sheets
        from dossiers.digitising import account as old_papers
        from dossiers.digitising import issuing as old_issuing
        from dossiers.digitising import notice_texts as old_texts
        from dossiers.exchange import sandboxes
        from dossiers.following import notice_texts as following_texts
        from dossiers.forms_data import load_forms
        from dossiers.interlinked.forms import load as load_interlinked
        from dossiers.load import load_of
        from dossiers.models import Dossier, DossierEvent
        from dossiers.outcomes import RESULT
        from dossiers.post import notice_texts as post_texts
        from dossiers.process import documents as processes
        from dossiers.process import texts as process_texts
        from dossiers.process.publishing import load_processes
        from dossiers.result_documents import drawing, former
        from dossiers.results_data import load_results
        from dossiers.services import codes, copying
        from dossiers.services.paying import SOURCE
        from dossiers.slip_sets.issuing import content_or
        from dossiers.store import account as store
        from dossiers.supplements import wording as supplements
        from dossiers.talking import account as talking
        from dossiers.talking import notice_texts as talking_texts
        from dossiers.views.tracking import way_from_order
        from dossiers.worklists import dossier_codes
        from payments.references import register_reference
        from payments.signals import expired, refunded, settled
        from portal.access import Act, Assurance, register_acts
        from portal.access.roles import LEADERS, TOP_ROLES
        from portal.audit.words import register_names
        from portal.crypto.signals import key_destroyed
        from portal.documents.pages import register_pages
        from portal.documents.proofs import register_content
        from portal.documents.rendering import register_pictures
        from portal.documents.signals import document_renewed, document_signed
        from portal.files.signals import file_checked
        from portal.operations.preparation import register_loader
        from portal.operations.restoring import register_restore_step
        from procedures.queries import last_names
        from procedures.services.serving import register_dossiers
        from procedures.views.centres import register_centre_figures

        AT_COUNTERS = frozenset({"reception", "counter"})
        ARCHIVISTS = frozenset({"archivist"})
        MAKERS, CHECKERS = frozenset({"procedure_entering"}), frozenset({"procedure_checking", "procedure_publishing"})
        register_restore_step("numbers of dossiers", codes.jump_ahead)
        register_procedures(find=fileable.find, names=last_names)
        register_dossiers(queries.came_online)
        register_names("dossiers.dossier", dossier_codes)
        register_names("dossiers.storepaper", store.titles)
        register_names("dossiers.ticket", appointments.numbers)
        register_names("dossiers.disposal", disposal_names)
        register_reference(SOURCE, way_from_order)
        register_acts(
            Act("dossiers.read", "Xem hồ sơ", frozenset({"reception", "handling", "signing", "clerk", "counter", "archivist"})),
            Act("dossiers.receive", "Tiếp nhận hồ sơ", frozenset({"reception", "counter"})),
            Act("dossiers.refuse", "Từ chối tiếp nhận", frozenset({"reception"})),
            Act("dossiers.ask_payment", "Yêu cầu nộp phí, lệ phí", frozenset({"handling"})),
            Act("dossiers.ask_supplement", "Yêu cầu bổ sung hồ sơ", frozenset({"reception", "handling"})),
            Act("dossiers.approve_supplement", "Duyệt yêu cầu bổ sung lần nữa", LEADERS),
            Act("dossiers.undo", "Hoàn tác việc tiếp nhận, từ chối nhầm", frozenset({"reception", "counter"}) | LEADERS),
            Act("dossiers.extend", "Gia hạn giải quyết", LEADERS),
            Act("dossiers.reappoint", "Xin lỗi và hẹn lại ngày trả", LEADERS),
            Act("dossiers.stop", "Dừng giải quyết", LEADERS, assurance=Assurance.HIGH),
            Act("dossiers.show_draft", "Cho người nộp xem dự thảo kết quả", frozenset({"handling"})),
            Act("dossiers.write_message", "Nhắn tin với người nộp", frozenset({"reception", "handling", "counter"}) | LEADERS),
            Act("dossiers.message_templates", "Mẫu tin nhắn của đơn vị", frozenset({"reception", "handling", "administrator"})),
            Act("dossiers.unit_slips", "Sổ theo dõi, phiếu bàn giao", frozenset({"reception", "counter", "clerk"}) | LEADERS),
            Act("dossiers.decide", "Quyết định và trình ký", frozenset({"handling"}), assurance=Assurance.HIGH),
            Act("dossiers.take_back", "Rút lại quyết định chưa ký", frozenset({"handling"}), assurance=Assurance.HIGH),
            Act("dossiers.sign", "Ký kết quả hoặc trả lại", LEADERS, assurance=Assurance.HIGH),
            Act("dossiers.pass_step", "Chuyển bước của quy trình", frozenset(processes.ROLES)),
            Act("dossiers.return_step", "Trả lại bước trước", frozenset(processes.ROLES)),
            Act("dossiers.take_step", "Nhận việc của một bước", frozenset(processes.ROLES)),
            Act("dossiers.assign", "Giao, chuyển người giải quyết", frozenset({"reception", "handling"}) | LEADERS),
            Act("dossiers.issue_control_sheet", "Lập phiếu kiểm soát quá trình", frozenset({"reception", "handling", "clerk"}) | LEADERS),
            Act("dossiers.ask_opinion", "Hỏi ý kiến cơ quan khác về hồ sơ", frozenset({"handling"}) | LEADERS),
            Act("dossiers.answer_opinion", "Cho ý kiến về hồ sơ của cơ quan khác", frozenset({"handling"}) | LEADERS),
            Act("dossiers.name_substitute", "Khai vắng mặt, cử người làm thay", frozenset(processes.ROLES)),
            Act("dossiers.read_processes", "Xem quy trình điện tử", frozenset(processes.ROLES) | {"administrator"}),
            Act("dossiers.arrange_processes", "Quy trình điện tử, địa bàn phụ trách", frozenset({"administrator"}) | LEADERS),
            Act("dossiers.read_designs", "Xem thiết kế biểu mẫu, mẫu kết quả", MAKERS | CHECKERS),
            Act("dossiers.design_form", "Thiết kế biểu mẫu, mẫu kết quả", MAKERS),
            Act("dossiers.check_form", "Kiểm tra và công khai biểu mẫu, mẫu kết quả", CHECKERS, assurance=Assurance.HIGH),
            Act("dossiers.read_counters", "Xem quầy, số liệu tại quầy", AT_COUNTERS | LEADERS | frozenset({"administrator", "overseeing"})),
            Act("dossiers.enter_at_counter", "Nhập hồ sơ tại quầy, qua bưu chính", AT_COUNTERS),
            Act("dossiers.take_cash", "Thu tiền mặt tại quầy", AT_COUNTERS | frozenset({"clerk"}) | LEADERS),
            Act("dossiers.read_copies", "Xem sổ chứng thực bản sao", AT_COUNTERS | LEADERS | frozenset({"handling", "administrator"})),
            Act("dossiers.prepare_copy", "Quét, đối chiếu, trình ký bản sao", AT_COUNTERS | frozenset({"handling"})),
            Act("dossiers.sign_copy", "Ký chứng thực, thu hồi bản sao", LEADERS, assurance=Assurance.HIGH),
            Act("dossiers.word_copies", "Lời chứng bản sao của đơn vị", frozenset({"administrator"})),
            Act("dossiers.reverse_cash", "Lập bút toán trả lại tiền mặt", LEADERS),
            Act("dossiers.hand_over", "Giao, nhận hồ sơ với đơn vị khác", frozenset({"reception", "handling"}) | LEADERS),
            Act("dossiers.set_digitising_rate", "Mức thu số hóa theo yêu cầu", frozenset({"administrator"})),
            Act("dossiers.work_counter", "Gọi số, lịch hẹn tại quầy", AT_COUNTERS),
            Act("dossiers.arrange_counters", "Quầy và lịch hẹn của đơn vị", frozenset({"administrator"})),
            Act("dossiers.manage_kiosks", "Đăng ký, thu hồi máy kiosk của đơn vị", frozenset({"administrator"})),
            Act("dossiers.arrange_visits", "Xếp lịch tiếp nhận tại nhà", frozenset({"reception"}) | LEADERS),
            Act("dossiers.keep_archive", "Xem lưu trữ hồ sơ", ARCHIVISTS),
            Act("dossiers.set_archive_terms", "Ghi thời hạn lưu trữ", ARCHIVISTS),
            Act("dossiers.hold_dossier", "Giữ lại hồ sơ hết thời hạn", ARCHIVISTS),
            Act("dossiers.dispose", "Đề xuất, xác nhận hủy hồ sơ hết thời hạn", ARCHIVISTS, assurance=Assurance.HIGH),
            Act("dossiers.watch_counters", "Số liệu tại quầy của mọi đơn vị", TOP_ROLES, everywhere=True),
        )
        register_acts(
            Act("dossiers.digitise_old", "Số hóa giấy tờ cũ", frozenset({"reception", "clerk"})),
            Act("dossiers.check_old", "Kiểm tra mẫu giấy tờ cũ đã số hóa", frozenset({"reception", "handling", "clerk"}) | LEADERS),
            Act("dossiers.sign_old", "Ký lô giấy tờ cũ", LEADERS, assurance=Assurance.HIGH),
            Act("dossiers.confirm_old", "Trả lời yêu cầu nhận giấy tờ cũ", frozenset({"handling", "clerk"}) | LEADERS),
            Act("dossiers.declare_old", "Khai số giấy tờ cũ còn hiệu lực", frozenset({"clerk"}) | LEADERS),
            Act("dossiers.read_old", "Xem giấy tờ cũ đang số hóa", frozenset({"reception", "handling", "clerk"}) | LEADERS),
        )
        notice_texts.register()
        old_texts.register()
        post_texts.register()
        answering.register()
        process_texts.register()
        talking_texts.register()
        following_texts.register()
        appointment_texts.register()
        copy_texts.register()
        account.register()
        talking.register()
        store.register()
        old_papers.register()
        appointments.register()
        register_content(slips.RECEIPT, content_or(slips.receipt_content))
        register_content(sheets.DIGITISED, sheets.digitised_content)
        register_content(sheets.CASH, sheets.cash_content)
        register_content(COPY, copy_sheets.content)
        register_pages(COPY, copy_sheets.pages_of)
        register_content(sheets.HANDOVER, sheets.handover_content)
        register_content(working.MINUTE, working.minute_content)
        register_content(old_issuing.KIND, old_issuing.content)
        register_pictures(old_issuing.KIND, old_issuing.pictures)
        register_content(RESULT, drawing.content)
        for kind, former_content in former.CONTENTS.items():
            register_content(kind, former_content)
        register_copy(copying.KIND, make=copying.make, template="dossiers.copy_ready", kept=copying.KEPT)
        register_content(slips.STOP, content_or(slips.stop_content))
        register_content(slips.SENT, slips.sent_content)
        register_content(slips.APOLOGY, content_or(slips.apology_content))
        register_content(slips.SUPPLEMENT, content_or(supplements.request_content))
        for kind in (slips.REFUSAL, slips.CONTROL, slips.REGISTER, slips.HANDOVER):
            register_content(kind, content_or())
        for signal in (settled, expired, refunded):
            signal.connect(_order_moved, dispatch_uid="dossiers.order_moved")
        register_centre_figures(load_of)
        document_signed.connect(_signed, dispatch_uid="dossiers.signed")
        document_renewed.connect(_renewed, dispatch_uid="dossiers.renewed")
        key_destroyed.connect(emptying.key_destroyed, dispatch_uid="dossiers.emptied")
        file_checked.connect(_checked, dispatch_uid="dossiers.checked")
        post_save.connect(_kept, sender=Dossier, dispatch_uid="dossiers.kept")
        post_save.connect(_happened, sender=DossierEvent, dispatch_uid="dossiers.process")
        sandboxes.register()
        register_loader("biểu mẫu điện tử", load_forms, order=40)
        # After the forms of their parts, in one order with them: by name.
        register_loader("biểu mẫu liên thông", load_interlinked, order=40)
        register_loader(demo_counters.STEP, demo_counters.load, order=61, demo=True)
        # After the forms: a template prints what they ask.
        register_loader("mẫu kết quả", load_results, order=41)
        # After the forms: conditions ask about their questions.
        register_loader("quy trình điện tử", load_processes, order=42)


def _kept(sender: Any, instance: Any, **kwargs: Any) -> None:
    """Whatever changes a dossier changes its row in the national table, in the same transaction."""
    from django.utils import timezone

    from dossiers.services.national import keep_own

    keep_own(instance, now=timezone.now())


def _happened(sender: Any, instance: Any, created: bool, raw: bool = False, **kwargs: Any) -> None:
    """What happens to a dossier moves it on in its process, and is told to the system that handles it, in the same transaction."""
    from dossiers.handled.sending import on_event
    from dossiers.interlinked.filing import move_followers
    from dossiers.process.running import follow
    from dossiers.process.sheet import keep

    if created and not raw:
        follow(instance)
        keep(instance)
        move_followers(instance)
        on_event(instance)


def _signed(sender: Any, document: Any, **kwargs: Any) -> None:
    """A signed document may be the result that a dossier waits for, a certified copy, or the copy of an old paper."""
    from django.utils import timezone

    from dossiers.copies import landing
    from dossiers.copies.common import KIND
    from dossiers.digitising import issuing
    from dossiers.services import return_result

    if document.kind == KIND:
        landing.land(document_id=document.id, now=timezone.now())
    elif document.kind == issuing.KIND:
        issuing.note_signed(document_id=document.id, now=timezone.now())
    else:
        return_result(document_id=document.id, now=timezone.now())


def _renewed(sender: Any, document: Any, **kwargs: Any) -> None:
    """A signed document was stamped again: whose store has it holds the newer file."""
    from dossiers.store.landing import hold_newest

    hold_newest(document)


def _order_moved(sender: Any, order: Any, **kwargs: Any) -> None:
    """An order was paid, ran out, or its money went back: it may be a dossier's."""
    from django.utils import timezone

    from dossiers.services import follow_order

    follow_order(order_id=order.pk, now=timezone.now())


def _checked(sender: Any, file: Any, **kwargs: Any) -> None:
    """A file whose check has ended may be a paper of a dossier that was sent, or ended well, meanwhile."""
    from django.utils import timezone

    from dossiers.digitising.steps import put_scan
    from dossiers.digitising.taking import PURPOSE as OLD_SCAN
    from dossiers.handled.files import PURPOSE as GIVEN
    from dossiers.services import note_unsafe_paper
    from dossiers.services.uploads import PURPOSE
    from dossiers.signing.current import UPLOADED
    from dossiers.signing.steps import note_checked
    from dossiers.store.landing import land_checked
    from portal.documents import incoming
    from portal.files.models import FileState

    if file.purpose == OLD_SCAN:
        put_scan(file)
    elif file.state == FileState.QUARANTINED:
        note_unsafe_paper(file_id=file.id, now=timezone.now())
    elif file.state == FileState.CLEAN:
        land_checked(file_id=file.id, now=timezone.now())
        if file.purpose in (PURPOSE, GIVEN):
            incoming.look(file)
    if file.purpose == UPLOADED:
        note_checked(file)
