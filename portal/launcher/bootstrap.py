"""First step on a machine with Python and nothing of ours: system packages, ``.venv``, locked dependencies, then the command.

    python3 -I portal/launcher/bootstrap.py [--test|--bench] -- module arguments …

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
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent.parent
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
STAMP = VENV / "requirements.lock.sha256"
OLDEST = (3, 11)
VENV_BYTES = 1500 * 1024 * 1024
"""What ``.venv`` needs while it is made: 700 MB installed, and the packages as they were downloaded."""

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
}
"""Debian packages whose programs the tests start."""
BENCH_PROGRAMS = {"wrk": ("wrk",), "nginx-light": TEST_PROGRAMS["nginx-light"]}
"""The same for the benchmarks."""


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


def missing_packages(for_tests: bool, for_bench: bool = False) -> list[str]:
    """Debian packages whose contents this machine lacks, however it got them."""
    missing = [package for package, library in LIBRARIES.items() if not _loads(library)]
    if not (VENV / "bin" / "python").exists() and importlib.util.find_spec("ensurepip") is None:
        missing.append(f"python{sys.version_info.major}.{sys.version_info.minor}-venv")
    programs = {**(TEST_PROGRAMS if for_tests else {}), **(BENCH_PROGRAMS if for_bench else {})}
    missing += [package for package, names in programs.items() if not any(shutil.which(name) for name in names)]
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


def _fingerprint() -> str:
    return f"{hashlib.sha256(LOCK.read_bytes()).hexdigest()} {sys.version_info.major}.{sys.version_info.minor}"


def _venv_works() -> bool:
    check = f"import sys; sys.exit(sys.version_info[:2] != {sys.version_info[:2]!r})"
    return subprocess.run([VENV / "bin" / "python", "-I", "-c", check], capture_output=True).returncode == 0


def make_venv() -> None:
    """``.venv`` with exactly the locked packages, when the lock file or the Python has changed since."""
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
    STAMP.write_text(_fingerprint())


def main(arguments: list[str]) -> None:
    """Prepare, then become the command."""
    if sys.version_info < OLDEST:
        stop(f"Python 3.11 or newer is needed and this is {sys.version.split()[0]}: install it, or use `make PYTHON=/path/to/python3`.")
    os.umask(0o022)
    for_tests = arguments[:1] == ["--test"]
    command = arguments[arguments.index("--") + 1 :] if "--" in arguments else []
    if missing := missing_packages(for_tests, arguments[:1] == ["--bench"]):
        install_packages(missing)
    try:
        if not STAMP.exists() or STAMP.read_text() != _fingerprint():
            # Two starts in one checkout: the second waits and finds it done.
            folder = os.open(ROOT, os.O_RDONLY)
            fcntl.flock(folder, fcntl.LOCK_EX)
            if not STAMP.exists() or STAMP.read_text() != _fingerprint():
                make_venv()
            os.close(folder)
    except PermissionError:
        stop(f"The checkout {ROOT} belongs to another user: start as that user, or clone it into a folder of your own.")
    if command:
        os.chdir(ROOT)
        python = str(VENV / "bin" / "python")
        os.execv(python, [python, "-m", *command])


if __name__ == "__main__":
    main(sys.argv[1:])
