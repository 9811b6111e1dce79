"""The test certificate authority: made once, the same at every start.

Root → "people" (officers' certificates), "units" (seals, payment institutions), "stamps" (time-stamps). A second root of public
authorities → "citizens". Keys are PEM files, built
certificates are kept as DER files beside them, so serial numbers and dates never change. When ``SIMULATORS_URL`` changes, the root and
all keys stay, and certificates with the new addresses are issued (with serial numbers of their own).

``python -m portal.simulators.pki`` makes everything ahead and prints the path of the root.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from asn1crypto import crl, pem, x509
from certomancer.config_utils import SearchDir
from certomancer.registry import ArchLabel, CertLabel, EntityLabel, KeyLabel, PKIArchitecture, ServiceLabel
from certomancer.registry.config import _import_plugin_modules
from certomancer.registry.entities import EntityRegistry
from certomancer.registry.issued.general import RevocationStatus
from certomancer.registry.keys import KeySets
from certomancer.services import CRLBuilder, choose_signed_digest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from portal.simulators.config import BANK, Config, Credential
from portal.simulators.store import Store

ARCH = "test"
ISSUERS = {
    "people": "Trung tâm chứng thực thử nghiệm - Cá nhân",
    "units": "Trung tâm chứng thực thử nghiệm - Cơ quan",
    "stamps": "Trung tâm chứng thực thử nghiệm - Dấu thời gian",
}
PUBLIC_ISSUERS = {"citizens": "Tổ chức chứng thực công cộng thử nghiệm - Cá nhân"}
"""Under the root of public authorities, which the portal keeps in a store of its own."""
ROOTS = {"root": "Gốc chứng thực thử nghiệm", "public-root": "Gốc chứng thực công cộng thử nghiệm"}
CRL_VALID = timedelta(days=1)
MESSAGE_KEYS = {"jws-bank": "RSA", "jws-portal": "EC"}
"""Keys of signed messages between a bank and the portal. Their certificates carry no addresses, so that they stay when those change:
each side keeps the other's."""


def write(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Whole or not at all: a start that is killed half-way leaves no broken key behind."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(path.name + ".half")
    with half.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    half.chmod(mode)
    half.replace(path)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One maker at a time: the launcher and the process itself may start together."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _ensure_key(path: Path, kind: str) -> None:
    if path.exists():
        return
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
    key = ec.generate_private_key(ec.SECP256R1()) if kind == "EC" else rsa.generate_private_key(public_exponent=65537, key_size=2048)
    data = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    write(path, data)


class TestAuthority(PKIArchitecture):
    """Certomancer's architecture, with revocation switched on and off while it runs."""

    __test__ = False  # not a test, whatever pytest thinks of the name
    store: Store

    def check_revocation_status(self, cert_label: Any, at_time: datetime, is_ac: bool = False) -> RevocationStatus | None:
        row = self.store.row("SELECT since FROM revocation WHERE credential = ?", str(cert_label))
        if row is None:
            return None
        since = datetime.fromtimestamp(int(row["since"]), tz=UTC)
        return RevocationStatus(revoked_since=since, reason=crl.CRLReason("key_compromise")) if since <= at_time else None

    def fresh_crl(self, issuer: str, at_time: datetime) -> crl.CertificateList:
        """The list as of this second (certomancer's own would know a revocation only at its next scheduled issue)."""
        info = self.service_registry.get_crl_repo_info(ServiceLabel(issuer))
        pair = self.key_set.get_asym_key(info.signing_key)
        builder = CRLBuilder(
            issuer_name=self.entities[EntityLabel(issuer)],
            issuer_key=pair.private,
            signature_algo=choose_signed_digest("sha256", pair.public),
            authority_key_identifier=self.get_cert(CertLabel(issuer)).key_identifier_value,
        )
        return builder.build_crl(
            crl_number=int(at_time.timestamp()),
            this_update=at_time,
            next_update=at_time + CRL_VALID,
            revoked_certs=list(self.get_revoked_certs_at_time(at_time, info)),
            distpoint=info.format_idp(self.entities),
        )

    def private_pem(self, label: str) -> bytes:
        """The private key of a label, PKCS#8 without a password."""
        return pem.armor("PRIVATE KEY", self.key_set.get_private_key(KeyLabel(label)).dump())

    def chain_der(self, label: str) -> list[bytes]:
        """The certificate and its issuers up to the root, DER."""
        return [self.get_cert(found).dump() for found in (CertLabel(label), *self.get_chain(CertLabel(label)))]


def _serial(address: str, label: str) -> int:
    """Positive, 63 bits, the same every time for the same addresses."""
    return int.from_bytes(hashlib.sha256(f"{address} {label}".encode()).digest()[:8], "big") >> 1 | 1 << 40


def _validity(born: datetime, years: int, after: int = 0) -> dict[str, str]:
    begins = born.replace(year=born.year + after)
    return {"valid-from": begins.isoformat(), "valid-to": begins.replace(year=begins.year + years).isoformat()}


def _configuration(config: Config, born: datetime) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any], dict[str, str]]:
    """Entities, certificates, services, and the kind of each key, in certomancer's words."""
    country = {"country-name": "VN", "organization-name": "Dữ liệu trình diễn - không có giá trị pháp lý"}
    entities: dict[str, Any] = {root: {**country, "common-name": name} for root, name in ROOTS.items()}
    certs: dict[str, Any] = {
        root: {
            "subject": root,
            "issuer": root,
            "serial": _serial(root, born.isoformat()),
            "validity": _validity(born, 20),
            # No addresses: nobody asks whether a root is revoked, and it stays the same when the addresses change.
            "profiles": ["simple-ca"],
            "extensions": [],
        }
        for root in ROOTS
    }
    services: dict[str, Any] = {"ocsp": {}, "crl-repo": {}, "cert-repo": {}, "time-stamping": {}}
    keys = dict.fromkeys(ROOTS, "RSA")

    def issue(
        label: str,
        issuer: str,
        years: int,
        kind: str,
        extensions: list[dict[str, Any]],
        profiles: list[Any] | None = None,
        after: int = 0,
    ) -> None:
        keys[label] = kind
        addresses = [
            {"id": "crl_distribution_points", "smart-value": {"schema": "crl-dist-url", "params": {"crl-repo-names": [issuer]}}},
            {
                "id": "authority_information_access",
                "smart-value": {
                    "schema": "aia-urls",
                    "params": {"ocsp-responder-names": [issuer], "ca-issuer-links": [{"repo": issuer}]},
                },
            },
        ]
        responder = bool(profiles) and "ocsp-responder" in (profiles or [])
        certs[label] = {
            "subject": label,
            "issuer": issuer,
            "serial": _serial(config.url, label),
            "validity": _validity(born, years, after),
            "profiles": profiles or [],
            "extensions": extensions + ([] if responder else addresses),
        }

    def serve(issuer: str) -> None:
        entities[f"ocsp-{issuer}"] = {**country, "common-name": f"OCSP {entities[issuer]['common-name']}"}
        services["ocsp"][issuer] = {"for-issuer": issuer, "responder-cert": f"ocsp-{issuer}", "issuer-cert": issuer}
        services["crl-repo"][issuer] = {
            "for-issuer": issuer,
            "signing-key": issuer,
            "issuer-cert": issuer,
            "simulated-update-schedule": "P1D",
        }
        services["cert-repo"][issuer] = {"for-issuer": issuer, "issuer-cert": issuer}
        issue(f"ocsp-{issuer}", issuer, 10, "EC", [], ["ocsp-responder"])

    for root, issuers in (("root", ISSUERS), ("public-root", PUBLIC_ISSUERS)):
        serve(root)
        for label, name in issuers.items():
            entities[label] = {**country, "common-name": name}
            issue(label, root, 15, "RSA", [], [{"id": "simple-ca", "params": {"max-path-len": 0}}])
            serve(label)

    stamping = [
        {"id": "key_usage", "critical": True, "smart-value": {"schema": "key-usage", "params": ["digital_signature"]}},
        {"id": "extended_key_usage", "critical": True, "value": ["time_stamping"]},
    ]
    # The second takes over in the last year of the first.
    for label, years, after in (("time", 10, 0), ("time-later", 6, 9)):
        entities[label] = {**country, "common-name": f"Dịch vụ cấp dấu thời gian thử nghiệm{' (kế tiếp)' if after else ''}"}
        issue(label, "stamps", years, "EC", stamping, after=after)
        services["time-stamping"][label] = {"signing-cert": label, "certs-to-embed": ["stamps"]}

    usage = {
        "id": "key_usage",
        "critical": True,
        "smart-value": {"schema": "key-usage", "params": ["digital_signature", "non_repudiation"]},
    }
    for credential in config.credentials.values():
        entities[credential.id] = _subject(config, credential)
        issue(credential.id, credential.issuer, 5, credential.key, [usage])

    # Payment institutions sign with keys of their own; the remote signing service knows credentials only, never these.
    for institution in config.institutions.values():
        entities[institution.label] = {
            "country-name": "VN",
            "organization-name": f"{institution.name} (mô phỏng)",
            "organization-identifier": institution.code,
            "common-name": f"{institution.name} (mô phỏng)",
        }
        issue(institution.label, "units", 5, "RSA", [usage])
    for label, name in (("jws-bank", f"{config.institutions[BANK].name} (mô phỏng)"), ("jws-portal", "Cổng Dịch vụ công (trình diễn)")):
        entities[label] = {**country, "common-name": f"{name} - ký thông điệp"}
        keys[label] = MESSAGE_KEYS[label]
        certs[label] = {
            "subject": label,
            "issuer": "units",
            "serial": _serial("messages", f"{label} {born.isoformat()}"),
            "validity": _validity(born, 5),
            "profiles": [],
            "extensions": [
                {"id": "key_usage", "critical": True, "smart-value": {"schema": "key-usage", "params": ["digital_signature"]}},
            ],
        }
    return entities, certs, services, keys


def _subject(config: Config, credential: Credential) -> dict[str, str]:
    """As Vietnamese authorities write it: the number of the citizen or of the unit stands in UID, after its kind and a colon."""
    subject = {"country-name": "VN", "user-id": credential.uid, "common-name": credential.name}
    if credential.person and credential.unit:
        subject["organization-name"] = config.unit_names.get(credential.unit, credential.unit)
    elif not credential.person:
        subject["organization-name"] = credential.name
    return subject


def load(config: Config, store: Store) -> TestAuthority:
    """The authority, made on the first call and read from the disk on every later one."""
    folder = config.state / "pki"
    with _alone(folder):
        return _load(config, store, folder)


def _load(config: Config, store: Store, folder: Path) -> TestAuthority:
    _import_plugin_modules([])
    born_file = folder / "born"
    if not born_file.exists():
        yesterday = datetime.now(tz=UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
        # A leap day has no anniversary; certificates count in years.
        write(born_file, (yesterday.replace(day=min(yesterday.day, 28))).isoformat().encode())
    born = datetime.fromisoformat(born_file.read_text())
    entities, certs, services, keys = _configuration(config, born)
    for label, kind in keys.items():
        _ensure_key(folder / "keys" / f"{label}.pem", kind)

    # The root and the certificates of messages are the same whatever the addresses are; all others carry addresses.
    issued = folder / ("certs-" + hashlib.sha256(config.url.encode()).hexdigest()[:12])
    files = {label: (folder / f"{label}.crt" if label in (*ROOTS, *MESSAGE_KEYS) else issued / f"{label}.crt") for label in certs}
    kept = {CertLabel(label): x509.Certificate.load(path.read_bytes()) for label, path in files.items() if path.exists()}
    key_sets = KeySets({ARCH: {"keys": {label: {"path": f"{label}.pem"} for label in keys}}}, search_dir=SearchDir(str(folder / "keys")))
    authority = TestAuthority(
        ArchLabel(ARCH), key_sets[ARCH], EntityRegistry(entities), certs, services, f"{config.url}/pki", cert_cache=kept
    )
    authority.store = store
    for label, path in files.items():
        if CertLabel(label) not in kept or not path.exists():
            write(path, authority.get_cert(CertLabel(label)).dump(), 0o644)
    for name, labels in (("test-root.pem", ["root", "people"]), ("public-root.pem", ["public-root", *PUBLIC_ISSUERS])):
        # A token shows its own certificate alone: its issuers stand beside the root.
        held = [pem.armor("CERTIFICATE", authority.get_cert(CertLabel(label)).dump()) for label in labels]
        write(config.demo / name, b"".join(held), 0o644)
    payments = config.demo / "payments"
    for label, name in (("jws-bank", f"{BANK}.pem"), ("jws-portal", "portal.pem")):
        write(payments / name, pem.armor("CERTIFICATE", authority.get_cert(CertLabel(label)).dump()), 0o644)
    write(payments / "portal.key.pem", (folder / "keys" / "jws-portal.pem").read_bytes())
    for credential in config.credentials.values():
        # PKCS#12 carries salts: written once, and again only when the certificate is another one.
        bundle = config.demo / f"{credential.uid.partition(':')[2]}{'.cong-dan' if credential.public else ''}.p12"
        stamp = issued / f"{credential.id}.p12-written"
        if credential.person and not (bundle.exists() and stamp.exists()):
            write(bundle, authority.package_pkcs12(CertLabel(credential.id), password=credential.pin.encode()))
            for other in folder.glob(f"certs-*/{credential.id}.p12-written"):
                other.unlink()
            write(stamp, b"")
    return authority


def main() -> None:
    """Make keys and certificates ahead of the first start."""
    config = Config()
    load(config, Store(config.state / "simulators.db"))
    print(config.demo / "test-root.pem")  # noqa: T201 - the answer of the command


if __name__ == "__main__":
    main()
