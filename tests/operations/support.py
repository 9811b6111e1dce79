"""What tests of the watch share: a certificate, a small syslog server, a small OTLP receiver, each a process or thread of its own."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

SYSLOG = Path(__file__).with_name("syslog_server.py")


def self_signed(folder: Path, *, ends: dt.datetime) -> tuple[Path, Path]:
    """Files of a certificate of ``localhost`` and of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(ends - dt.timedelta(days=365))
        .not_valid_after(ends)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "tls.crt", folder / "tls.key"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    paths[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    return paths


class SyslogServer:
    """A receiver in a process of its own that writes what it took into a file; ``deaf``: it closes before it has read."""

    def __init__(self, folder: Path, way: str, *, port: int = 0, deaf: bool = False, tls: tuple[Path, Path] | None = None) -> None:
        self.took = folder / f"took-{way}.bin"
        asked = [sys.executable, str(SYSLOG), way, str(port), str(self.took), "deaf" if deaf else "hears", *map(str, tls or ())]
        self.process = subprocess.Popen(asked, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())

    def messages(self) -> list[str]:
        """What was taken, in order."""
        return self.took.read_bytes().decode().split("\0")[:-1] if self.took.exists() else []

    def stop(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait()
