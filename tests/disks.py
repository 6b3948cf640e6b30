"""Disks of a few kilobytes under a server, to be filled while it runs; what a full disk does cannot be pretended.

Linux gives a process mounts of its own, which nobody else sees and which go with it: root needs nothing more, anybody
else becomes the root of a namespace. Where both are forbidden, as in some containers, the system's limit on the size
of files takes the disk's place. It stops the server's journal in the same way, in the middle of a line; but it holds
for every file the server writes, so it cannot stand for the disk of a database that the server writes itself.
"""

import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

from tests.process import PortalProcess

MOUNT = """
set -e
while [ "$1" != -- ]; do mount -t tmpfs -o "size=$2,mode=700" disk "$1"; shift 2; done
shift
exec "$@"
"""
HALF_A_LINE = 80
"""Bytes."""


class Disk:
    """A folder that is a disk of its own for the processes started `within` it."""

    def __init__(self, folder: Path, *, kilobytes: int) -> None:
        folder.mkdir()
        self.folder, self.kilobytes = folder, kilobytes

    def seen(self, portal: PortalProcess) -> Path:
        """The folder as `portal` sees it."""
        assert portal.process is not None
        return Path(f"/proc/{portal.process.pid}/root{self.folder}") if are_real() else self.folder

    @contextmanager
    def full(self, portal: PortalProcess) -> Iterator[None]:
        """No room for another page while the block lasts. A started page of a file can still be filled."""
        assert portal.process is not None
        if not are_real():
            limits = resource.prlimit(portal.process.pid, resource.RLIMIT_FSIZE)
            resource.prlimit(portal.process.pid, resource.RLIMIT_FSIZE, (HALF_A_LINE, limits[1]))
            yield
            resource.prlimit(portal.process.pid, resource.RLIMIT_FSIZE, limits)
            return
        ballast = self.seen(portal) / "ballast"
        try:
            with suppress(OSError), ballast.open("wb", buffering=0) as file:
                while file.write(bytes(4096)):
                    pass
            yield
        finally:
            ballast.unlink()


def within(*disks: Disk) -> list[str]:
    """What goes before the command of a process that is to have these disks."""
    if not are_real():
        return []
    named = [text for disk in disks for text in (str(disk.folder), f"{disk.kilobytes}k")]
    return _mounting(*named)


@cache
def are_real() -> bool:
    """Whether this machine lets us mount; otherwise a limit on the size of files takes the place of disks."""
    try:
        tried = subprocess.run([*_mounting("/tmp", "64k"), "true"], capture_output=True)
    except FileNotFoundError:
        return False
    return tried.returncode == 0


def _mounting(*named: str) -> list[str]:
    # Root stays itself, so that what belongs to other users (the tests' PostgreSQL) is within its reach.
    as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
    return ["unshare", "--mount", *as_root, "sh", "-c", MOUNT, "disks", *named, "--"]
