"""Barman: every change of the database streamed aside as it happens, a base copy, and any moment since brought back."""

from __future__ import annotations

import datetime as dt
import subprocess
from pathlib import Path

from bench.drill.database import PROGRAMS, TOOLS, Site, small_environment
from bench.drill.parts import Part, until
from portal.launcher import privileges
from portal.launcher.common import ROOT, free_port

TEMPLATE = ROOT / "portal" / "operations" / "deploy" / "barman.conf"


class Backup:
    """The backup's machine."""

    def __init__(self, base: Path, site: Site) -> None:
        self.folder, self.site = base / "barman", site
        privileges.own_folder(self.folder)
        text = TEMPLATE.read_text(encoding="utf-8")
        for name, value in {
            "FOLDER": str(self.folder), "PROGRAMS": str(PROGRAMS), "PASSWORD": site.secrets.barman, "PORT": str(site.port),
            "HOSTS": ",".join(node.host for node in site.nodes), "USER": self.owner(),
        }.items():  # fmt: skip
            text = text.replace(f"@{name}@", value)
        self.config = self.folder / "barman.conf"
        self.config.write_text(text, encoding="utf-8")
        self.config.chmod(0o600)
        privileges.give(self.config)
        self.stream = Part(
            "barman-stream", self._command("receive-wal", "portal"), folder=self.folder, env=small_environment(self.folder), as_server=True
        )
        self._restored: Part | None = None

    def owner(self) -> str:
        """Whose the folder is: Barman insists on its user."""
        return self.folder.owner()

    def _command(self, *arguments: str) -> list[str]:
        return [str(TOOLS / "python"), str(TOOLS / "barman"), "-c", str(self.config), *arguments]

    def ask(self, *arguments: str, check: bool = True) -> str:
        """One command of Barman's; what it says."""
        done = subprocess.run(
            privileges.as_server(self._command(*arguments), self.folder), cwd=self.folder, env=small_environment(self.folder),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=600,
        )  # fmt: skip
        if check and done.returncode:
            raise RuntimeError(f"barman {arguments[0]}: {done.stdout[-3000:]}")
        return done.stdout

    def begin(self) -> None:
        """Stream from now on, and take the first base copy."""
        self.stream.start()
        until(lambda: "streaming" in self.ask("replication-status", "portal", check=False), 60, "the backup's stream runs", of=self.stream)
        self.ask("switch-wal", "--force", "--archive", "--archive-timeout", "60", "portal", check=False)
        self.ask("backup", "--wait", "portal")

    def restore(self, moment: dt.datetime) -> Part:
        """The database as it was then, running at an address of its own (:attr:`port`)."""
        self.ask("switch-wal", "--force", "--archive", "--archive-timeout", "60", "portal", check=False)
        self.ask("archive-wal", "portal", check=False)
        to = self.folder / "restored"
        said = moment.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M:%S.%f+00")
        self.ask("recover", "--target-time", said, "--target-action", "promote", "portal", "latest", str(to))
        self.port = free_port()
        settings = {
            "listen_addresses": "127.0.0.1", "port": self.port, "unix_socket_directories": "", "synchronous_standby_names": "",
            "hba_file": str(self.folder / "hba.conf"),
            "archive_mode": "off", "primary_conninfo": "", "primary_slot_name": "",
        }  # fmt: skip
        hba = self.folder / "hba.conf"
        hba.write_text("host all all 127.0.0.0/8 scram-sha-256\n", encoding="utf-8")
        privileges.give(hba)
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self._restored = Part(
            "restored",
            [str(PROGRAMS / "postgres"), "-D", str(to), *options],
            folder=self.folder,
            env=small_environment(self.folder),
            as_server=True,
        )  # fmt: skip
        self._restored.start()
        return self._restored

    @property
    def url(self) -> str:
        """Address of what was brought back."""
        return f"postgres://portal:{self.site.secrets.portal}@127.0.0.1:{self.port}/portal?target_session_attrs=read-write"

    @property
    def parts(self) -> list[Part]:
        """Every program of it."""
        return [self.stream] + ([self._restored] if self._restored else [])
