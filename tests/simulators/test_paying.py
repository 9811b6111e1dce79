"""Paying at institutions over HTTP: signatures checked by independent code, callbacks until they are taken, refunds, faults."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from cryptography.exceptions import InvalidSignature

from portal.simulators.paying import reference_in
from tests.simulators.listening import Listener
from tests.simulators.payment_clients import BANK, MOMO, VNPAY, Bank, Momo, Vnpay, press, reference, returned
from tests.simulators.running import Simulators, start_simulators

CONFIRMED = (200, b'{"RspCode": "00", "Message": "Confirm Success"}')


class TestVnpay:
    def client(self, paying: Simulators, site: Listener) -> Vnpay:
        site.answers = [CONFIRMED]
        return Vnpay(paying, f"{site.url}/thanh-toan/ve/TG.vnpay/")

    def test_pay_tells_the_browser_and_our_server_the_same_signed_story(self, paying: Simulators, site: Listener) -> None:
        vnpay, number = self.client(paying, site), reference()
        page = vnpay.begin(number, 150_000)
        assert "150.000 đồng" in page.text and "<script" not in page.text and "width=device-width" in page.text
        assert f"form-action 'self' {site.url}" in page.headers["Content-Security-Policy"]
        assert vnpay.query(number)["vnp_TransactionStatus"] == "01"
        home = returned(press(page, "paid"))
        [heard] = site.wait(1)
        assert (heard.method, heard.path) == ("GET", "/vao/thanh-toan/TG.vnpay/")
        for values in (home, heard.query):
            assert vnpay.query_is_signed(values)
            assert (values["vnp_TxnRef"], values["vnp_Amount"], values["vnp_TmnCode"]) == (number, "15000000", "DVCQG001")
            assert (values["vnp_ResponseCode"], values["vnp_TransactionStatus"]) == ("00", "00")
        told = vnpay.query(number)
        assert (told["vnp_ResponseCode"], told["vnp_TransactionStatus"], told["vnp_Amount"]) == ("00", "00", "15000000")
        assert told["vnp_TransactionNo"] == home["vnp_TransactionNo"] and told["vnp_TransactionType"] == "01"
        # Paid once: the page is over, whatever is pressed again.
        assert returned(requests.post(page.url, data={"choice": "cancel"}, allow_redirects=False, timeout=30))["vnp_ResponseCode"] == "00"
        time.sleep(0.6)
        assert len(site.heard) == 1

    @pytest.mark.parametrize(("choice", "code"), [("cancel", "24"), ("poor", "51")])
    def test_failure_has_its_code(self, paying: Simulators, site: Listener, choice: str, code: str) -> None:
        vnpay, number = self.client(paying, site), reference()
        home = returned(press(vnpay.begin(number, 20_000), choice))
        assert vnpay.query_is_signed(home) and (home["vnp_ResponseCode"], home["vnp_TransactionStatus"]) == (code, "02")
        assert site.wait(1)[0].query["vnp_ResponseCode"] == code
        assert vnpay.query(number)["vnp_TransactionStatus"] == "02"

    def test_closed_browser_never_comes_back_and_the_money_is_taken(self, paying: Simulators, site: Listener) -> None:
        vnpay, number = self.client(paying, site), reference()
        stays = press(vnpay.begin(number, 20_000), "closed")
        assert stays.status_code == 200 and "Location" not in stays.headers
        assert site.wait(1)[0].query["vnp_TransactionStatus"] == "00"

    def test_wrong_hash_expired_and_other_amount_are_refused(self, paying: Simulators, site: Listener) -> None:
        vnpay, number = self.client(paying, site), reference()
        page = vnpay.begin(number, 20_000)
        asked = page.history[0].url
        assert requests.get(asked.replace("2000000", "1000000"), timeout=30).status_code == 400
        assert vnpay.begin(number, 30_000).status_code == 400
        assert vnpay.begin(reference(), 30_000, vnp_OrderInfo="Lệ phí").status_code == 400
        late = reference()
        answer = vnpay.begin(late, 20_000, expires=-1)
        assert answer.url.startswith(site.url) and "vnp_ResponseCode=11" in answer.url
        told = vnpay.query(reference())
        assert told["vnp_ResponseCode"] == "91"
        assert vnpay.query(number, "same")["vnp_ResponseCode"] == "00"
        assert vnpay.query(number, "same")["vnp_ResponseCode"] == "94"

    def test_calls_again_until_the_answer_it_wants(self, paying: Simulators, site: Listener) -> None:
        vnpay = self.client(paying, site)
        site.answers = [(500, b""), (200, b'{"RspCode": "99"}'), (200, b'{"RspCode": "02"}')]
        press(vnpay.begin(reference(), 20_000), "paid")
        heard = site.wait(3)
        assert heard[0].query == heard[1].query == heard[2].query

    def test_refunds_in_part_and_whole_and_never_twice(self, paying: Simulators, site: Listener) -> None:
        vnpay, number = self.client(paying, site), reference()
        home = returned(press(vnpay.begin(number, 100_000), "paid"))
        transaction = home["vnp_TransactionNo"]
        first = vnpay.refund(number, 30_000, "03", "key1", transaction)
        assert (first["vnp_ResponseCode"], first["vnp_TransactionStatus"], first["vnp_Amount"]) == ("00", "00", "3000000")
        again = vnpay.refund(number, 30_000, "03", "key1", transaction)
        assert (again["vnp_ResponseCode"], again["vnp_TransactionNo"]) == ("94", first["vnp_TransactionNo"])
        assert vnpay.refund(number, 100_000, "02", "key2", transaction)["vnp_ResponseCode"] == "04"
        assert vnpay.refund(number, 80_000, "03", "key3", transaction)["vnp_ResponseCode"] == "93"
        paying.payments(institution=VNPAY, place="refund", mode="refused", times=1)
        refused = vnpay.refund(number, 10_000, "03", "key4", transaction)
        assert (refused["vnp_ResponseCode"], refused["vnp_TransactionStatus"]) == ("95", "09")
        paying.payments(institution=VNPAY, place="refund", mode="under_way", seconds=1, times=1)
        assert vnpay.refund(number, 70_000, "03", "key5", transaction)["vnp_TransactionStatus"] == "05"
        time.sleep(1.1)
        told = vnpay.query(number)
        assert (told["vnp_TransactionType"], told["vnp_TransactionStatus"], told["vnp_Amount"]) == ("03", "00", "7000000")
        assert vnpay.refund(reference(), 70_000, "03")["vnp_ResponseCode"] == "91"

    def test_faults_of_callbacks(self, paying: Simulators, site: Listener) -> None:
        vnpay = self.client(paying, site)

        def paid(mode: str, **more: object) -> list[dict[str, str]]:
            site.heard.clear()
            number = reference()
            paying.payments(institution=VNPAY, place="callback", mode=mode, reference=number, **more)
            press(vnpay.begin(number, 20_000), "paid")
            count = {"twice": 2, "out_of_order": 2, "never": 0}.get(mode, 1)
            site.wait(count)
            time.sleep(0.7 if mode == "never" else 0)
            heard = [one.query | {"ours": number} for one in site.heard]
            paying.payments(institution=VNPAY, place="callback", mode="none", reference=number)
            return heard

        assert paid("never") == []
        one, two = paid("twice")
        assert one == two
        first, late = paid("out_of_order")
        assert (first["vnp_TransactionStatus"], late["vnp_TransactionStatus"]) == ("00", "02")
        started = time.monotonic()
        paid("late", seconds=1.5)
        assert time.monotonic() - started >= 1.5

        def signed(values: dict[str, str]) -> bool:
            return vnpay.query_is_signed({name: value for name, value in values.items() if name != "ours"})

        [wrong] = paid("wrong_amount")
        assert wrong["vnp_Amount"] == "2100000" and signed(wrong)
        [other] = paid("other_order")
        assert other["vnp_TxnRef"] != other["ours"] and signed(other)
        site.answers = [(200, b'{"RspCode": "97"}'), CONFIRMED]
        assert not signed(paid("wrong_signature")[0])

    def test_faults_of_queries_and_of_the_page(self, paying: Simulators, site: Listener) -> None:
        vnpay, number = self.client(paying, site), reference()
        paying.payments(institution=VNPAY, place="pay", mode="page_failed", times=1)
        home = returned(press(vnpay.begin(number, 20_000), "paid"))
        assert home["vnp_ResponseCode"] == "24"
        assert vnpay.query(number)["vnp_TransactionStatus"] == "00"
        for mode, code in (("pending", ("00", "01")), ("absent", ("91", None))):
            paying.payments(institution=VNPAY, place="query", mode=mode, times=1)
            told = vnpay.query(number)
            assert (told["vnp_ResponseCode"], told.get("vnp_TransactionStatus")) == code
        for mode in ("html", "error"):
            paying.payments(institution=VNPAY, place="query", mode=mode, times=1)
            with pytest.raises(ValueError, match="Expecting value"):
                vnpay.query(number)
        assert vnpay.query(number)["vnp_TransactionStatus"] == "00"
        paying.payments(institution=VNPAY, place="page", mode="down", times=1)
        assert vnpay.begin(reference(), 20_000).status_code == 503
        paying.faults("vnpay", "wrong", times=1)
        with pytest.raises(AssertionError):
            vnpay.query(number)


class TestMomo:
    def test_whole_way(self, paying: Simulators, site: Listener) -> None:
        momo, number = Momo(paying, site.url), reference()
        made = momo.create(number, 50_000)
        assert made["resultCode"] == 0 and made["orderId"] == number
        assert momo.create(number, 50_000)["payUrl"] == made["payUrl"]
        assert momo.create(number, 50_000, request_id="other")["resultCode"] == 41
        assert momo.create(reference(), 999)["resultCode"] == 22
        assert momo.query(number)["resultCode"] == 1000
        home = returned(press(requests.get(made["payUrl"], timeout=30), "paid"))
        assert momo.result_is_signed(home) and home["resultCode"] == "0"
        [heard] = site.wait(1)
        news = json.loads(heard.body)
        assert heard.path == "/vao/thanh-toan/TG.momo/" and heard.content_type.startswith("application/json")
        assert momo.result_is_signed(news) and (news["resultCode"], news["amount"], news["orderId"]) == (0, 50_000, number)
        told = momo.query(number)
        assert (told["resultCode"], told["transId"], told["amount"]) == (0, news["transId"], 50_000)
        assert momo.query(reference())["resultCode"] == 42

        first = momo.refund("HOAN1", news["transId"], 20_000)
        assert first["resultCode"] == 0
        assert momo.refund("HOAN1", news["transId"], 20_000)["transId"] == first["transId"]
        assert momo.refund("HOAN2", news["transId"], 40_000)["resultCode"] == 1081
        paying.payments(institution=MOMO, place="refund", mode="lost", times=1)
        with pytest.raises(AssertionError):
            momo.refund("HOAN3", news["transId"], 30_000)
        assert momo.query("HOAN3", "refund/query")["resultCode"] == 0
        assert [one["amount"] for one in momo.query(number, "refund/query")["refundTrans"]] == [20_000, 30_000]

    def test_wrong_signature_and_refusal_of_the_payer(self, paying: Simulators, site: Listener) -> None:
        momo, number = Momo(paying, site.url), reference()
        answer = requests.post(f"{momo.base}/query", json={"partnerCode": "DVCQG", "orderId": number, "signature": "x"}, timeout=30)
        assert answer.json()["resultCode"] == 11
        made = momo.create(number, 50_000)
        site.answers = [(500, b""), (204, b"")]
        assert returned(press(requests.get(made["payUrl"], timeout=30), "cancel"))["resultCode"] == "1006"
        heard = site.wait(2)
        assert [json.loads(one.body)["resultCode"] for one in heard] == [1006, 1006]
        assert momo.refund("HOAN9", 12345, 10_000)["resultCode"] == 1080


class TestBank:
    def test_whole_way(self, paying: Simulators, site: Listener) -> None:
        bank, number = Bank(paying, site.url), reference()
        site.answers = [(500, b""), (200, b'{"received": true, "verdict": "confirmed"}')]
        made = bank.begin(number, 70_000)
        assert (made["status"], made["reference"]) == ("PENDING", number)
        assert bank.begin(number, 70_000)["pay_url"] == made["pay_url"]
        assert bank.ask("orders/query", reference=number)["status"] == "PENDING"
        home = returned(press(requests.get(made["pay_url"], timeout=30), "paid"))
        assert bank.read(home["response"].encode())["reference"] == number == home["reference"]
        heard = site.wait(2)
        news = bank.read(heard[1].body)
        assert heard[1].content_type == "application/jose" and heard[1].path == f"/vao/thanh-toan/{BANK}/"
        told = bank.ask("orders/query", reference=number)
        for claims in (news, told):
            assert (claims["status"], claims["amount"], claims["code"]) == ("PAID", 70_000, "00")
            assert claims["transaction_id"] == told["transaction_id"] and claims["paid_at"].endswith("+07:00")
        assert bank.ask("orders/query", reference=reference())["status"] == "ABSENT"

        ask = {"reference": number, "refund_key": "K1", "transaction_id": told["transaction_id"], "amount": 70_000}
        paying.payments(institution=BANK, place="refund", mode="under_way", seconds=60, times=1)
        assert bank.ask("refunds", **ask)["status"] == "UNDER_WAY"
        assert bank.ask("refunds/query", **ask)["status"] == "UNDER_WAY"
        assert bank.ask("refunds", **ask | {"refund_key": "K2"})["code"] == "TOO_MUCH"
        assert bank.ask("refunds/query", **ask | {"refund_key": "K2"})["status"] == "ABSENT"

    def test_forged_and_stale_messages_are_refused(self, paying: Simulators, site: Listener) -> None:
        bank, number = Bank(paying, site.url), reference()
        claims = {"reference": number}
        good = bank.sign(claims)
        head, payload, signature = good.split(b".")
        assert bank.post("orders/query", b".".join([head, payload, signature[::-1]])).status_code == 401
        for header in ({"alg": "none"}, {"alg": "HS256"}, {"kid": "00" * 32}):
            assert bank.post("orders/query", bank.sign(claims, **header)).status_code == 401
        assert bank.post("orders/query", bank.sign({**claims, "iat": int(time.time()) - 601})).status_code == 401
        assert bank.post("orders/query", bank.sign({**claims, "aud": "other"})).status_code == 400
        assert requests.post(f"{bank.base}/orders/query", json=claims, timeout=30).status_code == 415
        bank.begin(number, 10_000)
        assert bank.post("orders", bank.sign({**claims, "amount": 1})).status_code == 400
        paying.faults("bank", "wrong", times=1)
        with pytest.raises(InvalidSignature):
            bank.ask("orders/query", reference=number)

    def test_two_presses_at_once_are_one_payment(self, paying: Simulators, site: Listener) -> None:
        bank, number = Bank(paying, site.url), reference()
        page = requests.get(bank.begin(number, 10_000)["pay_url"], timeout=30)
        with ThreadPoolExecutor(6) as pool:
            list(pool.map(lambda _: press(page, "paid"), range(6)))
        site.wait(1)
        time.sleep(0.6)
        assert len(site.heard) == 1


def test_institutions_keys_cannot_be_used_for_remote_signing(paying: Simulators) -> None:
    credentials = {"client_id": "test-portal", "client_secret": "test-portal-secret", "grant_type": "client_credentials"}
    token = requests.post(f"{paying.url}/csc/v2/oauth2/token", data=credentials, timeout=30).json()["access_token"]
    for key in (f"pay-{BANK}", f"pay-{VNPAY}", "jws-bank"):
        answer = requests.post(
            f"{paying.url}/csc/v2/credentials/authorize",
            json={"credentialID": key, "numSignatures": 1},
            headers={"Authorization": f"Bearer {token}"},
            timeout=30,
        )
        assert answer.status_code == 400 and "credentialID" in answer.json()["error_description"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"institution": "x", "place": "query", "mode": "html"},
        {"institution": VNPAY, "place": "query", "mode": "late"},
        {"institution": VNPAY, "place": "query", "mode": "html", "times": -1},
        {"institution": VNPAY, "place": "callback", "mode": "late", "seconds": 10**7},
    ],
)
def test_nonsense_is_refused(paying: Simulators, body: dict[str, object]) -> None:
    assert requests.post(f"{paying.url}/control/payments", json=body, timeout=30).status_code == 400


def test_page_switches_by_plain_forms(paying: Simulators, site: Listener) -> None:
    momo = Momo(paying, site.url)
    press(requests.get(momo.create(reference(), 50_000)["payUrl"], timeout=30), "paid")
    site.wait(1)
    form = {"institution": MOMO, "mode": "query.absent", "reference": "", "seconds": "30", "times": "2"}
    page = requests.post(f"{paying.url}/control/payments", data=form, timeout=30)
    assert page.url == f"{paying.url}/control/payments/"
    assert "hỏi lại: không tìm thấy, còn 2 lần" in page.text and "50.000 đồng" in page.text
    assert "/control/payments/" in requests.get(f"{paying.url}/control/", timeout=30).text


def test_payments_faults_and_untold_news_survive_kill_9(tmp_path: Path, site: Listener) -> None:
    outside = start_simulators(tmp_path, env={"SITE_URL": site.url})
    try:
        bank, number = Bank(outside, site.url), reference()
        outside.payments(institution=BANK, place="callback", mode="late", seconds=3, times=2)
        outside.payments(institution=BANK, place="query", mode="pending", times=2)
        press(requests.get(bank.begin(number, 10_000)["pay_url"], timeout=30), "paid")
        assert bank.ask("orders/query", reference=number)["status"] == "PENDING"
        outside.kill()
        outside.start()
        assert Bank(outside, site.url).certificate == bank.certificate
        assert bank.ask("orders/query", reference=number)["status"] == "PENDING"
        assert bank.ask("orders/query", reference=number)["status"] == "PAID"
        assert bank.read(site.wait(1)[0].body)["status"] == "PAID"
    finally:
        outside.kill()


def test_a_word_before_the_reference_is_no_part_of_it() -> None:
    # Its thirteenth and fourteenth characters are digits here: with the payer's "DVC" before it, its beginning reads like a reference, too.
    assert reference_in("le phi DVC dvcC9NV207DAZ91W01") == "DVCC9NV207DAZ91W01"
    assert reference_in("MBVCB.1.DVCC9NV207DAZ91W01.CT tu 0011") == "DVCC9NV207DAZ91W01"
    assert reference_in("khong co gi") == ""
