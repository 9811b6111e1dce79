"""Demo identity providers, as the simulators speak for them. Never loaded in production."""

from __future__ import annotations

import hashlib
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.conf import settings
from django.utils import timezone

from accounts.models import IdentityProvider
from accounts.ways import providers
from portal.access import SYSTEM

CLIENT_ID = "cong-dich-vu-cong"
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_KNOWN: dict[str, dict[str, Any]] = {
    "vneid": {
        "name": "VNeID", "proof": "client_secret_post", "levels": {"LoA2": 2, "LoA3": 3}, "number_claim": "identity_number", "place": 10,
        "about": "Bạn xác nhận trên ứng dụng VNeID của Bộ Công an.",
        "about_en": "You confirm in the VNeID app of the Ministry of Public Security.",
    },
    "post": {
        "name": "Bưu điện", "name_en": "Vietnam Post", "proof": "client_secret_basic", "levels": {"verified": 2},
        "number_claim": "so_dinh_danh", "place": 20,
        "about": "Tài khoản Bưu điện Việt Nam đã xác minh tại bưu cục.",
        "about_en": "Your Vietnam Post account, verified at a post office.",
    },
    "insurance": {
        "name": "Bảo hiểm xã hội", "name_en": "Social Insurance", "proof": "private_key_jwt", "levels": {"2": 2, "3": 3},
        "number_claim": "national_id", "place": 30,
        "about": "Tài khoản giao dịch điện tử với cơ quan bảo hiểm xã hội.",
        "about_en": "Your account with Vietnam Social Insurance.",
    },
    "foreign": {
        "name": "Bộ Ngoại giao", "name_en": "Ministry of Foreign Affairs", "proof": "client_secret_post",
        "levels": {"substantial": 2, "high": 3}, "number_claim": "identity_number", "place": 40,
        "about": "Dành cho người Việt Nam ở nước ngoài: tài khoản của cơ quan đại diện.",
        "about_en": "For Vietnamese abroad: your account with a diplomatic mission.",
    },
}  # fmt: skip


def _secret(code: str, proof: str) -> str:
    seed = settings.DEMO_PROVIDER_SECRET or "demo-provider-secret"
    if proof != "private_key_jwt":
        return hashlib.sha256(f"{seed}:{code}".encode()).hexdigest()
    number = int.from_bytes(hashlib.sha256(f"{seed}:{code}:key".encode()).digest(), "big")
    key = ec.derive_private_key(number % (_ORDER - 1) + 1, ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def connect() -> str:
    """Enter the demo providers as the simulators of this machine speak for them, and let them in; again: as they are there now.

    What they say of themselves the worker reads within a minute.
    """
    base = (settings.SIMULATORS_URL or "http://localhost:8001").rstrip("/")
    for code, known in _KNOWN.items():
        # The simulators may have another port than yesterday; accounts that were linked there are the same.
        moved = IdentityProvider.objects.filter(code=code).exclude(issuer=f"{base}/oidc/{code}")
        moved.update(issuer=f"{base}/oidc/{code}", endpoints=None, read_at=None, tried_at=None, silent_since=None)
        providers.keep_provider(
            actor=SYSTEM,
            code=code,
            issuer=f"{base}/oidc/{code}",
            client_id=CLIENT_ID,
            secret=_secret(code, known["proof"]),
            scopes="openid identity",
            now=timezone.now(),
            **known,
        )
        if not IdentityProvider.objects.get(code=code).is_live:
            providers.let_in(code=code, actor=SYSTEM)
    return f"{len(_KNOWN)} nhà cung cấp định danh"
