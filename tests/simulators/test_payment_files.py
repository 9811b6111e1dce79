"""Statements, vouchers and agencies' accounts: sums and signatures checked by other code, planted differences, large files."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import random
import subprocess
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from asn1crypto import pem
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from portal.crypto import certificates
from portal.documents.verification import verify
from portal.simulators.transfer import UnreadableCode, crc16, read_code
from portal.simulators.vouchers import amount_in_words
from tests.simulators.listening import Listener
from tests.simulators.payment_clients import BANK, HANOI, MOMO, TRANSFER, VNPAY, Momo, press, reference, secret
from tests.simulators.running import Simulators

ACCOUNT = "0000000000900"
CAMT = {"c": "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"}
COLUMNS = (
    "stt,ngay_gd,ma_gd_cong,ma_gd_ngan_hang,ma_tham_chieu,ma_ho_so,ma_tthc,ma_co_quan,loai_gd,so_tien,phi_dv,tien_te,trang_thai,ma_nh,"
    "tk_thu_huong,ghi_chu"
)


def today() -> date:
    """The simulators' day, asked each time: a run that starts before midnight ends after it."""
    return datetime.now(tz=HANOI).date()


def yesterday() -> date:
    return today() - timedelta(days=1)


def fetch(outside: Simulators, institution: str, path: str, token: str = "") -> requests.Response:
    merchant = "DVCQG001" if institution == VNPAY else "DVCQG"
    kind, _, name = path.partition("/")
    url = f"{outside.url}/payments/files/{institution}/{kind}/{merchant}/{name}"
    return requests.get(url, headers={"Authorization": f"Bearer {token or secret(institution)}"}, timeout=120)


def history(outside: Simulators, institution: str, amounts: list[int], day: date | None = None) -> list[str]:
    """Payments of an earlier day, a second apart."""
    day = day or yesterday()
    numbers = [reference() for _ in amounts]
    start = datetime(day.year, day.month, day.day, 8, tzinfo=HANOI)
    outside.payments(
        "/movements",
        institution=institution,
        movements=[
            {"reference": number, "amount": amount, "paid_at": (start + timedelta(seconds=at)).isoformat()}
            for at, (number, amount) in enumerate(zip(numbers, amounts, strict=True))
        ],
    )
    return numbers


def rows(data: bytes) -> list[dict[str, str]]:
    """The rows of a CSV whose trailer is right."""
    lines = data.decode().splitlines(keepends=True)
    mark, count, total, digest = lines[-1].strip().split(",")
    found = list(csv.DictReader(io.StringIO("".join(lines[:-1]))))
    assert lines[0].strip() == COLUMNS and mark == "#" and int(count) == len(found)
    assert int(total) == sum(int(row["so_tien"]) for row in found if row["trang_thai"] == "thanh-cong")
    assert digest == hashlib.sha256("".join(lines[:-1]).encode()).hexdigest()
    return found


def statement(outside: Simulators, institution: str, day: date | None = None) -> list[dict[str, str]]:
    answer = fetch(outside, institution, f"statements/{day or yesterday()}.csv")
    assert answer.status_code == 200
    return rows(answer.content)


class TestStatements:
    def test_a_day_with_refunds_and_only_for_who_has_the_secret(self, paying: Simulators, site: Listener) -> None:
        momo = Momo(paying, site.url)
        number = reference()
        press(requests.get(momo.create(number, 50_000)["payUrl"], timeout=30), "paid")
        transaction = momo.query(number)["transId"]
        momo.refund("HOAN1", transaction, 20_000)
        path = f"statements/{today()}.csv"
        assert fetch(paying, MOMO, path).status_code == 404
        paying.payments("/close", day=today().isoformat())
        assert fetch(paying, MOMO, path, "wrong").status_code == 401
        assert fetch(paying, MOMO, path, secret(VNPAY)).status_code == 401
        answer = fetch(paying, MOMO, path)
        assert answer.headers["Transfer-Encoding"] == "chunked"
        paid, refunded = rows(answer.content)
        assert (paid["ma_gd_cong"], paid["ma_gd_ngan_hang"], paid["so_tien"]) == (number, str(transaction), "50000")
        assert paid["ngay_gd"].startswith(today().isoformat()) and paid["ngay_gd"].endswith("+07:00")
        assert (refunded["ma_gd_cong"], refunded["trang_thai"], refunded["so_tien"]) == (number, "hoan-tra", "20000")
        assert statement(paying, MOMO) == []
        assert fetch(paying, MOMO, f"statements/{today() + timedelta(days=1)}.csv").status_code == 404
        assert fetch(paying, MOMO, "statements/nonsense.csv").status_code == 404

    def test_planted_differences(self, paying: Simulators) -> None:
        numbers = history(paying, VNPAY, [10_000, 20_000, 30_000, 40_000, 50_000, 60_000, 70_000])
        kinds = ["missing", "amount", "state", "duplicate", "late", "wrong_payee", "other_day"]
        planted = [paying.payments("/plant", institution=VNPAY, day=yesterday().isoformat(), kind=kind)["reference"] for kind in kinds]
        assert planted == numbers  # each hits the next payment that nothing was planted on
        extra = paying.payments("/plant", institution=VNPAY, day=yesterday().isoformat(), kind="extra", amount=99_000)["reference"]
        found = statement(paying, VNPAY)
        by: dict[str, list[dict[str, str]]] = {}
        for row in found:
            by.setdefault(row["ma_gd_cong"], []).append(row)
        assert numbers[0] not in by and numbers[4] not in by
        assert by[numbers[1]][0]["so_tien"] == "21000"
        assert by[numbers[2]][0]["trang_thai"] == "hoan-tra"
        assert len(by[numbers[3]]) == 2
        assert by[numbers[5]][0]["tk_thu_huong"] == "9999999999"
        assert by[numbers[6]][0]["ngay_gd"].startswith((yesterday() - timedelta(days=1)).isoformat())
        assert by[extra][0]["so_tien"] == "99000" and by[extra][0]["ma_gd_ngan_hang"]
        assert statement(paying, VNPAY) == found
        paying.payments("/close", institution=VNPAY, day=today().isoformat())
        [late] = statement(paying, VNPAY, today())
        assert late["ma_gd_cong"] == numbers[4] and late["ngay_gd"].startswith(today().isoformat())

    @pytest.mark.parametrize("how", ["truncated", "trailer"])
    def test_broken_files(self, paying: Simulators, how: str) -> None:
        history(paying, VNPAY, [10_000] * 9)
        paying.payments("/plant", institution=VNPAY, day=yesterday().isoformat(), kind="broken", break_=how)
        with pytest.raises((AssertionError, ValueError)):
            statement(paying, VNPAY)

    def test_two_hundred_thousand_rows_are_streamed(self, paying: Simulators, tmp_path: Path) -> None:
        chance = random.Random(7)
        for _ in range(4):
            history(paying, BANK, [chance.randrange(1_000, 900_000) for _ in range(50_000)])
        assert len(statement(paying, BANK)) == 200_000


def qr(amount: int | None, content: str, account: str = ACCOUNT, bank: str = TRANSFER) -> str:
    """A VietQR, made by a CRC of the standard's table-free definition."""

    def field(tag: str, value: str) -> str:
        return f"{tag}{len(value):02}{value}"

    merchant = field("00", "A000000727") + field("01", field("00", bank) + field("01", account)) + field("02", "QRIBFTTA")
    text = field("00", "01") + field("01", "12" if amount else "11") + field("38", merchant) + field("53", "704")
    text += (
        (field("54", str(amount)) if amount else "") + field("58", "VN") + (field("62", field("08", content)) if content else "") + "6304"
    )
    value = 0xFFFF
    for byte in text.encode():
        for bit in range(8):
            top = (value >> 15 & 1) ^ (byte >> (7 - bit) & 1)
            value = (value << 1 & 0xFFFF) ^ (0x1021 if top else 0)
    return f"{text}{value:04X}"


class TestTransfers:
    def test_known_code_is_read_and_others_are_told_apart(self) -> None:
        code = read_code(qr(180_000, "DVC7K3M9QXRT2W4A01"))
        assert (code.bank, code.account, code.amount, code.content) == (TRANSFER, ACCOUNT, "180000", "DVC7K3M9QXRT2W4A01")
        assert read_code(qr(None, "")).amount == ""
        assert crc16(b"123456789") == 0x29B1  # the published check value
        for bad in ("", "xyz", qr(1, "A")[:-1] + "0", qr(1, "A").replace("A000000727", "A000000728")):
            with pytest.raises(UnreadableCode):
                read_code(bad)

    def test_transfer_stands_in_the_statement_of_the_account_at_once(self, paying: Simulators) -> None:
        number, url = reference(), f"{paying.url}/payments/transfer/"
        page = requests.get(url, params={"qr": qr(180_000, number)}, timeout=30)
        assert f'value="{number}"' in page.text and 'value="180000"' in page.text and "<script" not in page.text
        assert requests.get(url, params={"qr": "rubbish"}, timeout=30).status_code == 400
        content = f"le phi DVC {number.lower()}"
        form = {"bank": TRANSFER, "account": ACCOUNT, "amount": "180.000", "content": content, "once": "a"}
        assert "Đã chuyển 180.000 đồng" in requests.post(url, data=form, timeout=30).text
        assert "đã được chuyển" in requests.post(url, data=form, timeout=30).text  # the same form again
        twice = requests.post(url, data={**form, "once": "b", "content": "nop le phi", "amount": "5000", "twice": "1"}, timeout=30)
        assert "hai lần" in twice.text
        wrong = requests.post(url, data={**form, "once": "c", "account": "1", "amount": "0"}, timeout=30)
        assert wrong.status_code == 400 and wrong.text.count('role="alert"') == 2

        root = etree.fromstring(fetch(paying, TRANSFER, f"statements/{today()}.xml").content)
        entries = root.findall(".//c:Ntry", CAMT)
        amounts = [int(entry.findtext("c:Amt", "", CAMT)) for entry in entries]
        assert amounts == [180_000, 5_000, 5_000]
        words = entries[0].findtext(".//c:Ustrd", "", CAMT)
        assert number in "".join(letter for letter in words.upper() if letter.isalnum())
        assert fetch(paying, TRANSFER, f"vouchers/{number}.xml").status_code == 200
        assert root.findtext(".//c:NbOfNtries", "", CAMT) == "3"
        balances = [int(one.findtext("c:Amt", "", CAMT)) for one in root.findall(".//c:Bal", CAMT)]
        assert balances[1] - balances[0] == sum(amounts)
        assert root.findtext(".//c:Acct/c:Id/c:Othr/c:Id", "", CAMT) == ACCOUNT
        numbers = [entry.findtext("c:AcctSvcrRef", "", CAMT) for entry in entries]
        assert len(set(numbers)) == 3

        for _ in range(2):
            paying.payments("/return", institution_ref=numbers[2], key="HOAN01", amount=5_000)
        with pytest.raises(AssertionError, match="too_much"):
            paying.payments("/return", institution_ref=numbers[2], key="HOAN02", amount=1)
        root = etree.fromstring(fetch(paying, TRANSFER, f"statements/{today()}.xml").content)
        back = root.findall(".//c:Ntry", CAMT)[3:]
        assert [(one.findtext("c:CdtDbtInd", "", CAMT), one.findtext(".//c:EndToEndId", "", CAMT)) for one in back] == [("DBIT", "HOAN01")]
        assert int(root.findall(".//c:Bal", CAMT)[1].findtext("c:Amt", "", CAMT)) == 185_000


class TestVouchers:
    def trust(self, paying: Simulators, settings: Any) -> None:
        settings.TRUSTED_ROOTS = str(paying.var / "demo" / "test-root.pem")

    @pytest.mark.parametrize("institution", [VNPAY, MOMO, BANK, TRANSFER])
    def test_pdf_is_signed_by_the_institution_for_good(self, paying: Simulators, settings: Any, institution: str) -> None:
        self.trust(paying, settings)
        [number] = history(paying, institution, [121_005])
        assert fetch(paying, institution, f"vouchers/{reference()}.pdf").status_code == 404
        pdf = fetch(paying, institution, f"vouchers/{number}.pdf")
        assert pdf.status_code == 200
        facts = verify(pdf.content)
        [signature] = facts.signatures
        assert facts.has_good_signature and signature.signer is not None
        assert signature.signer.organisation_code == institution
        assert fetch(paying, institution, f"vouchers/{number}.pdf").content == pdf.content

    def test_words_of_the_paper(self, paying: Simulators, tmp_path: Path) -> None:
        [number] = history(paying, BANK, [121_005])
        (tmp_path / "voucher.pdf").write_bytes(fetch(paying, BANK, f"vouchers/{number}.pdf").content)
        text = subprocess.run(["pdftotext", "-layout", tmp_path / "voucher.pdf", "-"], capture_output=True, text=True, check=True).stdout
        for words in ("C1-02/NS", number, "121.005 đồng", "Một trăm hai mươi mốt nghìn không trăm lẻ năm đồng"):
            assert words in " ".join(text.split())

    def test_xml_signature_by_hand(self, paying: Simulators, settings: Any) -> None:
        self.trust(paying, settings)
        [number] = history(paying, BANK, [150_000])
        data = fetch(paying, BANK, f"vouchers/{number}.xml").content
        root = etree.fromstring(data)
        name = {"d": "http://www.w3.org/2000/09/xmldsig#"}
        assert root.tag == "ChungTu"
        assert [root.findtext(tag) for tag in ("SoThamChieu", "SoTien", "BangChu")] == [number, "150000", "Một trăm năm mươi nghìn đồng"]
        assert root.findtext("DSKhoan/Khoan/SoTien") == "150000" and root.findtext("MaGiaoDich")
        ders = [base64.b64decode(one.text or "") for one in root.findall(".//d:X509Certificate", name)]
        leaf = x509.load_der_x509_certificate(ders[0])
        key = leaf.public_key()
        assert isinstance(key, rsa.RSAPublicKey)
        info = root.find(".//d:SignedInfo", name)
        value = base64.b64decode(root.findtext(".//d:SignatureValue", "", name))
        key.verify(value, etree.tostring(info, method="c14n", exclusive=True), padding.PKCS1v15(), hashes.SHA256())
        digest = base64.b64decode(root.findtext(".//d:DigestValue", "", name))
        signature = root.find("d:Signature", name)
        assert signature is not None
        root.remove(signature)
        assert digest == hashlib.sha256(etree.tostring(root, method="c14n", exclusive=True)).digest()
        chain = [der for der in ders[1:] if der != pem.unarmor(Path(settings.TRUSTED_ROOTS).read_bytes())[2]]
        facts = certificates.validate(ders[0], chain, at=datetime.now(tz=HANOI), purpose="document")
        assert facts.organisation_code == BANK

    def test_altered_vouchers_are_not_good(self, paying: Simulators, settings: Any) -> None:
        self.trust(paying, settings)
        [number] = history(paying, BANK, [150_000])
        paying.faults("payfiles", "wrong", times=2)
        facts = verify(fetch(paying, BANK, f"vouchers/{number}.pdf").content)
        assert facts.readable and not facts.has_good_signature
        assert b"<SoTien>151000</SoTien>" in fetch(paying, BANK, f"vouchers/{number}.xml").content


class TestAgencies:
    def entries(self, paying: Simulators, account: str, day: date) -> dict[str, int]:
        answer = requests.get(f"{paying.url}/payments/beneficiary/{account}/{day}.xml", timeout=30)
        assert answer.status_code == 200
        root = etree.fromstring(answer.content)
        found = root.findall(".//c:Ntry", CAMT)
        return {one.findtext(".//c:EndToEndId", "", CAMT): int(one.findtext("c:Amt", "", CAMT)) for one in found}

    def test_payouts_of_the_day_before_by_institution_and_unit(self, paying: Simulators) -> None:
        mine = history(paying, VNPAY, [10_000, 20_000])
        history(paying, BANK, [5_000])
        paying.payments("/beneficiaries", prefix="DVC", unit="H26.101", account="0000000101")
        paying.payments("/beneficiaries", institution=VNPAY, prefix=mine[1], unit="H26.102", account="0000000102")
        assert statement(paying, VNPAY)[1]["ma_co_quan"] == "H26.102"
        day = f"{yesterday():%Y%m%d}"
        assert self.entries(paying, "0000000101", today()) == {f"{VNPAY}.{day}.H26.101": 10_000, f"{BANK}.{day}.H26.101": 5_000}
        assert self.entries(paying, "0000000102", today()) == {f"{VNPAY}.{day}.H26.102": 20_000}
        assert self.entries(paying, "0000000101", yesterday()) == {}

        tomorrow = today() + timedelta(days=1)
        assert requests.get(f"{paying.url}/payments/beneficiary/0000000101/{tomorrow}.xml", timeout=30).status_code == 404
        paying.payments("/plant", institution=VNPAY, day=yesterday().isoformat(), kind="payout_short", unit="H26.101", amount=3_000)
        paying.payments("/plant", institution=BANK, day=yesterday().isoformat(), kind="payout_late", unit="H26.101")
        assert self.entries(paying, "0000000101", today()) == {f"{VNPAY}.{day}.H26.101": 7_000}
        paying.payments("/close", day=tomorrow.isoformat())
        assert self.entries(paying, "0000000101", tomorrow) == {f"{BANK}.{day}.H26.101": 5_000}

    def test_a_payout_entered_by_hand(self, paying: Simulators) -> None:
        paying.payments(
            "/payout",
            institution=MOMO,
            unit="G22",
            account="77",
            settlement_day=yesterday().isoformat(),
            value_day=today().isoformat(),
            amount=9_000,
        )
        assert self.entries(paying, "77", today()) == {f"{MOMO}.{yesterday():%Y%m%d}.G22": 9_000}


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (1_000, "Một nghìn đồng"),
        (15_000, "Mười lăm nghìn đồng"),
        (21_000, "Hai mươi mốt nghìn đồng"),
        (105_000, "Một trăm lẻ năm nghìn đồng"),
        (1_000_001, "Một triệu không trăm lẻ một đồng"),
        (2_500_000, "Hai triệu năm trăm nghìn đồng"),
        (3_000_000_000, "Ba tỷ đồng"),
        (10_055_011_111, "Mười tỷ không trăm năm mươi lăm triệu không trăm mười một nghìn một trăm mười một đồng"),
    ],
)
def test_amounts_in_words(amount: int, words: str) -> None:
    assert amount_in_words(amount) == words


@given(st.integers(1, 10**15))
def test_every_amount_has_words_of_its_own_that_can_be_read_back(amount: int) -> None:
    assert _read(amount_in_words(amount)) == amount


DIGITS = "không một hai ba bốn năm sáu bảy tám chín"


def _read(words: str) -> int:
    """The number that Vietnamese words say, by a grammar written for this test."""
    ones = {word: number for number, word in enumerate(DIGITS.split())} | {"mốt": 1, "lăm": 5, "mười": 10}
    total = group = hundreds = rest = 0
    for word in words.lower().removesuffix(" đồng").split():
        if word in ones:
            rest += ones[word]
        elif word == "mươi":
            rest *= 10
        elif word == "trăm":
            hundreds, rest = rest * 100, 0
        elif word in ("nghìn", "triệu"):
            group += (hundreds + rest) * (1_000 if word == "nghìn" else 1_000_000)
            hundreds = rest = 0
        elif word == "tỷ":
            total = (total + group + hundreds + rest) * 10**9
            group = hundreds = rest = 0
    return total + group + hundreds + rest
