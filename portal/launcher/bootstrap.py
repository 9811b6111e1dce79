"""First step on a machine with Python and nothing of ours: system packages, ``.venv``, locked dependencies, for tests the HTML checker
and a second implementation of a protocol, then the command.

    python3 -I portal/launcher/bootstrap.py [--test|--bench|--drill] -- module arguments …

Uses the standard library alone. Afterwards it becomes ``.venv/bin/python -m module arguments …``; without a module it only prepares.
"""

import ctypes
import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent.parent
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
STAMP = VENV / "requirements.lock.sha256"
OLDEST = (3, 11)
VENV_BYTES = 2000 * 1024 * 1024
"""What ``.venv`` needs while it is made: 1.1 GB installed, and the packages as they were downloaded."""

LIBRARIES = {
    "libpango-1.0-0": "libpango-1.0.so.0",
    "libpangoft2-1.0-0": "libpangoft2-1.0.so.0",
    "libharfbuzz-subset0": "libharfbuzz-subset.so.0",
}
"""Debian packages whose libraries WeasyPrint loads."""
TEST_PROGRAMS = {
    "chromium": ("chromium", "chromium-browser", "google-chrome"),
    "poppler-utils": ("pdfsig",),
    "libnss3-tools": ("certutil",),
    "nginx-light": ("nginx", "/usr/sbin/nginx"),
    "docker-compose": ("docker-compose", "/usr/libexec/docker/cli-plugins/docker-compose"),
    "default-jre-headless": ("java",),
    "npm": ("npm",),
    "nodejs": ("node",),
    "apache2-bin": ("apache2", "/usr/sbin/apache2"),
    "jq": ("jq",),
    "prometheus": ("promtool",),
    "tesseract-ocr": ("tesseract",),
}
"""Debian packages whose programs the tests, or this file for them, start."""
VIETNAMESE = Path("/usr/share/tesseract-ocr/5/tessdata/vie.traineddata")
TEST_FILES = {"libapache2-mod-auth-openidc": Path("/usr/lib/apache2/modules/mod_auth_openidc.so"), "tesseract-ocr-vie": VIETNAMESE}
"""Debian packages of which the tests need a file that is no program."""
WISHED = ("tesseract-ocr", "tesseract-ocr-vie")
"""Debian packages without which the portal works, and says on its pages what it does not do then: old papers are not read by a machine."""
ASKED = VENV / "wished.packages"
"""Kept once they were asked for: who has no network, or no right, is not asked at every start."""
BENCH_PROGRAMS = {"wrk": ("wrk",), "nginx-light": TEST_PROGRAMS["nginx-light"]}
"""The same for the benchmarks."""
DRILL_PROGRAMS = {"etcd-server": ("etcd",), "nginx-light": TEST_PROGRAMS["nginx-light"]}
"""The same for the drill."""
DRILL = VENV / "drill"
DRILL_LOCK = ROOT / "bench" / "drill" / "requirements.lock"
DRILL_STAMP = DRILL / "requirements.lock.sha256"
"""Patroni and Barman: operators' tools, in an environment of their own, so that nothing of theirs is in the portal's."""
CHECKER = VENV / "vnu.jar"
CHECKER_PACKAGE = "vnu-jar@26.9.27"
CHECKER_MEMBER = "package/build/dist/vnu.jar"
CHECKER_SHA256 = "22f15dd39a33bed929d2a5c0cddf5946849a647eca9272bf4d5d00bc7e7a4d47"
"""The Nu HTML checker: where it is kept, the npm package it comes in, where it lies there, and the only contents that are used."""

PEERS = VENV / "npm"
PEER_PACKAGES = {
    "vnpay@2.5.0": "d087aea041f13247771256d6c626e0aa20c23038969cb42b032431cc3a9d725d",
    "openid-client@6.9.0": "a335ba47297b5f5de826d462a39115e9840a8b63811c7e70d6159a156fcf8903",
    "oauth4webapi@3.8.8": "bac088aecc7cc80e2469b08592c8eb01b9ae6d4a749d89a6016aa54bb1533690",
    "jose@6.2.18": "74f10b4021f84c0f926bcdd9fac19baf37bb6e555692fd8a106abade3ba39204",
    "dayjs@1.11.13": "be0396c0f91583421b68f9a034227fb552eb87d93e59add775d533a65f70e47e",
}
"""What others wrote for the same protocols, with what it needs: the tests let it sign for us and check what we sign. npm packages as they
are packed, each with the SHA-256 of the only file that is used."""


def stop(sentence: str) -> NoReturn:
    """One plain sentence, then the end."""
    print(sentence, file=sys.stderr)
    sys.exit(1)


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def missing_packages(for_tests: bool, for_bench: bool = False, for_drill: bool = False) -> list[str]:
    """Debian packages whose contents this machine lacks, however it got them."""
    missing = [package for package, library in LIBRARIES.items() if not _loads(library)]
    if not (VENV / "bin" / "python").exists() and importlib.util.find_spec("ensurepip") is None:
        missing.append(f"python{sys.version_info.major}.{sys.version_info.minor}-venv")
    programs = {**(TEST_PROGRAMS if for_tests else {}), **(BENCH_PROGRAMS if for_bench else {}), **(DRILL_PROGRAMS if for_drill else {})}
    missing += [package for package, names in programs.items() if not any(shutil.which(name) for name in names)]
    missing += [package for package, file in TEST_FILES.items() if for_tests and not file.exists()]
    return missing


def install_packages(packages: list[str]) -> None:
    """By apt-get as root or with sudo that asks for no password; else one sentence names the command."""
    install = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    advice = f"These system packages are missing: install them with `sudo apt-get update && sudo {' '.join(install)}` and start again."
    if not shutil.which("apt-get"):
        stop(f"These system packages (Debian's names) are missing: install them with this system's package manager: {' '.join(packages)}.")
    prefix: list[str] = []
    if os.geteuid() != 0:
        prefix = ["sudo", "-n"]
        if not shutil.which("sudo") or subprocess.run(["sudo", "-n", "true"], capture_output=True, stdin=subprocess.DEVNULL).returncode:
            stop(advice)
    print(f"Installing system packages: {', '.join(packages)} …", file=sys.stderr, flush=True)
    for command in (["apt-get", "update"], install):
        done = subprocess.run(
            [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        if done.returncode and command is install:
            sys.stderr.buffer.write(done.stdout[-2000:])
            stop(advice)


def offer_packages() -> None:
    """Install what is wished for, if that needs no question; else one sentence, once."""
    if shutil.which("tesseract") or ASKED.exists() or not shutil.which("apt-get"):
        return
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    install = ["apt-get", "install", "-y", "--no-install-recommends", *WISHED]
    print(f"Installing system packages: {', '.join(WISHED)} (the portal works without them) …", file=sys.stderr, flush=True)
    done = None
    try:
        for command in (["apt-get", "update"], install):
            done = subprocess.run(
                [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", *command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
    except OSError:  # no sudo
        pass
    if done is None or done.returncode:
        print(f"Not installed: scans of old papers are not read. To have them read: `sudo {' '.join(install)}`.", file=sys.stderr)
    ASKED.write_text(" ".join(WISHED))


def _fingerprint() -> str:
    return f"{hashlib.sha256(LOCK.read_bytes()).hexdigest()} {sys.version_info.major}.{sys.version_info.minor}"


def _venv_works() -> bool:
    check = f"import sys; sys.exit(sys.version_info[:2] != {sys.version_info[:2]!r})"
    return subprocess.run([VENV / "bin" / "python", "-I", "-c", check], capture_output=True).returncode == 0


def make_venv() -> None:
    """``.venv`` with exactly the locked packages, when the lock file or the Python has changed since."""
    # Of the file that pip is about to read: one that changes meanwhile is not what was installed.
    fingerprint = _fingerprint()
    if shutil.disk_usage(ROOT).free < VENV_BYTES:
        stop(f"The disk is full at {ROOT}: {VENV_BYTES // 2**20} MB must be free for Python's packages, make room and start again.")
    try:
        works = _venv_works()
    except OSError:
        works = False
    if not works:
        print("Making .venv …", file=sys.stderr, flush=True)
        if subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], stdout=sys.stderr).returncode:
            stop(f"`{sys.executable} -m venv .venv` failed: its message stands above.")
    print("Installing Python's packages, about a minute the first time …", file=sys.stderr, flush=True)
    pip = [str(VENV / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    # Only ready-made packages: neither a compiler nor Python's headers are needed.
    pip += ["--only-binary=:all:", "--no-deps", "--require-hashes", "-r", str(LOCK)]
    if subprocess.run(pip, stdin=subprocess.DEVNULL, stdout=sys.stderr).returncode:
        stop("Python's packages could not be installed: pip's message stands above; check the network and start again.")
    STAMP.write_text(fingerprint)


def make_drill() -> None:
    """``.venv/drill`` with exactly its locked packages; two of them are published as sources only, of Python alone."""
    fingerprint = hashlib.sha256(DRILL_LOCK.read_bytes()).hexdigest()
    if DRILL_STAMP.exists() and DRILL_STAMP.read_text() == fingerprint:
        return
    print("Installing Patroni and Barman …", file=sys.stderr, flush=True)
    if subprocess.run([VENV / "bin" / "python", "-m", "venv", "--clear", DRILL], stdout=sys.stderr).returncode:
        stop("`python -m venv .venv/drill` failed: its message stands above.")
    pip = [str(DRILL / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    pip += ["--only-binary=:all:", "--no-binary=python-etcd,ydiff", "--no-deps", "--require-hashes", "-r", str(DRILL_LOCK)]
    if subprocess.run(pip, stdin=subprocess.DEVNULL, stdout=sys.stderr).returncode:
        stop("The drill's packages could not be installed: pip's message stands above; check the network and start again.")
    DRILL_STAMP.write_text(fingerprint)


def _checker_kept() -> bool:
    return CHECKER.exists() and hashlib.sha256(CHECKER.read_bytes()).hexdigest() == CHECKER_SHA256


def fetch_checker() -> None:
    """The Nu HTML checker, by the name of its package; what is not exactly the pinned file is not kept."""
    print("Fetching the HTML checker …", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory() as folder:
        # The package is only unpacked: nothing in it is run, and no folder of node's comes into being.
        npm = ["npm", "pack", CHECKER_PACKAGE, "--ignore-scripts", "--loglevel=error"]
        if subprocess.run(npm, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL).returncode:
            stop(f"`npm pack {CHECKER_PACKAGE}` (the HTML checker) failed: npm's message stands above; check the network and start again.")
        content = b""
        for packed in Path(folder).glob("*.tgz"):
            with tarfile.open(packed) as package:
                files = (package.extractfile(member) for member in package if member.name == CHECKER_MEMBER)
                content = b"".join(file.read() for file in files if file)
    if hashlib.sha256(content).hexdigest() != CHECKER_SHA256:
        stop(
            f"The HTML checker in {CHECKER_PACKAGE} is not the file whose SHA-256 is pinned here, so it is not used: see where npm got it."
        )
    # Whole or not at all, whenever somebody stops us.
    fresh = CHECKER.with_suffix(".new")
    fresh.write_bytes(content)
    fresh.replace(CHECKER)


def peer_file(package: str) -> Path:
    """Where a packed npm package is kept."""
    return PEERS / f"{package.replace('@', '-')}.tgz"


def _peer_kept(package: str) -> bool:
    kept = peer_file(package)
    return kept.exists() and hashlib.sha256(kept.read_bytes()).hexdigest() == PEER_PACKAGES[package]


def _peers_kept() -> bool:
    return all(_peer_kept(package) for package in PEER_PACKAGES)


def fetch_peers() -> None:
    """The packed packages, by their names; what is not exactly the pinned file is not kept. Nothing in them is run here."""
    print("Fetching what others wrote for the same protocols …", file=sys.stderr, flush=True)
    PEERS.mkdir(exist_ok=True)
    for package in PEER_PACKAGES:
        if _peer_kept(package):
            continue
        with tempfile.TemporaryDirectory() as folder:
            npm = ["npm", "pack", package, "--ignore-scripts", "--loglevel=error"]
            if subprocess.run(npm, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL).returncode:
                stop(f"`npm pack {package}` failed: npm's message stands above; check the network and start again.")
            content = b"".join(packed.read_bytes() for packed in Path(folder).glob("*.tgz"))
        if hashlib.sha256(content).hexdigest() != PEER_PACKAGES[package]:
            stop(f"{package} is not the file whose SHA-256 is pinned here, so it is not used: see where npm got it.")
        fresh = peer_file(package).with_suffix(".new")
        fresh.write_bytes(content)
        fresh.replace(peer_file(package))


def _ready(for_tests: bool) -> bool:
    return STAMP.exists() and STAMP.read_text() == _fingerprint() and (not for_tests or (_checker_kept() and _peers_kept()))


def main(arguments: list[str]) -> None:
    """Prepare, then become the command."""
    if sys.version_info < OLDEST:
        stop(f"Python 3.11 or newer is needed and this is {sys.version.split()[0]}: install it, or use `make PYTHON=/path/to/python3`.")
    os.umask(0o022)
    for_tests, for_drill = arguments[:1] == ["--test"], arguments[:1] == ["--drill"]
    command = arguments[arguments.index("--") + 1 :] if "--" in arguments else []
    if missing := missing_packages(for_tests, arguments[:1] == ["--bench"], for_drill):
        install_packages(missing)
    try:
        if not _ready(for_tests):
            # Two starts in one checkout: the second waits and finds it done.
            folder = os.open(ROOT, os.O_RDONLY)
            fcntl.flock(folder, fcntl.LOCK_EX)
            if not _ready(for_tests=False):
                make_venv()
            if for_tests and not _checker_kept():
                fetch_checker()
            if for_tests and not _peers_kept():
                fetch_peers()
            os.close(folder)
        if for_drill:
            make_drill()
        if not arguments[:1] or arguments[0] == "--":
            offer_packages()
    except PermissionError:
        stop(f"The checkout {ROOT} belongs to another user: start as that user, or clone it into a folder of your own.")
    if command:
        os.chdir(ROOT)
        python = str(VENV / "bin" / "python")
        os.execv(python, [python, "-m", *command])


if __name__ == "__main__":
    main(sys.argv[1:])
