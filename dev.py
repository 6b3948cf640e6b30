#!/usr/bin/env python3
"""The commands of a checkout: `python3 dev.py` lists them. Needs nothing but Python itself."""

import contextlib
import hashlib
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent
ENVIRONMENT = ROOT / ".venv"
PROGRAMS = ENVIRONMENT / ("Scripts" if os.name == "nt" else "bin")
PYTHON = PROGRAMS / "python"
PEERS = ROOT / "tests" / "peers"
CI = os.environ.get("CI", "").lower() not in ("", "0", "false")
WORKERS = min(os.cpu_count() or 2, 4) + 1
"""Processes that run tests: one more than processors, because some tests mostly wait for something."""


def require_python(*needed: int) -> None:
    """Goes on with a newer Python of this machine when this one is too old; else says what to install."""
    if sys.version_info[:2] >= needed:
        return
    for minor in range(20, needed[1] - 1, -1):
        newer = shutil.which(f"python3.{minor}")
        if newer and subprocess.run([newer, "-c", ""], stderr=subprocess.DEVNULL, check=False).returncode == 0:
            os.execv(newer, [newer, *sys.argv])
    found = ".".join(str(part) for part in sys.version_info[:3])
    sys.exit(
        f"Python 3.11 or newer is needed, and this is {found}.\nOn Debian or Ubuntu: apt install python3.11 "
        "python3.11-venv. On a Mac: brew install python.\nThen start this again with python3.11 dev.py."
    )


require_python(3, 11)  # here, because an older one cannot read the lines that follow


# Without its compiled form beside it, every process the tests start would translate the whole portal once more.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


class Stop(Exception):
    """Something a person must do first; the message says what and how."""


# Commands: the docstring's first line is what the list shows.


def demo(arguments: list[str]) -> int:
    """start Passalong with sample content and practice people"""
    environment("run")
    return become([str(PROGRAMS / "portal"), "demo", *arguments])


def serve(arguments: list[str]) -> int:
    """the same, starting anew whenever a file changes"""
    environment("run")
    command = [str(PROGRAMS / "portal"), "demo", *arguments]
    while True:
        seen = sources()
        with subprocess.Popen(command) as portal:
            try:
                while sources() == seen:
                    time.sleep(0.5)
            except KeyboardInterrupt:
                return portal.wait()  # the terminal sent it to the portal as well
            say("Something changed: starting anew")
            portal.send_signal(signal.SIGINT)
        if "--quiet" not in command:
            command.append("--quiet")


def test(arguments: list[str]) -> int:
    """everything a change must pass; t=feed for one folder, db=sqlite for one database"""
    named, rest = split(arguments, "t", "db")
    environment("dev")
    steps: list[Step] = []
    away = missing_peers()
    for database in [named["db"]] if "db" in named else ["sqlite", "postgresql"]:
        first = not steps
        marks = [f"not {peer}" for peer in away] + ([] if first else ["not once"])
        command = [str(PYTHON), "-m", "pytest", "-q", "-n", str(WORKERS), "--database", database]
        command += ["-m", " and ".join(marks)] if marks else []
        steps.append((f"tests on {database}", [*command, str(Path("tests", named.get("t", ""))), *rest]))
    return run_all(steps, beside=[] if "t" in named else static_checks())


def check(arguments: list[str]) -> int:
    """the quick half: format, lint, types, import layers and the rules of the house"""
    environment("dev")
    house = [str(PYTHON), "-m", "pytest", "-q", "tests/house", "--ignore", "tests/house/test_packaging.py"]
    return run_all([*static_checks(), ("rules of the house", [*house, *arguments])])


def fix(arguments: list[str]) -> int:
    """format, and repair what a tool can repair"""
    environment("dev")
    ruff = str(PROGRAMS / "ruff")
    return run([ruff, "check", "--fix", *arguments]) | run([ruff, "format", *arguments])


def lock(arguments: list[str]) -> int:
    """resolve the dependencies anew into requirements/*.txt; --upgrade for the newest"""
    uv = shutil.which("uv") or shutil.which("uv", path=str(PROGRAMS))
    if uv is None:
        environment("dev")
        uv = str(PROGRAMS / "uv")
    # No index or host ends up in the files: whoever installs decides where packages come from.
    command = [
        uv,
        "pip",
        "compile",
        "--quiet",
        "--universal",
        "--python-version",
        "3.11",
        "--generate-hashes",
    ]
    command += ["--no-annotate", "--custom-compile-command", "make lock", *arguments]
    sources = ["pyproject.toml", "requirements/run.in"]
    say("requirements/run.txt")
    run_or_stop([*command, "-o", "requirements/run.txt", *sources])
    say("requirements/dev.txt")
    sources += ["requirements/dev.in", "--extra", "postgresql", "-c", "requirements/run.txt"]
    run_or_stop([*command, "-o", "requirements/dev.txt", *sources])
    npm = shutil.which("npm")
    if npm is None:
        say("tests/peers/package-lock.json is left as it is: npm is not installed")
        return 0
    say("tests/peers/package-lock.json")
    run_or_stop([npm, "install", "--package-lock-only", "--silent"], folder=PEERS)
    locked = json.loads((PEERS / "package-lock.json").read_text())
    for package in locked["packages"].values():
        package.pop("funding", None)  # addresses nobody here needs
        package.pop("resolved", None)
    (PEERS / "package-lock.json").write_text(json.dumps(locked, indent=2) + "\n")
    return 0


NEXT_MIGRATION = """
import sys
from alembic import command
from portal import migrations
url, number, message = sys.argv[1:]
migrations.upgrade(url)
command.revision(migrations.configuration(url), message, autogenerate=True, rev_id=number)
"""


def migration(arguments: list[str]) -> int:
    """the next numbered migration, from what changed in the tables; name=add_reminders"""
    named, _ = split(arguments, "name")
    if not re.fullmatch(r"[a-z][a-z0-9_]*", named.get("name", "")):
        raise Stop("Say what it does, in small letters and underscores: make migration name=add_reminders")
    environment("dev")
    versions = ROOT / "alembic" / "versions"
    numbers = [int(path.name[:4]) for path in versions.glob("[0-9][0-9][0-9][0-9]_*.py")]
    number = f"{max(numbers, default=0) + 1:04}"
    database = ENVIRONMENT / "migration.db"
    database.unlink(missing_ok=True)
    message = named["name"].replace("_", " ")
    run_or_stop([str(PYTHON), "-c", NEXT_MIGRATION, f"sqlite:///{database}", number, message])
    run([str(PROGRAMS / "ruff"), "format", "--quiet", str(versions)])
    database.unlink(missing_ok=True)
    say("Read what was written and put it into words of your own; `make check` compares it with the tables.")
    return 0


def bench(arguments: list[str]) -> int:
    """measure; name=redirect for one, --quick for under a minute each"""
    named, rest = split(arguments, "name")
    environment("dev")
    every = sorted(path.stem for path in (ROOT / "benchmarks").glob("[a-z]*.py"))
    chosen = [named["name"]] if "name" in named else [rest.pop(0)] if rest and rest[0] in every else every
    return run_all([(f"benchmark {name}", [str(PYTHON), "-m", f"benchmarks.{name}", *rest]) for name in chosen])


def screenshots(arguments: list[str]) -> int:
    """the pictures in README and docs, taken anew"""
    environment("dev")
    if "browser" in missing_peers():
        raise Stop("Pictures need a Chromium.")
    return run([str(PYTHON), "-m", "tests.browser.screenshots", *arguments])


def messages(arguments: list[str]) -> int:
    """collect the texts to translate into locale/"""
    environment("dev")
    return run([str(PYTHON), "-m", "portal.i18n", *arguments])


COMMANDS = {
    command.__name__: command
    for command in (demo, serve, test, check, fix, lock, migration, bench, screenshots, messages)
}


def main() -> int:
    os.chdir(ROOT)
    name, arguments = (sys.argv[1], sys.argv[2:]) if len(sys.argv) > 1 else ("", [])
    if name not in COMMANDS:
        print("make COMMAND, or python3 dev.py COMMAND:\n")
        for one in COMMANDS:
            print(f"  {one:12} {(COMMANDS[one].__doc__ or '').splitlines()[0]}")
        return 0 if name in ("", "help", "--help", "-h") else 2
    try:
        return COMMANDS[name](arguments)
    except Stop as stop:
        print(f"\n{stop}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130


# The environment


def environment(kind: str) -> None:
    """Makes or renews .venv from requirements/{kind}.txt, the portal in place; at once if nothing changed."""
    wanted = {one: fingerprint(one) for one in ("run", "dev")}
    have = read_stamps()
    vendored = (ROOT / "static" / "vendor" / "htmx.min.js").exists()
    current = have.get("dev") == wanted["dev"] or have.get(kind) == wanted[kind]
    if current and vendored and environment_works():
        return
    started = time.monotonic()
    uv = shutil.which("uv")
    if not environment_works():
        say(f"Making an environment in .venv with Python {sys.version.split()[0]}")
        make_environment(uv)
    stamps().unlink(missing_ok=True)
    requirements = f"requirements/{kind}.txt"
    total = sum("==" in line for line in (ROOT / requirements).read_text().splitlines())
    say(f"Installing {total} locked packages from {requirements}")
    installer = [uv, "pip", "install", "--python", str(PYTHON)] if uv else pip_install()
    quiet = ["--quiet"] if uv else ["--disable-pip-version-check"]
    install([*installer, *quiet, "--no-deps", "--require-hashes", "-r", requirements], total)
    say("Installing the portal in place")
    install([*installer, *quiet, "--no-deps", "--no-build-isolation", "--editable", "."], 1)
    run_or_stop([str(PYTHON), "hatch_build.py"])
    have = {kind: wanted[kind]}
    stamps().write_text(json.dumps(have))
    say(f"Ready in {time.monotonic() - started:.0f} s")


def fingerprint(kind: str) -> str:
    content = hashlib.sha256()
    for name in (f"requirements/{kind}.txt", "pyproject.toml", "hatch_build.py"):
        content.update((ROOT / name).read_bytes())
    return content.hexdigest()


def stamps() -> Path:
    return ENVIRONMENT / "installed.json"


def read_stamps() -> dict[str, str]:
    with contextlib.suppress(OSError, ValueError):
        read: dict[str, str] = json.loads(stamps().read_text())
        return read
    return {}


def environment_works() -> bool:
    if not PYTHON.exists():
        return False
    asked = [str(PYTHON), "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0


def make_environment(uv: str | None) -> None:
    shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    if uv:
        run_or_stop([uv, "venv", "--quiet", "--python", sys.executable, str(ENVIRONMENT)])
        return
    if find_spec("venv") is None or find_spec("ensurepip") is None:
        package = f"python3.{sys.version_info[1]}-venv"
        if not (CI and can_apt()):
            raise Stop(
                "Python's venv module is missing here. On Debian or Ubuntu: sudo apt install python3-venv "
                f"(or {package}); then start this again."
            )
        apt_install("python3-venv")
    run_or_stop([sys.executable, "-m", "venv", str(ENVIRONMENT)])


def pip_install() -> list[str]:
    probe = subprocess.run([str(PYTHON), "-m", "pip", "--version"], capture_output=True, check=False)
    if probe.returncode != 0:  # an environment that uv made has no pip
        run_or_stop([str(PYTHON), "-m", "ensurepip", "--default-pip"])
    return [str(PYTHON), "-m", "pip", "install"]


def install(command: list[str], total: int) -> None:
    """Runs pip or uv and shows how far it is; what it said only when it fails."""
    said: list[str] = []
    begun = 0
    terminal = sys.stdout.isatty()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            said.append(line)
            name = re.match(r"(?:Collecting|Processing) (?:\S*/)?([\w.-]+)", line)
            if line.startswith("Installing collected packages") and total > 1:
                print("\r" * terminal + f"    unpacking {total} packages{'':20}", flush=True)
            elif name:
                begun += 1
                if terminal:
                    print(f"\r    {begun:3} of {total}  {name[1]:40}", end="", flush=True)
                elif begun % 10 == 0:
                    print(f"    {begun} of {total}", flush=True)
    if terminal and begun and total == 1:
        print()
    if process.returncode != 0:
        raise Stop(
            "".join(said[-30:]) + "\nThe packages could not be installed: the lines above say why. "
            "Without a network, see `pip help install` on --index-url for a mirror; then start this again."
        )


# Peers of the tests: a browser, and what Node runs, such as a real OpenID provider


def missing_peers() -> list[str]:
    """Marks of the tests that cannot run here, after installing what can be installed; Stop in CI."""
    away = {}
    if not has_browser() and not (install_browser() and has_browser()):
        away["browser"] = "no Chromium (sudo apt install chromium, or name one in CHROMIUM)"
    if not has_node() and can_apt():
        apt_install("nodejs", "npm")
    if not has_node():
        away["node"] = "no Node 18 or newer with npm (sudo apt install nodejs npm)"
    elif not peers_installed():
        away["node"] = "npm could not install the peers of the tests (see above)"
    if sys.platform != "linux" or platform.machine() != "x86_64":
        away["old_engine"] = "its old Chromium was built for Linux on x86-64 only"
    for peer, reason in away.items():
        if CI:
            raise Stop(f"The {peer} tests cannot run: {reason}.")
        say(f"Skipping the {peer} tests: {reason}")
    return list(away)


def has_browser() -> bool:
    return subprocess.run([str(PYTHON), "-m", "tests.chromium"], capture_output=True, check=False).returncode == 0


def install_browser() -> bool:
    if not can_apt():
        return False
    if "ubuntu" in system():  # where the package is a snap, which a container cannot run
        say("Installing Chromium")
        return run([str(PYTHON), "-m", "playwright", "install", "--with-deps", "chromium"]) == 0
    apt_install("chromium", "fonts-liberation")
    return True


def has_node() -> bool:
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return False
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    major = re.match(r"v(\d+)\.", version)
    return major is not None and int(major[1]) >= 18


def peers_installed() -> bool:
    locked = hashlib.sha256((PEERS / "package-lock.json").read_bytes()).hexdigest()
    stamp = PEERS / "node_modules" / ".installed"
    if stamp.is_file() and stamp.read_text() == locked:
        return True
    say("Installing the peers of the tests that come from npm")
    if run([shutil.which("npm") or "npm", "ci", "--silent"], folder=PEERS) != 0:
        return False
    stamp.write_text(locked)
    return True


def can_apt() -> bool:
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    return is_root and shutil.which("apt-get") is not None and bool({"debian", "ubuntu"} & system())


def system() -> set[str]:
    """What kind of Linux this is, and what that is like: {"ubuntu", "debian"}."""
    with contextlib.suppress(OSError):
        named = re.findall(r'^(?:ID|ID_LIKE)="?([^"\n]*)', Path("/etc/os-release").read_text(), re.MULTILINE)
        return set(" ".join(named).split())
    return set()


def apt_install(*packages: str) -> None:
    say(f"Installing {', '.join(packages)} with apt-get")
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    run(["apt-get", "update", "-qq"], more=quiet)
    command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
    if run(command, more=quiet) != 0:
        say(f"apt-get could not install {', '.join(packages)}")


# Steps


Step = tuple[str, list[str]]
"""What is done, and the command that does it."""


def static_checks() -> list[Step]:
    return [
        ("format", [str(PROGRAMS / "ruff"), "format", "--check", "--quiet", "."]),
        ("lint", [str(PROGRAMS / "ruff"), "check", "--quiet", "."]),
        ("types", [str(PROGRAMS / "mypy")]),
        ("import layers", [str(PROGRAMS / "lint-imports")]),
    ]


def run_all(steps: list[Step], *, beside: Sequence[Step] = ()) -> int:
    """Every step, also after one that failed: one run shows all there is to repair.

    Those `beside` run at the same time, one after the other, and what they say comes at the end.
    """
    with ThreadPoolExecutor(1) as pool:
        others = [(name, pool.submit(quietly, command)) for name, command in beside]
        try:
            failed = run_each(steps)
        except KeyboardInterrupt:
            pool.shutdown(cancel_futures=True)
            raise
        for name, other in others:
            status, said, seconds = other.result()
            print(said, end="")
            say(f"{name}: {'FAILED' if status else 'passed'} in {seconds:.1f} s")
            if status:
                failed.append(name)
    say(f"Failed: {', '.join(failed)}" if failed else "All passed")
    return 1 if failed else 0


def quietly(command: list[str]) -> tuple[int, str, float]:
    """The command's status, all it said, and the seconds it took."""
    started = time.monotonic()
    done = subprocess.run(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    return done.returncode, done.stdout, time.monotonic() - started


def run_each(steps: list[Step]) -> list[str]:
    """The names of those that failed."""
    failed = []
    for name, command in steps:
        say(name)
        started = time.monotonic()
        status = run(command)
        second_pass = "not once" in " ".join(command)
        if status == 5 and second_pass:  # pytest's "no tests": all of this folder ran in the first pass
            status = 0
        say(f"{name}: {'FAILED' if status else 'passed'} in {time.monotonic() - started:.1f} s")
        if status:
            failed.append(name)
    return failed


def split(arguments: list[str], *names: str) -> tuple[dict[str, str], list[str]]:
    """The arguments written as name=value, and the rest."""
    pairs = [argument.partition("=") for argument in arguments]
    named = {name: value for name, _, value in pairs if name in names and value}
    return named, [argument for argument in arguments if argument.partition("=")[0] not in names]


def sources() -> dict[Path, int]:
    """When each file a running portal reads was last written."""
    folders = ("portal", "templates", "static", "locale")
    files = (path for folder in folders for path in (ROOT / folder).rglob("*.*") if path.suffix != ".pyc")
    found = {}
    for path in files:
        with contextlib.suppress(OSError):  # an editor's temporary file may be gone already
            found[path] = path.stat().st_mtime_ns
    return found


def say(line: str) -> None:
    print(f"==> {line}", flush=True)


def run(command: list[str], *, folder: Path = ROOT, more: dict[str, str] | None = None) -> int:
    return subprocess.run(command, cwd=folder, env={**os.environ, **(more or {})}, check=False).returncode


def run_or_stop(command: list[str], *, folder: Path = ROOT, more: dict[str, str] | None = None) -> None:
    if run(command, folder=folder, more=more) != 0:
        raise Stop(f"This did not work; the lines above say why: {' '.join(command)}")


def become(command: list[str]) -> int:
    """Hands the terminal and its signals over, so that Ctrl-C reaches the portal itself and nobody else."""
    sys.stdout.flush()
    if os.name != "nt":
        os.execv(command[0], command)
    return run(command)


if __name__ == "__main__":
    sys.exit(main())
