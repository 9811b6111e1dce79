"""Vouchers: the institution's own, fetched, checked like a stranger would, kept (Rules art. 31.2c)."""

from __future__ import annotations

import base64
import binascii
import logging
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from lxml import etree

from payments.institutions import adapter_of
from payments.models import Case, Voucher
from payments.services.after import money
from payments.services.attempts import connection_of
from payments.services.cases import open_case
from portal import audit
from portal.access import SYSTEM
from portal.crypto.certificates import CertificateFacts, facts_of
from portal.documents.verification import verify
from portal.files import services as files
from portal.files.models import StoredFile
from portal.notifications.services import notify

logger = logging.getLogger(__name__)


class VoucherBad(Exception):
    """The voucher is not the institution's signed word about this payment. The text is a short reason of ours."""


def fetch_voucher(*, voucher_id: UUID | str, now: datetime) -> bool:
    """Fetch, check and keep one voucher (worker); False while the institution has none yet. Kept once, whoever asks how often.

    A voucher whose signature, signer or content is wrong is not kept: a case is opened, the payment itself stands. ``OutsideUnavailable``.
    """
    voucher = Voucher.objects.select_related("order", "collection__institution", "collection__attempt").get(pk=voucher_id)
    if voucher.state != Voucher.State.WAITING:
        return True
    collection = voucher.collection
    institution = collection.institution
    found = adapter_of(institution.adapter).fetch_voucher(connection_of(institution), collection.reference)
    if found is None:
        return False
    pdf, xml = found
    try:
        facts = _check_pdf(pdf, institution.code)
        number = _check_xml(xml, facts.certificate, reference=collection.reference, amount=collection.amount)
    except VoucherBad as problem:
        _refuse(voucher, str(problem), now)
        return True
    with transaction.atomic():
        row = Voucher.objects.select_for_update().get(pk=voucher.pk)
        if row.state != Voucher.State.WAITING:
            return True
        order = voucher.order
        row.pdf = _store(voucher, pdf, "pdf", "application/pdf")
        row.xml = _store(voucher, xml, "xml", "application/xml")
        row.sha256, row.signed_at, row.signer, row.number = facts.sha256, facts.signed_at, facts.signer, number[:60]
        row.state = Voucher.State.KEPT
        row.save()
        audit.record(
            actor=SYSTEM,
            act="payments.keep_voucher",
            target="payments.order",
            target_id=str(order.pk),
            unit=order.payee_unit,
            details={"code": order.code, "sha256": facts.sha256, "number": row.number},
        )
        if order.party_id is not None and not order.is_test:
            notify(
                party_id=order.party_id,
                template="payments.voucher",
                context={"code": order.code, "amount": money(collection.amount), "reference": order.reference},
                key=f"payments.voucher:{order.pk}",
                link=f"/thanh-toan/{order.code}/",
            )
    return True


def _store(voucher: Voucher, data: bytes, ending: str, media_type: str) -> StoredFile:
    name = f"chung-tu-{voucher.order.code}.{ending}"
    return files.store_bytes(
        subject=voucher.order_id, data=data, name=name, purpose="payments.voucher", media_type=media_type, actor=SYSTEM
    )


@dataclass(frozen=True)
class _Signed:
    sha256: str
    signed_at: datetime
    certificate: CertificateFacts

    @property
    def signer(self) -> str:
        """Holder of the certificate."""
        return self.certificate.subject_name


def _check_pdf(pdf: bytes, institution_code: str) -> _Signed:
    """The PDF is signed by this institution, whole, stamped, by a certificate that stood (as anybody can check)."""
    found = verify(pdf)
    if not found.readable or not found.has_good_signature:
        raise VoucherBad("pdf_signature")
    last = found.signatures[-1]
    if last.signer is None or last.signed_at is None or last.signer.organisation_code != institution_code:
        raise VoucherBad("pdf_signer")
    return _Signed(found.sha256, last.signed_at, last.signer)


def _check_xml(xml: bytes, signer: CertificateFacts, *, reference: str, amount: int) -> str:
    """The XML is signed by the certificate that signed the PDF (whose standing that one proved) and speaks of this payment; its number."""
    from signxml import XMLVerifier
    from signxml.exceptions import SignXMLException

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(xml, parser)
        if root.getroottree().docinfo.doctype:
            raise VoucherBad("xml_doctype")
        element = root.find(".//{http://www.w3.org/2000/09/xmldsig#}X509Certificate")
        if element is None or not element.text:
            raise VoucherBad("xml_certificate")
        certificate = base64.b64decode(element.text)
        facts = facts_of(certificate)
        if (facts.serial, facts.issuer) != (signer.serial, signer.issuer):
            raise VoucherBad("xml_signer")
        pem = b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(certificate) + b"-----END CERTIFICATE-----\n"
        result = XMLVerifier().verify(root, x509_cert=pem.decode())
        # What was signed, not what stood beside it.
        signed = (result[0] if isinstance(result, list) else result).signed_xml
    except (etree.XMLSyntaxError, SignXMLException, ValueError, binascii.Error) as error:
        raise VoucherBad("xml_signature") from error
    if signed is None or signed.tag != "ChungTu":
        raise VoucherBad("xml_root")
    said = {str(child.tag): (child.text or "").strip() for child in signed}
    if said.get("SoThamChieu") != reference or said.get("SoTien") != str(amount):
        raise VoucherBad("xml_content")
    return said.get("MaChungTu", "")


def _refuse(voucher: Voucher, reason: str, now: datetime) -> None:
    logger.error("voucher refused", extra={"voucher": str(voucher.pk), "reason": reason})
    with transaction.atomic():
        row = Voucher.objects.select_for_update().get(pk=voucher.pk)
        if row.state != Voucher.State.WAITING:
            return
        row.state, row.problem = Voucher.State.REFUSED, reason
        row.save(update_fields=["state", "problem"])
        collection = voucher.collection
        open_case(
            key=f"{Case.Type.VOUCHER}:{collection.institution_id}:{collection.institution_ref}",
            type=Case.Type.VOUCHER,
            day=collection.day,
            now=now,
            institution_code=collection.institution_id,
            payee_unit=collection.payee_unit,
            collection=collection,
            ours=collection.amount,
            facts={"reason": reason},
        )
