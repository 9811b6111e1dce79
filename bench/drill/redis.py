"""Redis on three machines, watched by three sentinels: who of them is the master may change, the address of all of them does not."""

from __future__ import annotations

import secrets
from pathlib import Path

import redis

from bench.drill.parts import Part, until
from portal.launcher import privileges
from portal.launcher.common import ROOT, free_port

SERVER = str(ROOT / ".venv" / "bin" / "redis-server")
MASTER = "portal"


class Watched:
    """Three servers, three sentinels."""

    def __init__(self, base: Path, count: int = 3) -> None:
        self.password = secrets.token_hex(12)
        self.ports, self.watchers = [free_port() for _ in range(count)], [free_port() for _ in range(count)]
        self.servers, self.sentinels = [], []
        env = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
        for n, port in enumerate(self.ports):
            folder = base / f"redis{n + 1}"
            privileges.own_folder(folder)
            text = f'port {port}\nbind 127.0.0.1\ndir {folder}\nappendonly yes\nsave ""\n'
            text += f"requirepass {self.password}\nmasterauth {self.password}\n"
            if n:
                text += f"replicaof 127.0.0.1 {self.ports[0]}\n"
            self.servers.append(self._part(folder, "redis.conf", text, [], env))
            folder = base / f"sentinel{n + 1}"
            privileges.own_folder(folder)
            text = (
                f"port {self.watchers[n]}\nbind 127.0.0.1\ndir {folder}\nrequirepass {self.password}\n"
                f"sentinel monitor {MASTER} 127.0.0.1 {self.ports[0]} 2\nsentinel auth-pass {MASTER} {self.password}\n"
                f"sentinel down-after-milliseconds {MASTER} 3000\n"
                f"sentinel failover-timeout {MASTER} 10000\nsentinel parallel-syncs {MASTER} 1\n"
            )
            self.sentinels.append(self._part(folder, "sentinel.conf", text, ["--sentinel"], env))

    @staticmethod
    def _part(folder: Path, name: str, text: str, more: list[str], env: dict[str, str]) -> Part:
        file = folder / name
        file.write_text(text, encoding="utf-8")
        file.chmod(0o600)
        privileges.give(file)
        return Part(folder.name, [SERVER, str(file), *more], folder=folder, env=env, as_server=True)

    @property
    def parts(self) -> list[Part]:
        """Every program of it."""
        return self.servers + self.sentinels

    @property
    def url(self) -> str:
        """As the portal's settings take it."""
        places = ",".join(f"127.0.0.1:{port}" for port in self.watchers)
        return f"redis+sentinel://:{self.password}@{places}/{MASTER}/0"

    def start(self) -> None:
        """All of them; returns when each sentinel knows the others and a master with its followers."""
        for part in self.servers:
            part.start()
        until(self.master, 20, "a master of Redis", of=self.servers[0])
        for part in self.sentinels:
            part.start()

        def known() -> bool:
            found = self._watcher(0)
            return (
                bool(found)
                and found.get("num-other-sentinels") == len(self.sentinels) - 1
                and found.get("num-slaves") == len(self.servers) - 1
            )

        until(known, 40, "the sentinels know each other", of=self.sentinels[0])

    def _watcher(self, n: int) -> dict[str, object]:
        try:
            with redis.Redis(port=self.watchers[n], password=self.password, socket_timeout=2) as client:
                return dict(client.sentinel_master(MASTER))
        except redis.RedisError:
            return {}

    def master(self) -> Part | None:
        """Who takes what is written."""
        for part, port in zip(self.servers, self.ports, strict=True):
            if not part.alive:
                continue
            try:
                with redis.Redis(port=port, password=self.password, socket_timeout=2) as client:
                    if client.info("replication")["role"] == "master":
                        return part
            except redis.RedisError:
                continue
        return None
