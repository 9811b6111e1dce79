"""Independent clients of the payment protocols, written from their documents for the tests alone."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, quote_plus, urlsplit
from zoneinfo import ZoneInfo

import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from jose.utils import base64url_decode, base64url_encode

from tests.simulators.running import TOKENS, Simulators

SEED = TOKENS["DEMO_PAYMENT_SECRET"]
HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
VNPAY, MOMO, BANK, TRANSFER = "TG.vnpay", "TG.momo", "970418", "970436"


def secret(code: str) -> str:
    return hashlib.sha256(f"{SEED}:{code}".encode()).hexdigest()


def reference() -> str:
    return "DVC" + "".join(secrets.choice("0123456789ABCDEFGHJKMNPQRSTVWXYZ") for _ in range(13)) + "01"


def press(page: requests.Response, choice: str) -> requests.Response:
    """Press a button of the payer's page; the answer is not followed."""
    assert page.status_code == 200 and f'value="{choice}"' in page.text, page.text
    return requests.post(page.url, data={"choice": choice}, allow_redirects=False, timeout=30)


def returned(answer: requests.Response) -> dict[str, str]:
    """What the browser brings home."""
    assert answer.status_code == 303, answer.text
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query, keep_blank_values=True))


class Vnpay:
    def __init__(self, outside: Simulators, return_url: str) -> None:
        self.base = f"{outside.url}/payments/vnpay"
        self.return_url = return_url
        self.created = datetime.now(tz=HANOI)

    def mac(self, text: str) -> str:
        return hmac.new(secret(VNPAY).encode(), text.encode(), hashlib.sha512).hexdigest()

    def query_is_signed(self, values: dict[str, str]) -> bool:
        rest = {name: value for name, value in values.items() if name != "vnp_SecureHash"}
        text = "&".join(f"{quote_plus(name)}={quote_plus(rest[name])}" for name in sorted(rest))
        return hmac.compare_digest(self.mac(text), values["vnp_SecureHash"])

    def begin(self, number: str, amount: int, *, expires: int = 900, **more: str) -> requests.Response:
        values = {
            "vnp_Version": "2.1.0",
            "vnp_Command": "pay",
            "vnp_TmnCode": "DVCQG001",
            "vnp_Amount": str(amount * 100),
            "vnp_CurrCode": "VND",
            "vnp_TxnRef": number,
            "vnp_OrderInfo": "Le phi ho so thu nghiem",
            "vnp_OrderType": "other",
            "vnp_Locale": "vn",
            "vnp_ReturnUrl": self.return_url,
            "vnp_IpAddr": "127.0.0.1",
            "vnp_CreateDate": f"{self.created:%Y%m%d%H%M%S}",
            "vnp_ExpireDate": f"{self.created + timedelta(seconds=expires):%Y%m%d%H%M%S}",
        } | more
        query = "&".join(f"{quote_plus(name)}={quote_plus(values[name])}" for name in sorted(values))
        return requests.get(f"{self.base}/paymentv2/vpcpay.html?{query}&vnp_SecureHash={self.mac(query)}", timeout=30)

    def _ask(self, values: dict[str, str], order: list[str], reply_order: list[str]) -> dict[str, str]:
        values["vnp_SecureHash"] = self.mac("|".join(values[f"vnp_{name}"] for name in order))
        answer = requests.post(f"{self.base}/merchant_webapi/api/transaction", json=values, timeout=30)
        told: dict[str, str] = answer.json()
        text = "|".join(told.get(f"vnp_{name}", "") for name in reply_order)
        assert told["vnp_SecureHash"] == self.mac(text)
        return told

    def _common(self, command: str, number: str, request_id: str) -> dict[str, str]:
        return {
            "vnp_RequestId": request_id or secrets.token_hex(16),
            "vnp_Version": "2.1.0",
            "vnp_Command": command,
            "vnp_TmnCode": "DVCQG001",
            "vnp_TxnRef": number,
            "vnp_TransactionDate": f"{self.created:%Y%m%d%H%M%S}",
            "vnp_CreateDate": f"{datetime.now(tz=HANOI):%Y%m%d%H%M%S}",
            "vnp_IpAddr": "127.0.0.1",
            "vnp_OrderInfo": "Hoi lai",
        }

    REPLY = (
        "ResponseId Command ResponseCode Message TmnCode TxnRef Amount BankCode PayDate TransactionNo TransactionType"
        " TransactionStatus OrderInfo"
    )

    def query(self, number: str, request_id: str = "") -> dict[str, str]:
        order = ["RequestId", "Version", "Command", "TmnCode", "TxnRef", "TransactionDate", "CreateDate", "IpAddr", "OrderInfo"]
        return self._ask(self._common("querydr", number, request_id), order, [*self.REPLY.split(), "PromotionCode", "PromotionAmount"])

    def refund(self, number: str, amount: int, kind: str, request_id: str = "", transaction: str = "") -> dict[str, str]:
        order = (
            "RequestId Version Command TmnCode TransactionType TxnRef Amount TransactionNo TransactionDate CreateBy"
            " CreateDate IpAddr OrderInfo"
        )
        more = {"vnp_TransactionType": kind, "vnp_Amount": str(amount * 100), "vnp_TransactionNo": transaction, "vnp_CreateBy": "portal"}
        return self._ask(self._common("refund", number, request_id) | more, order.split(), self.REPLY.split())


class Momo:
    def __init__(self, outside: Simulators, site: str) -> None:
        self.base = f"{outside.url}/payments/momo/v2/gateway/api"
        self.site = site
        self.access = hashlib.sha256(f"{SEED}:access:{MOMO}".encode()).hexdigest()[:16]

    def sign(self, values: dict[str, Any], names: str) -> str:
        text = "&".join(f"{name}={self.access if name == 'accessKey' else values[name]}" for name in names.split())
        return hmac.new(secret(MOMO).encode(), text.encode(), hashlib.sha256).hexdigest()

    def result_is_signed(self, values: dict[str, Any]) -> bool:
        names = (
            "accessKey amount extraData message orderId orderInfo orderType partnerCode payType requestId responseTime resultCode transId"
        )
        return hmac.compare_digest(self.sign(values, names), str(values["signature"]))

    def _post(self, path: str, values: dict[str, Any], names: str) -> Any:
        answer = requests.post(f"{self.base}/{path}", json={**values, "signature": self.sign(values, names)}, timeout=30)
        assert answer.status_code == 200
        return answer.json()

    def create(self, number: str, amount: int, request_id: str = "", **more: Any) -> Any:
        values = {
            "partnerCode": "DVCQG",
            "requestId": request_id or number,
            "amount": amount,
            "orderId": number,
            "orderInfo": "Le phi ho so thu nghiem",
            "redirectUrl": f"{self.site}/thanh-toan/ve/TG.momo/",
            "ipnUrl": f"{self.site}/vao/thanh-toan/TG.momo/",
            "lang": "vi",
            "requestType": "captureWallet",
            "extraData": "",
        } | more
        names = "accessKey amount extraData ipnUrl orderId orderInfo partnerCode redirectUrl requestId requestType"
        return self._post("create", values, names)

    def query(self, number: str, path: str = "query") -> Any:
        values = {"partnerCode": "DVCQG", "requestId": secrets.token_hex(8), "orderId": number, "lang": "vi"}
        return self._post(path, values, "accessKey orderId partnerCode requestId")

    def refund(self, key: str, transaction: int, amount: int) -> Any:
        values = {
            "partnerCode": "DVCQG",
            "requestId": key,
            "orderId": key,
            "amount": amount,
            "transId": transaction,
            "lang": "vi",
            "description": "Hoan",
        }
        return self._post("refund", values, "accessKey amount description orderId partnerCode requestId transId")


class Bank:
    """Compact JWS by hand: ES256 of ours, RS256 of the bank's."""

    def __init__(self, outside: Simulators, site: str) -> None:
        self.base = f"{outside.url}/payments/bank/{BANK}/v1"
        self.site = site
        folder = outside.var / "demo" / "payments"
        self.certificate = x509.load_pem_x509_certificate((folder / f"{BANK}.pem").read_bytes())
        self.ours = x509.load_pem_x509_certificate((folder / "portal.pem").read_bytes())
        self.key = serialization.load_pem_private_key((folder / "portal.key.pem").read_bytes(), None)

    def sign(self, claims: dict[str, Any], **header: Any) -> bytes:
        assert isinstance(self.key, ec.EllipticCurvePrivateKey)
        head = {"alg": "ES256", "kid": self.ours.fingerprint(hashes.SHA256()).hex()} | header
        now = int(datetime.now(tz=UTC).timestamp())
        whole = {"iss": "DVCQG", "aud": BANK, "jti": secrets.token_hex(8), "iat": now, "exp": now + 300} | claims
        text = b".".join(base64url_encode(json.dumps(part).encode()) for part in (head, whole))
        r, s = decode_dss_signature(self.key.sign(text, ec.ECDSA(hashes.SHA256())))
        return text + b"." + base64url_encode(r.to_bytes(32, "big") + s.to_bytes(32, "big"))

    def read(self, token: bytes) -> dict[str, Any]:
        """The bank's claims; raises InvalidSignature."""
        head, payload, signature = token.split(b".")
        header = json.loads(base64url_decode(head))
        assert header["alg"] == "RS256" and header["kid"] == self.certificate.fingerprint(hashes.SHA256()).hex()
        key = self.certificate.public_key()
        assert isinstance(key, rsa.RSAPublicKey)
        key.verify(base64url_decode(signature), head + b"." + payload, padding.PKCS1v15(), hashes.SHA256())
        claims: dict[str, Any] = json.loads(base64url_decode(payload))
        assert claims["iss"] == BANK and claims["aud"] == "DVCQG" and claims["jti"]
        return claims

    def post(self, path: str, token: bytes) -> requests.Response:
        return requests.post(f"{self.base}/{path}", data=token, headers={"Content-Type": "application/jose"}, timeout=30)

    def ask(self, path: str, **claims: Any) -> dict[str, Any]:
        answer = self.post(path, self.sign(claims))
        assert answer.status_code == 200, answer.text
        assert answer.headers["Content-Type"].startswith("application/jose")
        return self.read(answer.content)

    def begin(self, number: str, amount: int, **more: Any) -> dict[str, Any]:
        claims = {
            "reference": number,
            "amount": amount,
            "currency": "VND",
            "description": "Le phi ho so thu nghiem",
            "return_url": f"{self.site}/thanh-toan/ve/{BANK}/",
            "notify_url": f"{self.site}/vao/thanh-toan/{BANK}/",
            "expires_at": (datetime.now(tz=HANOI) + timedelta(minutes=15)).isoformat(),
        } | more
        return self.ask("orders", **claims)
