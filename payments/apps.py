"""Registrations of the payments app."""

from __future__ import annotations

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    """What is owed, paid, booked, reconciled, returned."""

    name = "payments"
    verbose_name = "Thu nộp"

    def ready(self) -> None:
        """Tell the rooms below: acts, notices, wire formats, what a print is compared with."""
        from payments import account, demo, names, notice_texts
        from payments.institutions import register_adapter
        from payments.institutions.bank_jws import BANK_JWS
        from payments.institutions.momo import MOMO
        from payments.institutions.vietqr import VIETQR
        from payments.institutions.vnpay import VNPAY
        from payments.services import telling_partners
        from payments.services.minutes import KIND, minutes_content
        from payments.services.papers import paper_content
        from portal.access import Act, Assurance, register_acts
        from portal.documents.proofs import register_content
        from portal.operations.preparation import register_loader

        accountant, operator, vpcp = frozenset({"accounting"}), frozenset({"operating"}), frozenset({"steering"})
        register_acts(
            Act("payments.read", "Xem khoản thu của cơ quan", accountant),
            # Bound to the institution's code, as other acts are to a unit's.
            Act("payments.operate", "Xem giao dịch của đơn vị thanh toán", operator),
            Act("payments.oversee", "Xem mọi khoản thu và đơn vị thanh toán", vpcp, everywhere=True),
            Act("payments.make_order", "Lập khoản phải nộp", accountant, assurance=Assurance.HIGH),
            Act("payments.refund", "Quyết định hoàn tiền", accountant, assurance=Assurance.HIGH),
            Act("payments.refund_at_institution", "Xử lý hoàn tiền tại đơn vị thanh toán", operator, assurance=Assurance.HIGH),
            Act("payments.solve", "Xử lý chênh lệch của cơ quan", accountant, assurance=Assurance.HIGH),
            Act("payments.solve_at_institution", "Xử lý chênh lệch của đơn vị thanh toán", operator, assurance=Assurance.HIGH),
            Act("payments.decide", "Quyết định về đơn vị thanh toán", vpcp, assurance=Assurance.HIGH, everywhere=True),
            Act("payments.publish", "Sửa phí, quy trình, đầu mối của đơn vị thanh toán", operator, assurance=Assurance.HIGH),
            Act("payments.publish_contacts", "Sửa đầu mối thanh quyết toán, tra soát của cơ quan", accountant, assurance=Assurance.HIGH),
        )
        notice_texts.register()
        account.register()
        names.register()
        telling_partners.connect()
        register_loader("thanh toán trình diễn", demo.load, order=55, demo=True)
        for adapter in (VNPAY, MOMO, BANK_JWS, VIETQR):
            register_adapter(adapter)
        for kind in ("payments.receipt", "payments.confirmation"):
            register_content(kind, paper_content)
        register_content(KIND, minutes_content)
