"""What the forge does with a test that fails now and then: run again alone, twice, and name it; anything else stays failed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

AGAIN = Path(settings.BASE_DIR) / ".ci" / "again.py"
PASSES_FROM = """
import pathlib
def test_flaky():
    counter = pathlib.Path(__file__).with_suffix(".count")
    count = int(counter.read_text()) if counter.exists() else 0
    counter.write_text(str(count + 1))
    assert count >= {first}
"""


def whole_run_and_again(folder: Path, **files: str) -> tuple[int, str]:
    """A whole run of these test files, then what the forge's script makes of it: its exit status and what it printed."""
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    # Without this project's own configuration and plug-ins: this is about pytest alone.
    pytest_alone = [sys.executable, "-m", "pytest", "-c", "/dev/null", "--rootdir", str(folder), "-p", "no:django"]
    log = folder / "test.log"
    run = {"cwd": folder, "capture_output": True, "text": True, "check": False}
    whole = subprocess.run([*pytest_alone, "-o", "cache_dir=.cache", "."], **run)  # type: ignore[call-overload]
    log.write_text(whole.stdout)
    shell = f'{" ".join(pytest_alone)} -p no:cacheprovider "$TESTS"'
    command = [sys.executable, str(AGAIN), "--log", str(log), "--failed", ".cache/v/cache/lastfailed", "--status", str(whole.returncode)]
    again = subprocess.run([*command, "--", "sh", "-c", shell], **run)  # type: ignore[call-overload]
    return again.returncode, again.stdout + again.stderr


def test_what_passes_twice_alone_passes_and_is_named(tmp_path: Path) -> None:
    status, said = whole_run_and_again(tmp_path, test_a=PASSES_FROM.format(first=1), test_b="def test_good(): pass")
    assert status == 0, said
    assert said.rstrip().endswith("test_a.py::test_flaky")
    assert said.count("1 passed") == 2


@pytest.mark.parametrize("first", [2, 99])
def test_what_fails_again_alone_stays_failed(tmp_path: Path, first: int) -> None:
    status, said = whole_run_and_again(tmp_path, test_a=PASSES_FROM.format(first=first), test_b="def test_good(): pass")
    assert status == 1
    assert "Failed again" in said
    assert "Flaky" not in said


def test_many_failures_are_no_bad_luck(tmp_path: Path) -> None:
    many = "import pytest\n@pytest.mark.parametrize('n', range(21))\ndef test_many(n): assert n < 0"
    status, said = whole_run_and_again(tmp_path, test_a=many)
    assert status == 1
    assert "too many" in said


def test_a_crash_or_an_empty_run_stays_what_it_was(tmp_path: Path) -> None:
    status, said = whole_run_and_again(tmp_path, test_a="import os\ndef test_crash(): os._exit(3)")
    assert status == 3
    assert "Alone" not in said
    status, said = whole_run_and_again(tmp_path, test_a="")
    assert status == 5
    assert "Alone" not in said
