"""A copy that moves to another port keeps its root and keys; its certificates name the new address."""

from __future__ import annotations

from pathlib import Path

from asn1crypto import x509
from certomancer.registry import CertLabel

from portal.simulators import pki
from portal.simulators.config import Config
from portal.simulators.store import Store


def test_other_address_other_certificates_same_root_and_keys(tmp_path: Path) -> None:
    def made(url: str) -> tuple[x509.Certificate, x509.Certificate]:
        config = Config({"VAR": str(tmp_path), "SIMULATORS_URL": url})
        authority = pki.load(config, Store(config.state / "simulators.db"))
        return authority.get_cert(CertLabel("root")), authority.get_cert(CertLabel("seal-H26.101"))

    root, seal = made("http://localhost:8001")
    messages = (tmp_path / "demo" / "payments" / "970418.pem").read_bytes()
    moved_root, moved_seal = made("http://localhost:9001/")
    assert moved_root.dump() == root.dump()
    assert (tmp_path / "demo" / "payments" / "970418.pem").read_bytes() == messages
    assert moved_seal.ocsp_urls == ["http://localhost:9001/pki/test/ocsp/units"]
    assert moved_seal.public_key.dump() == seal.public_key.dump()
    assert moved_seal.serial_number != seal.serial_number
    assert made("http://localhost:8001")[1].dump() == seal.dump()
