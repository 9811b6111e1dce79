"""The hand-over package of a release (Scheme III.3i): source, images, bill of materials, data dictionary, checksums, signature."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from portal.operations import dictionary

IMAGES = ("Dockerfile", ".dockerignore", "docker-compose.yml", "requirements.lock", "portal/operations/deploy")
"""The recipe of the images, beside the source in which it stands too."""
SUMS, SIGNATURE = "SHA256SUMS", "SHA256SUMS.sig"
_LOCKED = re.compile(r"^(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==(?P<version>[^ ;\\]+)(?: *; *(?P<marker>[^\\]+?))?\s*\\?$")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


class ReleaseRefused(Exception):
    """No package is made; the text says why."""


def _git(root: Path, *asked: str) -> str:
    return subprocess.run(["git", *asked], cwd=root, capture_output=True, text=True, check=True).stdout.strip()


def bill_of_materials(lock: str, *, name: str, version: str, at: datetime) -> str:
    """What stands in ``requirements.lock``, with all hashes, as CycloneDX 1.6 (JSON). Licences are those of the installed packages."""
    from cyclonedx.model import HashAlgorithm, HashType, Property
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.output.json import JsonV1Dot6
    from packageurl import PackageURL

    bom = Bom(serial_number=uuid5(NAMESPACE_URL, f"urn:portal:{name}:{version}"))
    bom.metadata.timestamp = at
    bom.metadata.component = Component(name=name, version=version, type=ComponentType.APPLICATION, bom_ref="portal")
    component: Component | None = None
    for line in lock.splitlines():
        if found := _LOCKED.match(line):
            package = PackageURL("pypi", name=found["name"].lower(), version=found["version"])
            component = Component(
                name=found["name"], version=found["version"], type=ComponentType.LIBRARY, purl=package, bom_ref=str(package)
            )
            if found["marker"]:
                component.properties.add(Property(name="portal:only", value=found["marker"].strip()))
            bom.components.add(component)
        elif component is not None:
            for digest in _HASH.findall(line):
                component.hashes.add(HashType(alg=HashAlgorithm.SHA_256, content=digest))
    bom.register_dependency(bom.metadata.component, list(bom.components))
    return JsonV1Dot6(bom).output_as_string(indent=1)


def make(root: Path, to: Path, *, key: Path | None = None, allow_changes: bool = False) -> Path:
    """Make the package of what is committed; its folder. :class:`ReleaseRefused` where files are changed and not committed.

    The same commit gives the same archive. ``key``: PEM file of an Ed25519 private key that signs the checksums.
    """
    if not allow_changes and _git(root, "status", "--porcelain", "--untracked-files=no"):
        raise ReleaseRefused("files are changed and not committed")
    commit = _git(root, "rev-parse", "HEAD")
    at = datetime.fromtimestamp(int(_git(root, "show", "-s", "--format=%ct", "HEAD")), UTC)
    version = f"{at:%Y.%m.%d}-{commit[:12]}"
    folder = to / f"portal-{version}"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "images").mkdir(parents=True)
    archive = folder / f"portal-{version}.tar.gz"
    with archive.open("wb") as file:
        asked = ["git", "-c", "tar.tar.gz.command=gzip -n", "archive", "--format=tar.gz", f"--prefix=portal-{version}/", commit]
        subprocess.run(asked, cwd=root, stdout=file, check=True)
    for name in IMAGES:
        where = folder / "images" / name
        where.parent.mkdir(parents=True, exist_ok=True)
        if (root / name).is_dir():
            shutil.copytree(root / name, where, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(root / name, where)
    bom = bill_of_materials((root / "requirements.lock").read_text(), name="portal", version=version, at=at)
    (folder / "sbom.cdx.json").write_text(bom)
    (folder / "data-dictionary.csv").write_text(dictionary.as_csv(), encoding="utf-8")
    (folder / "release.json").write_text(
        json.dumps({"version": version, "commit": commit, "committed_at": at.isoformat()}, indent=1) + "\n"
    )
    names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    sums = "".join(f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in names)
    (folder / SUMS).write_text(sums)
    if key is not None:
        private = load_pem_private_key(key.read_bytes(), password=None)
        if not isinstance(private, Ed25519PrivateKey):
            raise ReleaseRefused("the key is no Ed25519 key")
        (folder / SIGNATURE).write_bytes(private.sign(sums.encode()))
    return folder
