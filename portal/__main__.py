"""The `portal` command."""

import os
import socket
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import click
import structlog

from portal import __version__, app, clock, demo, logs, migrations, processes, server, settings
from portal.campaigns import kits
from portal.database import Database
from portal.jobs import Runner
from portal.links import rebuild, supervision
from portal.people import adding, imports
from portal.search import index
from portal.settings import Settings


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Passalong: share what your organisation does, in your own words."""
    index.follow()


@main.command()
@click.option("--workers", type=int, help="How many processes answer requests, instead of PORTAL_WORKERS.")
def serve(workers: int | None) -> None:
    """Serve the portal, and do its background work."""
    chosen = _settings() if workers is None else _settings(workers=workers)
    logs.set_up(chosen.log_format)
    for warning in settings.worth_a_warning(chosen):
        structlog.get_logger().warning(warning)
    database = Database(chosen.database_url)
    problem = migrations.difference(database)
    database.dispose()
    if problem:
        _give_up(problem)
    with _alone_with(chosen), supervision.beside(chosen):
        status = _serve(chosen, _port(chosen))
    sys.exit(status)


@main.command(name="demo")
@click.option("--quiet", is_flag=True, help="No list of practice people.")
def demo_command(quiet: bool) -> None:
    """Serve a practice portal with the sample organisation."""
    data_dir = Path(os.environ.get("PORTAL_DATA_DIR", "var"))
    port = os.environ.get("PORTAL_PORT", "8000")
    defaults: dict[str, Any] = {"practice_sign_in": True, "data_dir": data_dir}
    if "PORTAL_SECRET" not in os.environ:
        defaults["secret"] = demo.secret_of(data_dir)
    if "PORTAL_BASE_URL" not in os.environ:
        defaults["base_url"] = f"http://localhost:{port}"
    chosen = _settings(**defaults)
    logs.set_up(chosen.log_format)
    _ready_folder(chosen)
    with _alone_with(chosen):
        listening = _port(chosen)  # first of all: what takes long is not done for a port that is taken
        click.echo("Preparing the database …")
        migrations.upgrade(chosen.database_url)
        clock.set_zone(chosen.time_zone)
        settings.put_in_force(chosen)
        database = Database(chosen.database_url)
        click.echo("Loading the sample organisation …" if demo.load(database) else "The sample organisation is there.")
        database.dispose()
        greet = None if quiet else partial(_greet, chosen)
        with supervision.beside(chosen):
            status = _serve(chosen, listening, ready=greet)
    sys.exit(status)


@main.command()
def migrate() -> None:
    """Bring the database to this release's schema."""
    chosen = _settings()
    _ready_folder(chosen)
    migrations.upgrade(chosen.database_url)
    click.echo("The database is up to date.")


@main.command()
def worker() -> None:
    """Do background work only, beside servers on other machines (PostgreSQL)."""
    chosen = _settings()
    logs.set_up(chosen.log_format)
    application = app.create_app(chosen, background=False)
    runner = Runner(application.state.database)
    with processes.signals() as told:
        runner.start()
        told.get()
        runner.stop()


@main.command(name="serve-worker", hidden=True)
@click.option("--socket", "number", type=int, required=True)
def serve_worker(number: int) -> None:
    """Serve on a port that is taken, until standard input is closed. `portal serve` starts this itself."""
    chosen = _settings()
    logs.set_up(chosen.log_format)
    sys.exit(server.serve_as_worker(app.create_app(chosen), chosen, socket.socket(fileno=number)))


@main.command(hidden=True)
def ingest() -> None:
    """Count what is in the journal, until standard input is closed. The server starts this itself."""
    supervision.run(_settings())


@main.command()
def check() -> None:
    """Print the settings in force and what is wrong with them."""
    try:
        chosen, problems = settings.load(), []
    except settings.SettingsError as error:
        chosen, problems = error.settings, error.problems
    for name, value in chosen.shown():
        click.echo(f"{name}={value}")
    for warning in settings.worth_a_warning(chosen):
        click.echo(f"! {warning}")
    if not problems:
        problems = _wrong_with_database(chosen)
    for problem in problems:
        click.echo(f"✗ {problem}")
    if problems:
        sys.exit(1)
    click.echo("✓ Nothing is wrong.")


@main.group()
def campaign() -> None:
    """Campaign kits: load, export, check."""


@campaign.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path))
def load(path: Path) -> None:
    """Create or update a campaign from a folder or a ZIP."""
    _database()
    _report(kits.load(path))


@campaign.command()
@click.argument("slug")
@click.argument("path", type=click.Path(path_type=Path), required=False)
def export(slug: str, path: Path | None) -> None:
    """Write a campaign as a kit to a ZIP file: PATH, or the campaign's own name in this folder."""
    _database()
    _report(kits.export(slug, path or Path(f"{slug}.zip")))


@campaign.command(name="check")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
def check_kit(path: Path) -> None:
    """Say what is wrong with a kit, without loading it."""
    _report(kits.check(path))


@main.group()
def links() -> None:
    """Tracked links: count their clicks anew."""


@links.command(name="rebuild")
def rebuild_links() -> None:
    """Judge kept clicks by today's rules, and make every figure anew from them."""
    database = _database()
    with click.progressbar(rebuild.steps(database), label="Counting", item_show_func=str) as steps:
        judged = sum(step.judged for step in steps)
    database.dispose()
    click.echo(f"Every figure is made anew; {judged} clicks got another verdict.")


@main.group()
def search() -> None:
    """What is looked up by its words."""


@search.command(name="rebuild")
def rebuild_search() -> None:
    """Make the index of words anew, for items, campaigns and ideas alike."""
    database, done = _database(), 0
    for done in index.rebuild(database):
        click.echo(f"\r{done} done", nl=False)
    database.dispose()
    click.echo(f"\rEverything can be found: {done} entries.")


@main.group()
def person() -> None:
    """People: add one, or import many."""


@person.command()
@click.argument("name")
@click.argument("email")
@click.option("--department", required=True)
@click.option("--role", type=click.Choice(["member", "editor", "admin"]), default="member")
@click.option("--language", type=click.Choice(["nl", "en"]), default="nl")
def add(name: str, email: str, department: str, role: str, language: str) -> None:
    """Add one person, such as the first administrator."""
    try:
        with _database().writing() as db:
            adding.add_person(db, name=name, email=email, department=department, role=role, language=language)
    except ValueError as error:
        _give_up(str(error))
    click.echo(f"{name} can sign in now.")


@person.command(name="import")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_people(path: Path) -> None:
    """Add and update people from a CSV file."""
    try:
        with _database().writing() as db:
            plan = imports.load_people(db, imports.read(path.read_bytes()))
    except imports.ImportRefused as error:
        _give_up(str(error))
    click.echo(f"{len(plan.rows)} lines read, all done.")


def _wrong_with_database(chosen: Settings) -> list[str]:
    try:
        database = Database(chosen.database_url)
        problem = migrations.difference(database)
    except Exception as error:  # whatever keeps the database away is what the operator must read
        problem = f"The database cannot be opened: {str(error).splitlines()[0]}"
    return [problem] if problem else []


def _settings(**overrides: Any) -> Settings:
    try:
        return settings.load(**overrides)
    except settings.SettingsError as error:
        _give_up("\n".join(error.problems))


def _database() -> Database:
    chosen = _settings()
    settings.put_in_force(chosen)
    clock.set_zone(chosen.time_zone)
    database = Database(chosen.database_url)
    problem = migrations.difference(database)
    if problem:
        _give_up(problem)
    return database


def _ready_folder(chosen: Settings) -> None:
    try:
        chosen.data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        _give_up(f"The data folder {chosen.data_dir} cannot be made: {error.strerror}. Set PORTAL_DATA_DIR.")


def _serve(chosen: Settings, listening: socket.socket, *, ready: Callable[[], None] | None = None) -> int:
    """One worker is this process itself: no other one is needed then."""
    if chosen.workers > 1:
        return server.serve_by_workers(chosen, listening, ready=ready)
    return server.serve(app.create_app(chosen), chosen, listening, ready=ready)


def _port(chosen: Settings) -> socket.socket:
    try:
        return server.listen(chosen)
    except server.PortTaken as error:
        _give_up(str(error))


def _report(outcome: tuple[list[str], bool]) -> None:
    lines, fine = outcome
    for line in lines:
        click.echo(line)
    sys.exit(0 if fine else 1)


def _give_up(sentence: str) -> NoReturn:
    click.echo(sentence, err=True)
    sys.exit(1)


class _alone_with:
    """Holds a SQLite file for one server: two on the same file would each do the other's background work."""

    def __init__(self, chosen: Settings) -> None:
        self.path = chosen.data_dir / "serving.lock" if chosen.database_url.startswith("sqlite") else None
        self.file: Any = None

    def __enter__(self) -> None:
        if self.path is None or sys.platform == "win32":
            return
        import fcntl  # noqa: PLC0415 (not on Windows)

        self.file = self.path.open("w")
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            _give_up(
                f"Another portal is serving from {self.path.parent}. Stop it, or choose another folder with "
                "PORTAL_DATA_DIR. Several servers need PostgreSQL."
            )

    def __exit__(self, *error: object) -> None:
        if self.file is not None:
            self.file.close()


def _greet(chosen: Settings) -> None:
    lines = [
        "",
        f"  Passalong is ready: {chosen.base_url}",
        "",
        "  Sign in with one tap as:",
        "    Ana    member, Service            shares from her phone",
        "    Bram   editor, Marketing          publishes campaigns",
        "    Cleo   member, Productie          a colleague in another team, reads English",
        "    Dina   administrator, IT          people, roles and settings",
        "",
        f"  An office screen: open {chosen.base_url}/screen, then pair it as Bram at {chosen.base_url}/screens",
        "  Ctrl-C stops the portal.",
        "",
    ]
    click.echo("\n".join(lines))


if __name__ == "__main__":
    main()
