"""`make drill`: what is acknowledged stays, whatever is lost. Prints what was done, what was acknowledged, what is there, seconds out."""

from __future__ import annotations

import argparse
import datetime as dt
import os
import shutil
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import psycopg
from urllib3.exceptions import InsecureRequestWarning

from bench.drill.backup import Backup
from bench.drill.database import Secrets, Site
from bench.drill.load import Load
from bench.drill.machines import Machines, next_release
from bench.drill.parts import NotInTimeError, Part, until
from bench.drill.redis import Watched
from bench.pages import write
from portal.launcher import processes

PEOPLE = 3_000
TAKE_OVER_SECONDS = 30
BEGUN = """
import json
from uuid import uuid4
from portal.crypto import services
who = uuid4()
services.encrypt(who, b"x", context="drill")
print(json.dumps(str(who)))
"""
"""A subject that has a key."""
ERASE = """
import json
from portal.access import SYSTEM
from portal.crypto.services import shred
shred("%s", SYSTEM)
print(json.dumps(True))
"""
IS_ERASED = 'import json; from portal.crypto.services import is_destroyed; print(json.dumps(is_destroyed("%s")))'


class Drill:
    """All of it, step by step; a step that fails is told and the next one goes on."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.parts: list[Part] = []
        self.rows = ["| what was lost | seconds without an answer | acknowledged | there | lost |", "|---|---|---|---|---|"]
        self.faults: list[str] = []
        self.passwords = Secrets()
        self.site = Site(base, "a", self.passwords, nodes=3, members=3)
        self.redis = Watched(base)
        self.began = time.monotonic()

    def say(self, text: str) -> None:
        """One line, at once."""
        print(f"{time.monotonic() - self.began:6.0f} s  {text}", flush=True)

    def note(self, what: str, silence: float | None, acknowledged: dict[str, str], kept: dict[str, str], *, may_lose: bool = False) -> None:
        """A row of the report; what must not be lost and is becomes a fault."""
        lost = sorted(code for code, sha256 in acknowledged.items() if kept.get(code) != sha256)
        seconds = f"{silence:.1f}" if silence is not None else ""
        self.rows.append(f"| {what} | {seconds} | {len(acknowledged)} | {len(acknowledged) - len(lost)} | {len(lost)} |")
        self.say(self.rows[-1])
        if lost and not may_lose:
            self.faults.append(f"{what}: {len(lost)} acknowledged filings are not there, e.g. {lost[0]}")
        if silence is not None and silence > TAKE_OVER_SECONDS:
            self.faults.append(f"{what}: nobody was answered for {silence:.0f} s")

    def start(self) -> None:
        """Databases, Redis, the portal's machines, the backup, people."""
        self.parts += self.site.parts + self.redis.parts
        self.site.start()
        self.site.begin()
        self.redis.start()
        self.say("three databases, three Redis")
        self.site.hurry(True)
        self.machines = Machines(self.base, self.site.url(), self.redis.url)
        self.parts += self.machines.parts
        self.machines.start()
        self.load = Load(self.machines, PEOPLE)
        self.site.hurry(False)
        self.say("the portal answers")
        self.backup = Backup(self.base, self.site)
        self.parts += self.backup.parts
        self.backup.begin()
        self.say("the backup streams and has its first copy")
        self.load.start()
        until(lambda: self.load.settled(0), 120, "the first filings")

    def acknowledged(self) -> dict[str, str]:
        """So far."""
        return {code: sha256 for code, (sha256, _moment) in self.load.acknowledged.items()}

    def lose(self, what: str, part: Part | None, back: Callable[[], object] | None = None) -> None:
        """Take one program away under load, wait until filings go on, look what is there; start it again."""
        if part is None:
            raise NotInTimeError(f"{what}: there is none")
        before, since = len(self.load.acknowledged), time.monotonic()
        self.say(f"{what}: {part.name} is killed")
        part.lose()
        until(lambda: self.load.settled(before, 6) and time.monotonic() - since > 12, 150, f"filings after {what}")
        silence = self.load.silence(since)
        part.start()
        if back:
            until(back, 120, f"{part.name} is back", of=part)
        known = self.acknowledged()
        self.note(what, silence, known, self.load.kept())

    def disk(self) -> None:
        """The disk of the files is full: refused in a sentence, everything else goes on; then room again."""
        before, since = len(self.load.acknowledged), time.monotonic()
        # A ballast would have to fill this machine's disk: the floor is lifted above what is free instead, which is the same to the portal.
        free = shutil.disk_usage(self.base).free
        for web in self.machines.webs:
            web.stop()
            web.env["FILES_SPARE_BYTES"] = str(free * 2)
            web.start()
        until(self.machines.answers, 60, "the portal answers with a full disk", of=self.machines.webs[0])
        time.sleep(8)
        stopped = len(self.load.acknowledged) - before
        for web in self.machines.webs:
            web.stop()
            del web.env["FILES_SPARE_BYTES"]
            web.start()
        until(self.machines.answers, 60, "the portal answers again", of=self.machines.webs[0])
        again = len(self.load.acknowledged)
        until(lambda: self.load.settled(again), 120, "filings after the disk")
        self.say(f"full disk: {stopped} filings went on that had their papers, {time.monotonic() - since:.0f} s in all")
        # Who was refused a file was told so and gave up for good: those are no faults of the portal.
        self.load.wrong = [one for one in self.load.wrong if "507" not in one and "ổ đĩa" not in one]
        self.note("room on the disk", None, self.acknowledged(), self.load.kept())

    def release(self) -> None:
        """The next release, which changes the database, machine by machine under load; then it is taken back the same way."""
        before, since = len(self.load.acknowledged), time.monotonic()
        tree = next_release(self.base)
        told = self.machines.manage("check_rolling", root=tree).stdout.strip().splitlines()
        self.say("; ".join(told))
        self.machines.manage("migrate", "-v0", root=tree)
        ours = [list(web.command) for web in self.machines.webs]
        for web, command in zip(self.machines.webs, ours, strict=True):
            self.machines.renew(web, ["sh", "-c", f'cd "{tree}" && exec "$@"', "sh", *command])
        until(lambda: self.load.settled(before, 4), 120, "filings with the next release")
        between = len(self.load.acknowledged)
        for web, command in zip(self.machines.webs, ours, strict=True):
            self.machines.renew(web, command)
        until(lambda: self.load.settled(between, 4), 120, "filings after the release was taken back")
        known = self.acknowledged()
        self.note("each web machine in turn, for a release and its taking back", self.load.silence(since), known, self.load.kept())

    def key_ring(self) -> None:
        """The keys are gone: nothing is acknowledged that nobody could read again, and their second copy reads everything."""
        second_copy = {name: self.machines.env[name] for name in ("FIELD_KEYS", "BLIND_INDEX_KEY")}
        for web in self.machines.webs:
            web.stop()
            for name in second_copy:
                web.env[name] = ""
            web.start()
        time.sleep(3)
        before = len(self.load.acknowledged)
        time.sleep(12)
        if len(self.load.acknowledged) > before:
            self.faults.append("filings were acknowledged without the keys")
        since, before = time.monotonic(), len(self.load.acknowledged)
        for web in self.machines.webs:
            web.stop()
            web.env |= second_copy
            web.start()
        until(self.machines.answers, 60, "the portal answers with the second copy of its keys", of=self.machines.webs[0])
        silence = time.monotonic() - since
        until(lambda: self.load.settled(before), 120, "filings with the second copy of the keys")
        self.note("the key ring, its second copy taken", silence, self.acknowledged(), self.load.kept())

    def restore(self) -> None:
        """A moment of a minute ago comes back; erasures, numbers and the outbox know what they must."""
        subject = self.machines.shell(BEGUN)
        time.sleep(2)
        moment = dt.datetime.now(dt.UTC)
        then = {code: sha256 for code, (sha256, when) in self.load.acknowledged.items() if when < moment.timestamp()}
        before = len(self.load.acknowledged)
        until(lambda: self.load.settled(before, 4), 120, "filings after the moment")
        self.machines.shell(ERASE % subject)
        self.load.stop()
        began = time.monotonic()
        restored = self.backup.restore(moment)
        self.parts.append(restored)

        def up() -> bool:
            try:
                with psycopg.connect(self.backup.url, connect_timeout=3) as connection:
                    row = connection.execute("SELECT NOT pg_is_in_recovery()").fetchone()
                    return bool(row and row[0])
            except psycopg.OperationalError:
                return False

        until(up, 180, "the restored database", of=restored)
        seconds = time.monotonic() - began
        again = Machines(self.base, self.backup.url, self.redis.url, var=self.machines.var, name="restored-")
        if again.shell(IS_ERASED % subject):
            self.faults.append("the restored database knows an erasure of later")
        said = again.manage("after_restore", f"--to={moment.isoformat()}").stdout
        self.say(said.strip().replace("\n", "; "))
        if not again.shell(IS_ERASED % subject):
            self.faults.append("what was erased since is readable again")
        kept = self.load.kept(again)
        later = [code for code, (_sha256, when) in self.load.acknowledged.items() if when > moment.timestamp() + 5 and code in kept]
        if later:
            self.faults.append(f"the restored database has {len(later)} filings of later")
        self.note(f"everything since {moment:%H:%M:%S}, brought back in {seconds:.0f} s", None, then, kept)
        restored.stop()
        self.load.start()

    def second_site(self) -> None:
        """The second site follows; the first burns down; the second is opened by one command and has the same keys and files."""
        site = Site(self.base, "b", self.passwords, nodes=1, members=1, follows=self.site)
        self.parts += site.parts
        site.start()
        self.say("the second site follows")
        before = len(self.load.acknowledged)
        until(lambda: self.load.settled(before, 4), 120, "filings while the second site follows")
        for part in [*self.site.parts, *self.machines.webs, *self.machines.workers, self.machines.beat, self.machines.proxy]:
            part.lose()
        self.load.stop()
        known, since = self.acknowledged(), time.monotonic()
        site.open()
        # Keys and files: their second copies (docs/operations.md says where these are kept).
        keys = self.base / "second-copy"
        shutil.copytree(self.machines.var, keys, ignore=shutil.ignore_patterns("run", "*.sock"))
        other = Machines(self.base, site.url(), self.redis.url, var=keys, name="b-")
        self.parts += other.parts
        other.start(prepare=False)
        silence = time.monotonic() - since
        kept = self.load.kept(other)
        self.rows.append("")
        self.note(
            "the whole first site (followed asynchronously), opened elsewhere with the second copy of keys and files",
            None,
            known,
            kept,
            may_lose=True,
        )
        self.say(f"the second site answered {silence:.0f} s after the command")
        self.rows[-1] = self.rows[-1].replace("|  |", f"| {silence:.0f} |", 1)
        self.rows.pop(-2)

    def run(self) -> None:
        """Every step; raises only where there is nothing to go on with."""
        self.start()
        steps = [
            ("database", lambda: self.lose("the leading database", self._primary(), self.site.whole)),
            ("store", lambda: self.lose("the leader of the store", self.site.etcd.leader(), lambda: self.site.etcd.leader() is not None)),
            ("redis", lambda: self.lose("the master of Redis", self.redis.master())),
            ("web", lambda: self.lose("a web machine", self.machines.webs[0])),
            ("disk", self.disk),
            ("release", self.release),
            ("key ring", self.key_ring),
            ("restore", self.restore),
            ("second site", self.second_site),
        ]
        for name, step in steps:
            try:
                step()
            except (NotInTimeError, RuntimeError, OSError, psycopg.Error) as error:
                self.faults.append(f"{name}: {error}")
                self.say(f"{name}: {error}")
        self.load.stop()
        self.faults += [f"a parent was told something wrong: {one}" for one in self.load.wrong[:5]]

    def _primary(self) -> Part | None:
        leader = self.site.leading()
        return leader.part if leader else None

    def end(self) -> None:
        """Take everything away."""
        for part in self.parts:
            part.lose()


def main() -> int:
    """Prepare, drill, report; 1 where something was lost that must not be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--keep", action="store_true", help="leave the folder with all logs")
    options = parser.parse_args()
    warnings.simplefilter("ignore", InsecureRequestWarning)
    processes.become_subreaper()
    folder = Path(tempfile.mkdtemp(prefix="portal-drill-"))
    folder.chmod(0o755)
    drill = Drill(folder)
    try:
        drill.run()
    finally:
        drill.end()
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
    print("\n".join(drill.rows))
    for fault in drill.faults:
        print(f"FAULT  {fault}")
    if options.write and not drill.faults:
        day = dt.datetime.now(dt.UTC).date().isoformat()
        write("drill", f"Measured {day}, all machines on the loopback of one with {os.cpu_count()} cores.\n\n" + "\n".join(drill.rows))
    return bool(drill.faults)


if __name__ == "__main__":
    sys.exit(main())
