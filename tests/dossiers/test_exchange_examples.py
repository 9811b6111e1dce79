"""The examples of docs/partners.md are run as they stand there (X-03)."""

from __future__ import annotations

import os
import re
import subprocess
import threading
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIServer, make_server

import pytest

from dossiers.models import NationalDossier, NationalStep
from portal.wsgi import application
from tests.exchange.support import make_partner

ROOT = Path(__file__).resolve().parent.parent.parent


class Server(ThreadingMixIn, WSGIServer):
    """One thread a request."""

    daemon_threads = True


@pytest.mark.requirement("X-03", "C-18", "X-07")
@pytest.mark.usefixtures("committed_db")
def test_the_examples_for_engineers_run(tmp_path: Path) -> None:
    password = make_partner()
    examples = re.findall(r"```sh\n(.*?)```", (ROOT / "docs" / "partners.md").read_text(encoding="utf-8"), re.S)
    with make_server("127.0.0.1", 0, application, server_class=Server) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        env = {**os.environ, "PORTAL": f"http://127.0.0.1:{server.server_port}", "NAME": "H26", "PASSWORD": password, "no_proxy": "*"}
        done = subprocess.run(
            ["bash", "-eu", "-c", "\necho\n".join(examples)], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60, check=True
        )  # fmt: skip
        server.shutdown()
    assert '"counts": {"new": 1, "refused": 1, "taken": 1}' in done.stdout
    assert done.stdout.count('"error_code": 0') >= 3 and '"TrangThaiHoSo": "2"' in done.stdout, done.stdout
    assert NationalDossier.objects.count() == NationalStep.objects.count() == 2
