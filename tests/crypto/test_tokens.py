"""ID tokens: taken from the provider's own key for us, this sign-in and this moment, and in no other way."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from portal.crypto.tokens import KeyUnknown, TokenRefused, read_id_token

NOW = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)
ISSUER, CLIENT, NONCE = "https://vneid.example", "portal", "n-0S6_WzA2Mj"
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
WEAK_KEY = rsa.generate_private_key(public_exponent=65537, key_size=1024)


def text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value: int) -> str:
    return text(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def rsa_jwk(key: rsa.RSAPrivateKey, kid: str = "r") -> dict[str, Any]:
    numbers = key.public_key().public_numbers()
    return {"kty": "RSA", "kid": kid, "use": "sig", "n": number(numbers.n), "e": number(numbers.e)}


EC_NUMBERS = EC_KEY.public_key().public_numbers()
EC_JWK = {"kty": "EC", "crv": "P-256", "kid": "e", "x": text(EC_NUMBERS.x.to_bytes(32, "big")), "y": text(EC_NUMBERS.y.to_bytes(32, "big"))}
KEYS = [rsa_jwk(RSA_KEY), EC_JWK]


def claims(**other: Any) -> dict[str, Any]:
    at = int(NOW.timestamp())
    return {"iss": ISSUER, "aud": CLIENT, "sub": "s", "nonce": NONCE, "iat": at, "exp": at + 300, "acr": "LoA2", **other}


def made(said: dict[str, Any], header: dict[str, Any] | None = None, key: Any = RSA_KEY) -> str:
    head = header or {"alg": "RS256", "kid": "r"}
    signed = f"{text(json.dumps(head).encode())}.{text(json.dumps(said).encode())}"
    if isinstance(key, bytes):
        signature = hmac.new(key, signed.encode(), hashlib.sha256).digest()
    elif isinstance(key, rsa.RSAPrivateKey):
        signature = key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    elif key is None:
        signature = b""
    else:
        r, s = utils.decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    return f"{signed}.{text(signature)}"


def read(token: str, keys: Any = KEYS, **other: Any) -> dict[str, Any]:
    return read_id_token(token, keys, **{"issuer": ISSUER, "audience": CLIENT, "nonce": NONCE, "now": NOW, **other})


def code_of(token: str, **other: Any) -> str:
    with pytest.raises(TokenRefused) as caught:
        read(token, **other)
    return caught.value.code


@pytest.mark.requirement("A-04")
def test_a_token_of_the_provider_is_read() -> None:
    assert read(made(claims()))["acr"] == "LoA2"
    assert read(made(claims(), {"alg": "ES256", "kid": "e"}, EC_KEY))["sub"] == "s"
    assert read(made(claims(), {"alg": "RS256"}), keys=KEYS[:1])["sub"] == "s", "the only key need not be named"
    assert read(made(claims(aud=[CLIENT, "other"], azp=CLIENT)))["sub"] == "s"


@pytest.mark.requirement("A-04", "N-08")
def test_a_token_never_says_how_it_wants_to_be_checked() -> None:
    public = RSA_KEY.public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    # The public key as the secret of an HMAC, the oldest of these attacks; "none"; our list in other letters.
    for secret in (pem, pem.strip(), KEYS[0]["n"].encode(), b"", b"portal"):
        assert code_of(made(claims(), {"alg": "HS256", "kid": "r"}, secret)) == "algorithm"
    for name in ("none", "None", "HS256", "rs256", "RS384", "PS256", "", None, ["RS256"], {"alg": "RS256"}):
        assert code_of(made(claims(), {"alg": name, "kid": "r"}, b"x")) == "algorithm"
    assert code_of(made(claims(), {"alg": "none"}, None)) == "form", "no signature at all"
    # The algorithm of one key with the signature of another.
    assert code_of(made(claims(), {"alg": "ES256", "kid": "r"}, EC_KEY)) == "algorithm"
    assert code_of(made(claims(), {"alg": "RS256", "kid": "e"})) == "algorithm"
    # A key that the token brings along, or says where to find.
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    for extra in ({"jwk": rsa_jwk(stranger)}, {"jku": "https://evil.example/jwks"}, {"x5c": ["AAAA"]}, {"x5u": "https://evil.example"}):
        assert code_of(made(claims(), {"alg": "RS256", "kid": "r", **extra}, stranger)) == "signature"
    assert code_of(made(claims(), {"alg": "RS256", "kid": "r", "crit": ["b64"], "b64": False})) == "form"
    assert code_of(made(claims(), key=WEAK_KEY), keys=[rsa_jwk(WEAK_KEY)]) == "weak_key"
    assert code_of(made(claims()), keys=[{**KEYS[0], "use": "enc"}]) == "algorithm"
    shared = {"kty": "oct", "kid": "r", "k": text(b"secret")}
    assert code_of(made(claims(), {"alg": "HS256", "kid": "r"}, b"secret"), keys=[shared]) == "algorithm"


def test_a_key_that_is_not_known_may_be_a_new_one() -> None:
    for kid in ("gone", "../r", 7, None):
        with pytest.raises(KeyUnknown):
            read(made(claims(), {"alg": "RS256", "kid": kid}))
    with pytest.raises(KeyUnknown):
        read(made(claims()), keys=[KEYS[0], KEYS[0]])


@pytest.mark.requirement("A-04")
@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"iss": ISSUER + "/"}, "issuer"),
        ({"iss": None}, "issuer"),
        ({"aud": "another"}, "audience"),
        ({"aud": ["another"]}, "audience"),
        ({"aud": [CLIENT, "another"]}, "audience"),
        ({"azp": "another"}, "audience"),
        ({"aud": None}, "audience"),
        ({"nonce": "another"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"exp": int(NOW.timestamp())}, "expired"),
        ({"exp": True}, "time"),
        ({"exp": float("nan")}, "time"),
        ({"exp": float("inf")}, "time"),
        ({"iat": float("nan")}, "time"),
        ({"exp": "tomorrow"}, "time"),
        ({"iat": int((NOW - timedelta(minutes=16)).timestamp())}, "time"),
        ({"iat": int((NOW + timedelta(minutes=3)).timestamp())}, "time"),
        ({"nbf": int((NOW + timedelta(minutes=3)).timestamp())}, "time"),
        ({"sub": ""}, "subject"),
        ({"sub": 7}, "subject"),
        ({"sub": "s" * 256}, "subject"),
    ],
)
def test_a_token_for_another_place_sign_in_or_moment_is_refused(other: dict[str, Any], code: str) -> None:
    assert code_of(made(claims(**other))) == code


def test_whatever_is_sent_is_refused_in_words_of_ours() -> None:
    good = made(claims())
    head, body, signature = good.split(".")
    flipped = ("A" if signature[0] != "A" else "B") + signature[1:]
    assert code_of(f"{head}.{body}.{flipped}") == "signature"
    assert code_of(f"{head}.{text(json.dumps(claims(sub='other')).encode())}.{signature}") == "signature"
    for broken in ("", ".", "..", "a.b", good + ".x", good + "=", "é" + good, "a" * 20000, f"{head}..{signature}", "ew.e30.AA"):
        assert code_of(broken) == "form"
    # Other letters for the same bytes.
    last = signature[-1]
    for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_":
        if letter != last:
            assert code_of(f"{head}.{body}.{signature[:-1]}{letter}") in ("form", "signature")
