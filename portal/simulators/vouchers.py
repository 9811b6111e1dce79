"""Signed vouchers of payments: a PDF (fields of form C1-02/NS, PAdES B-LT) and an XML (enveloped XMLDSig), by the institution's own key."""

from __future__ import annotations

import base64
import io
import logging
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from asn1crypto import crl, tsp
from certomancer.registry import CertLabel, KeyLabel, ServiceLabel
from flask import render_template
from lxml import etree
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.signers.pdf_signer import DSSContentSettings, SigDSSPlacementPreference
from pyhanko.sign.timestamps import TimeStamper
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore
from signxml import methods
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.signer import XMLSigner

from portal.simulators.config import Config, Institution
from portal.simulators.paying import shown_amount
from portal.simulators.pki import TestAuthority, write
from portal.simulators.store import now

FIELD = "ChuKySo"
LISTS_SECONDS = 60.0
"""How long a revocation list is used before a fresh one is signed."""
FONTS = Path(__file__).resolve().parent.parent.parent / "static" / "fonts"


@dataclass(frozen=True)
class Voucher:
    """What is printed and signed. Amounts in đồng."""

    number: str
    reference: str
    paid_at: datetime
    amount: int
    payer: str
    payee: str
    payee_account: str
    payee_bank: str
    words: str
    institution_ref: str
    budget_code: str = ""
    """Mã nội dung kinh tế, where it is known."""

    @property
    def in_words(self) -> str:
        return amount_in_words(self.amount)


ONES = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
SCALES = ("", "nghìn", "triệu")


def _under_thousand(value: int, *, full: bool) -> list[str]:
    """``full``: something larger stands before, so that empty hundreds are said."""
    hundreds, rest = divmod(value, 100)
    tens, ones = divmod(rest, 10)
    said = [ONES[hundreds], "trăm"] if hundreds or full else []
    if tens == 0:
        return said + ((["lẻ"] if said else []) + [ONES[ones]] if ones else [])
    said += ["mười"] if tens == 1 else [ONES[tens], "mươi"]
    if ones == 1 and tens > 1:
        return [*said, "mốt"]
    if ones == 5:
        return [*said, "lăm"]
    return said + ([ONES[ones]] if ones else [])


def amount_in_words(amount: int) -> str:
    """Đồng in Vietnamese words, as vouchers print them: 121.005 is "Một trăm hai mươi mốt nghìn không trăm lẻ năm đồng"."""

    def said(value: int, *, full: bool) -> list[str]:
        if value >= 10**9:
            millions = value % 10**9
            return [*said(value // 10**9, full=full), "tỷ", *(said(millions, full=True) if millions else [])]
        found: list[str] = []
        for power in (2, 1, 0):
            group = value // 1000**power % 1000
            if group:
                found += _under_thousand(group, full=full or bool(found))
                found += [SCALES[power]] if SCALES[power] else []
        return found

    text = " ".join(said(amount, full=False)) or ONES[0]
    return f"{text[0].upper()}{text[1:]} đồng"


class _Stamper(TimeStamper):  # type: ignore[misc]
    """The time-stamping authority of the same process, without a detour over the network."""

    def __init__(self, authority: TestAuthority) -> None:
        super().__init__()
        self.authority = authority

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        at = datetime.now(tz=UTC).replace(microsecond=0)
        return self.authority.service_registry.summon_timestamper(ServiceLabel("time"), at).request_tsa_response(req)


class Vouchers:
    """Makes each voucher once and keeps it: a signed paper must be the same bytes whenever it is fetched."""

    def __init__(self, config: Config, authority: TestAuthority) -> None:
        self.config, self.authority = config, authority
        self.folder = config.state / "vouchers"
        self._one = threading.Lock()
        """WeasyPrint's fonts belong to one thread at a time; and nobody signs the same paper twice."""
        self._fonts: Any = None
        self._stamper = _Stamper(authority)
        self._lists: tuple[float, list[crl.CertificateList]] = (0.0, [])
        # It warns of every signature that nothing may be fetched: nothing need be.
        logging.getLogger("pyhanko.sign.signers.pdf_signer").setLevel(logging.ERROR)

    def _kept(self, institution: Institution, voucher: Voucher, kind: str, make: Any) -> bytes:
        path = self.folder / institution.code / f"{voucher.reference}-{voucher.institution_ref}.{kind}"
        if not path.exists():
            with self._one:
                if not path.exists():
                    write(path, make())
        return path.read_bytes()

    def pdf(self, institution: Institution, voucher: Voucher) -> bytes:
        """PAdES B-LT: time-stamped, with the revocation lists of the signer and of the stamp."""
        return self._kept(institution, voucher, "pdf", lambda: self._sign_pdf(institution, self._lay_out(institution, voucher)))

    def xml(self, institution: Institution, voucher: Voucher) -> bytes:
        """``ChungTu`` with an enveloped XMLDSig and the certificates."""
        return self._kept(institution, voucher, "xml", lambda: self._sign_xml(institution, voucher))

    def _lay_out(self, institution: Institution, voucher: Voucher) -> bytes:
        # WeasyPrint loads Pango: not before somebody wants a voucher.
        from weasyprint import HTML
        from weasyprint.text.fonts import FontConfiguration

        html = render_template("voucher.html", voucher=voucher, institution=institution, amount=shown_amount(voucher.amount))
        self._fonts = self._fonts or FontConfiguration()
        found: bytes = HTML(string=html, base_url=FONTS.as_uri() + "/").write_pdf(font_config=self._fonts)
        return found

    def _revocation_lists(self) -> list[crl.CertificateList]:
        made, lists = self._lists
        if made + LISTS_SECONDS < now():
            at = datetime.now(tz=UTC).replace(microsecond=0)
            lists = [self.authority.fresh_crl(name, at) for name in ("units", "stamps", "root")]
            self._lists = (at.timestamp(), lists)
        return lists

    def _sign_pdf(self, institution: Institution, pdf: bytes) -> bytes:
        authority, label = self.authority, institution.label
        units, stamps, root = (authority.get_cert(CertLabel(name)) for name in ("units", "stamps", "root"))
        certificate = authority.get_cert(CertLabel(label))
        signer = SimpleSigner(
            signing_cert=certificate,
            signing_key=authority.key_set.get_private_key(KeyLabel(label)),
            cert_registry=SimpleCertificateStore.from_certs([units, stamps, root]),
            embed_roots=False,
        )
        context = ValidationContext(
            trust_roots=[root],
            other_certs=[units, stamps, authority.get_cert(CertLabel("time"))],
            crls=self._revocation_lists(),
            allow_fetching=False,
            revocation_mode="require",
        )
        metadata = PdfSignatureMetadata(
            field_name=FIELD,
            md_algorithm="sha256",
            name=f"{institution.name} (mô phỏng)",
            reason="Chứng từ thanh toán",
            subfilter=fields.SigSeedSubFilter.PADES,
            embed_validation_info=True,
            validation_context=context,
            dss_settings=DSSContentSettings(include_vri=False, placement=SigDSSPlacementPreference.TOGETHER_WITH_SIGNATURE),
        )
        out = io.BytesIO()
        pdf_signer = PdfSigner(metadata, signer, timestamper=self._stamper, new_field_spec=fields.SigFieldSpec(FIELD))
        pdf_signer.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)), output=out)
        return out.getvalue()

    def _sign_xml(self, institution: Institution, voucher: Voucher) -> bytes:
        root = etree.Element("ChungTu")
        for name, value in (
            ("MaChungTu", voucher.number),
            ("SoThamChieu", voucher.reference),
            ("NgayThanhToan", voucher.paid_at.isoformat()),
            ("SoTien", str(voucher.amount)),
            ("BangChu", voucher.in_words),
            ("NguoiNop", voucher.payer),
            ("CoQuanThuHuong", voucher.payee),
            ("TaiKhoanThuHuong", voucher.payee_account),
            ("NganHangThuHuong", voucher.payee_bank),
            ("NoiDung", voucher.words),
        ):
            etree.SubElement(root, name).text = value
        item = etree.SubElement(etree.SubElement(root, "DSKhoan"), "Khoan")
        for name, value in (("NoiDung", voucher.words), ("MaNDKT", voucher.budget_code), ("SoTien", str(voucher.amount))):
            etree.SubElement(item, name).text = value
        etree.SubElement(root, "MaGiaoDich").text = voucher.institution_ref
        chain = self.authority.chain_der(institution.label)[:-1]  # without the root, which whoever trusts it has
        signer = XMLSigner(
            method=methods.enveloped,
            signature_algorithm=SignatureMethod.RSA_SHA256,
            digest_algorithm=DigestAlgorithm.SHA256,
            c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
        )
        pems = [f"-----BEGIN CERTIFICATE-----\n{base64.encodebytes(der).decode()}-----END CERTIFICATE-----\n" for der in chain]
        signed = signer.sign(root, key=self.authority.private_pem(institution.label), cert="".join(pems))
        data: bytes = etree.tostring(signed, xml_declaration=True, encoding="UTF-8")
        return data
