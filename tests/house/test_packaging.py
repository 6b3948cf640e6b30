"""What we hand out holds everything it needs: built, installed elsewhere, and run from a third folder."""

import os
import re
import signal
import socket
import subprocess
import sys
import sysconfig
import tarfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

import pytest

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60
STOP_SECONDS = 20
FOLDERS = ("templates", "static", "campaigns", "alembic", "locale")
direct = build_opener(ProxyHandler({}))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one wheel and one sdist, made as for a release."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-t", "wheel", "-d", folder, inside=ROOT)
    return folder


@pytest.fixture(scope="module")
def installed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment of its own with the wheel in it; the locked dependencies are borrowed from ours."""
    environment = tmp_path_factory.mktemp("elsewhere") / "env"
    run(sys.executable, "-m", "venv", "--without-pip", environment, inside=built)
    python = environment / "bin" / "python"
    (wheel,) = built.glob("*.whl")
    offline = ("--quiet", "--offline", "--no-index", "--no-deps")
    run(sys.executable, "-m", "uv", "pip", "install", *offline, "--python", python, wheel, inside=built)
    (site,) = environment.glob("lib/python*/site-packages")
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return environment


@pytest.fixture
def demo(installed: Path, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """`portal demo`, running in an empty folder, and its address."""
    (tmp_path / "here").mkdir()
    port = free_port()
    settings = {"PORTAL_PORT": str(port), "PORTAL_DATA_DIR": str(tmp_path / "data")}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PORTAL_", "PYTHON"))}
    with (
        (tmp_path / "log").open("wb") as log,
        subprocess.Popen(
            [installed / "bin" / "portal", "demo"],
            cwd=tmp_path / "here",
            env={**inherited, **settings},
            stdout=log,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        address = f"http://127.0.0.1:{port}"
        try:
            wait_until_alive(process, address, tmp_path / "log")
            yield process, address
        finally:
            process.kill()


def test_the_wheel_holds_all_that_a_running_portal_reads(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    packed = {name.removeprefix("portal/_data/") for name in names if name.startswith("portal/_data/")}
    assert sorted(kept_files() - packed) == []
    assert {f"static/vendor/{name}" for name in vendored()} <= packed
    assert [name for name in names if name.split("/")[0] not in ("portal", wheel_info(wheel))] == []


def test_the_sdist_holds_all_that_a_build_reads(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        packed = {name.partition("/")[2] for name in archive.getnames()}
    assert sorted(kept_files() - packed) == []
    assert {f"static/vendor/{name}" for name in vendored()} <= packed
    assert {"pyproject.toml", "hatch_build.py", "LICENSE", "README.md", "requirements/run.txt"} <= packed


def test_the_installed_portal_does_not_need_the_checkout(installed: Path, tmp_path: Path) -> None:
    asked = "import portal.paths; print(portal.paths.data('templates'))"
    found = Path(run(installed / "bin" / "python", "-c", asked, inside=tmp_path).strip())
    assert found.is_relative_to(installed)
    assert (found / "layout.html").is_file()


def test_the_demo_runs_from_any_folder_and_stops_cleanly(
    demo: tuple[subprocess.Popen[bytes], str], tmp_path: Path
) -> None:
    process, address = demo
    page = read(address + "/")  # nobody is signed in: the way in
    assert 'action="/practice-sign-in"' in page
    sheets = re.findall(r'<link[^>]* href="(/static/[^"]+\.css[^"]*)"', page)
    assert sheets
    assert [sheet for sheet in sheets if not read(address + sheet)] == []
    process.send_signal(signal.SIGINT)
    assert (process.wait(timeout=STOP_SECONDS), list((tmp_path / "here").iterdir())) == (0, [])


def kept_files() -> set[str]:
    """What git keeps, or would keep, of the folders that travel with the package."""
    listed = run("git", "ls-files", "--cached", "--others", "--exclude-standard", *FOLDERS, inside=ROOT)
    return {name for name in listed.splitlines() if (ROOT / name).is_file()}


def vendored() -> set[str]:
    return {path.name for path in (ROOT / "static" / "vendor").iterdir()}


def wheel_info(wheel: Path) -> str:
    return "-".join(wheel.name.split("-")[:2]) + ".dist-info"


def wait_until_alive(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            direct.open(address + "/healthz", timeout=5).close()
            return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"The demo did not start:\n{log.read_text(errors='replace')[-4000:]}")


def read(url: str) -> str:
    with direct.open(url, timeout=10) as answer:
        return str(answer.read().decode())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def run(*command: str | Path, inside: Path) -> str:
    done = subprocess.run([str(part) for part in command], cwd=inside, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
