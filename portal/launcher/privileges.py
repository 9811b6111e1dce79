"""PostgreSQL refuses to run as root: under root it and Redis run as an unprivileged user of ours.

Nothing but the servers' own folders changes its owner, and no folder changes its mode. Where that user could not reach them
(a checkout below a 0700 folder such as /root), the server is started with the one capability that lets it pass through.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Iterable
from pathlib import Path

from portal.launcher.common import LauncherError

USER = "dvcqg"
_DAC_OVERRIDE, _DAC_READ_SEARCH = 1, 2


def _service_account(folder: Path) -> pwd.struct_passwd:
    """The owner of ``folder`` when it exists and is not root's, else our own system user, created when missing."""
    if folder.exists() and (owner := folder.stat().st_uid) != 0:
        try:
            return pwd.getpwuid(owner)
        except KeyError:
            return pwd.struct_passwd((str(owner), "x", owner, folder.stat().st_gid, "", "/", "/bin/false"))
    # PostgreSQL and Redis come up side by side: of two `useradd` at once one loses its user, and its folder then belongs to nobody.
    with Path("/etc/passwd").open(encoding="utf-8") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        return _own_user()


def _own_user() -> pwd.struct_passwd:
    """Our system user, created when missing. One at a time."""
    try:
        return pwd.getpwnam(USER)
    except KeyError:
        pass
    commands = [
        ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", USER],
        ["adduser", "-S", "-D", "-H", USER],
    ]
    for command in commands:
        if shutil.which(command[0]):
            subprocess.run(command, check=False, capture_output=True, stdin=subprocess.DEVNULL)
            break
    try:
        return pwd.getpwnam(USER)
    except KeyError:
        raise LauncherError(
            f"PostgreSQL does not run as root and the user `{USER}` could not be created: create it with `{' '.join(commands[0])}`."
        ) from None


def _may(account: pwd.struct_passwd, path: Path, bit: int) -> bool:
    """Whether the file's mode gives the account this right (1 = pass or execute, 4 = read). Access lists are not looked at."""
    facts = path.stat()
    if facts.st_uid == account.pw_uid:
        shift = 6
    elif facts.st_gid == account.pw_gid:
        shift = 3
    else:
        shift = 0
    return bool(stat.S_IMODE(facts.st_mode) >> shift & bit)


def _bounding_set() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("CapBnd:"):
            return int(line.split()[1], 16)
    return 0


def _capability(account: pwd.struct_passwd, places: Iterable[Path], programs: Iterable[Path]) -> str | None:
    """The smallest capability with which the account reaches the places and starts the programs; None when it needs none."""
    programs = list(programs)
    reachable = all(_may(account, parent, 1) for place in [*places, *programs] for parent in place.resolve().parents)
    startable = all(_may(account, program, 1) for program in programs)
    if reachable and startable:
        return None
    if startable and _bounding_set() >> _DAC_READ_SEARCH & 1:
        return "dac_read_search"
    # A container without the smaller right, or a .venv that was made under umask 077.
    if _bounding_set() >> _DAC_OVERRIDE & 1:
        return "dac_override"
    raise LauncherError(
        f"The user `{account.pw_name}` cannot reach the database's folders: move the checkout to a folder that others may enter, e.g. /srv."
    )


def own_folder(folder: Path) -> None:
    """Create a server's folder, for its user alone."""
    if os.geteuid() != 0:
        folder.mkdir(mode=0o700, exist_ok=True)
        return
    account = _service_account(folder)
    if not folder.exists():
        folder.mkdir(mode=0o700)
        os.chown(folder, account.pw_uid, account.pw_gid)


def give(path: Path) -> None:
    """Hand a file that was written into a server's folder to that server's user."""
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.chown(path, owner.st_uid, owner.st_gid)


def as_server(command: list[str], folder: Path) -> list[str]:
    """The command that runs ``command`` as the user who owns ``folder``; unchanged for an ordinary user."""
    if os.geteuid() != 0:
        return command
    account = _service_account(folder)
    capability = _capability(account, [folder / "x"], [Path(command[0])])
    if not shutil.which("setpriv"):
        raise LauncherError("The program setpriv is missing: install it with `apt-get install util-linux`, or start as an ordinary user.")
    prefix = ["setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups", "--no-new-privs", "--inh-caps=-all"]
    if capability:
        prefix[-1] += f",+{capability}"
        # Without the bit access(2), with which initdb looks for its programs, would ignore the capability.
        prefix += [f"--ambient-caps=+{capability}", "--securebits=+no_setuid_fixup"]
    return [*prefix, *command]
