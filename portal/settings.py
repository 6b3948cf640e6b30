"""What an installation is told from outside: environment variables, or one TOML file with the same names."""

import ipaddress
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

SECRETS = ("secret", "oidc_client_secret", "database_url", "mail_url", "metrics_token")
SHORTEST_SECRET = 32
MOST_WORKERS = 64


class SettingsError(Exception):
    """The settings cannot be used. `problems` holds one sentence for each thing that is wrong."""

    def __init__(self, problems: list[str], settings: "Settings") -> None:
        super().__init__("\n".join(problems))
        self.problems = problems
        self.settings = settings
        """What could be read of them, for showing."""


def _setting(default: Any, about: str) -> Any:
    return field(default=default, metadata={"about": about})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every setting, checked. The environment calls `base_url` PORTAL_BASE_URL, and so on."""

    data_dir: Path = field(
        default=Path("var"), metadata={"about": "Folder for the database file and everything else that is kept."}
    )
    database_url: str = _setting("", "SQLAlchemy address; empty means portal.db in the data folder.")
    base_url: str = _setting("http://localhost:8000", "The address colleagues open.")
    link_base_url: str = _setting("", "The short domain of tracked links; empty means the base address.")
    host: str = _setting("127.0.0.1", "The address the server listens on.")
    port: int = _setting(8000, "The port the server listens on.")
    workers: int = _setting(1, "How many processes answer requests on that port.")
    secret: str = _setting("", f"At least {SHORTEST_SECRET} random characters; signs what travels outside.")
    allowed_hosts: tuple[str, ...] = _setting((), "Further host names to answer to, besides the two addresses.")
    reachable_hosts: tuple[str, ...] = _setting(
        (), "Hosts inside your own network that feeds and pages may be fetched from, as host:port."
    )
    push_services: tuple[str, ...] = _setting(
        (
            "fcm.googleapis.com",
            "jmt17.google.com",
            "*.push.services.mozilla.com",
            "*.push.apple.com",
            "*.notify.windows.com",
        ),
        "Push services of browsers, the only ones messages are handed to; one inside your own network as host:port.",
    )
    trusted_proxies: str = _setting("", "Addresses of proxies whose X-Forwarded headers are believed.")
    time_zone: str = _setting("Europe/Amsterdam", "Where the organisation's day and week begin.")
    language: str = _setting("nl", "Language for visitors whose browser asks for neither: nl or en.")
    practice_sign_in: bool = _setting(False, "Sign-in buttons for practice people; never on a public address.")
    oidc_issuer: str = _setting("", "Issuer of the OpenID provider for single sign-on.")
    oidc_client_id: str = _setting("", "What the provider calls this portal.")
    oidc_client_secret: str = _setting("", "The provider's secret for this portal.")
    oidc_name: str = _setting("", "What the sign-in button calls the provider.")
    oidc_link_verified_email: bool = _setting(
        False,
        "Bind a provider's account to the person with the same address, if the provider vouches for it.",
    )
    oidc_create_people: str = _setting(
        "",
        "Department that people unknown so far are added to at their first single sign-on; empty: not added.",
    )
    mail_url: str = _setting("", "Mail server: smtp://host:port, smtp+starttls://user:pass@host or smtps://…")
    mail_from: str = _setting("", "Sender of mails from the portal.")
    mail_per_second: int = _setting(10, "Mails the server is given in a second at most, by each process.")
    log_format: str = _setting("console", "console or json.")
    journal_dir: str = _setting("", "Folder where clicks are put on record first; empty: journal in the data folder.")
    journal_sync: str = _setting(
        "interval", "When clicks are forced to the disk: interval (ten times a second), always (each) or off."
    )
    clicks_kept_days: int = _setting(
        60, "Days after which single clicks are destroyed, 30 to 90; the figures made of them stay."
    )
    metrics_token: str = _setting("", "Whoever knows it may read /metrics; empty: nobody may.")
    max_upload: int = _setting(10_000_000, "Largest upload, in bytes.")
    screen_frames: tuple[str, ...] = _setting(
        (), "Signage systems that may show screens in a frame, such as https://cms.example.org; none may by default."
    )
    endpoints: dict[str, str] = field(
        default_factory=dict, metadata={"about": "Other addresses for networks: PORTAL_ENDPOINT_LINKEDIN=…"}
    )

    @property
    def is_https(self) -> bool:
        return self.base_url.startswith("https://")

    @property
    def hosts(self) -> frozenset[str]:
        """Host names this installation answers to, without ports. Loopback names always are among them."""
        named = {urlsplit(url).hostname or "" for url in (self.base_url, self.link_base_url)}
        return frozenset(named | {"localhost", "127.0.0.1", "::1"} | set(self.allowed_hosts)) - {""}

    @property
    def journal_folder(self) -> Path:
        return Path(self.journal_dir).expanduser() if self.journal_dir else self.data_dir / "journal"

    def shown(self) -> list[tuple[str, str]]:
        """Every setting as (environment name, value for people), secrets masked."""
        lines = []
        for each in fields(self):
            value = getattr(self, each.name)
            if each.name in SECRETS and value:
                value = _masked(str(value))
            if each.name == "endpoints":
                lines += [(f"PORTAL_ENDPOINT_{key.upper()}", address) for key, address in sorted(value.items())]
                continue
            lines.append((f"PORTAL_{each.name.upper()}", ",".join(value) if isinstance(value, tuple) else str(value)))
        return lines

    def as_environment(self) -> dict[str, str]:
        """What another process of this installation must find in its environment to have the same settings."""
        found: dict[str, str] = {}
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(value, dict):
                found |= {f"PORTAL_ENDPOINT_{key.upper()}": address for key, address in value.items()}
            else:
                found[f"PORTAL_{each.name.upper()}"] = ",".join(value) if isinstance(value, tuple) else str(value)
        return found


_current: Settings | None = None


def current() -> Settings:
    """The settings in force in this process."""
    if _current is None:
        raise RuntimeError("no settings are in force yet")
    return _current


def put_in_force(settings: Settings) -> None:
    global _current
    _current = settings


def load(environment: Mapping[str, str] = os.environ, **overrides: Any) -> Settings:
    """Read the settings, the environment before the file named by PORTAL_CONFIG, `overrides` before both.

    Raises SettingsError with every problem at once.
    """
    problems: list[str] = []
    given = _from_file(environment.get("PORTAL_CONFIG", ""), problems)
    known = {each.name: each for each in fields(Settings)}
    for name, text in environment.items():
        if not name.startswith("PORTAL_") or name == "PORTAL_CONFIG":
            continue
        key = name.removeprefix("PORTAL_").lower()
        if key.startswith("endpoint_"):
            given.setdefault("endpoints", {})[key.removeprefix("endpoint_")] = text
        elif key.endswith("_file") and key.removesuffix("_file") in known:
            try:
                given[key.removesuffix("_file")] = Path(text).read_text().strip()
            except OSError as error:
                problems.append(f"{name} names a file that cannot be read: {error.strerror}.")
        elif key in known:
            given[key] = text
        elif not key.startswith("test_"):
            problems.append(f"{name} is not a setting of the portal. See docs/running.md for their names.")
    values = {name: _read(name, raw, known[name].type, problems) for name, raw in given.items() if name in known}
    values = {name: value for name, value in values.items() if value is not None} | overrides
    settings = _complete(Settings(**values))
    problems += wrong_with(settings)
    if problems:
        raise SettingsError(problems, settings)
    return settings


def wrong_with(settings: Settings) -> list[str]:
    """One sentence for each value that cannot work."""
    problems = []
    for name in ("base_url", "link_base_url"):
        parts = urlsplit(getattr(settings, name))
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query or parts.username:
            problems.append(f"PORTAL_{name.upper()} must be like https://share.example.org, without a path.")
    if not 0 <= settings.port <= 65535:
        problems.append("PORTAL_PORT must be a number from 0 to 65535.")
    if not 1 <= settings.workers <= MOST_WORKERS:
        problems.append(f"PORTAL_WORKERS must be a number from 1 to {MOST_WORKERS}.")
    if any(not host.rpartition(":")[2].isdigit() for host in settings.reachable_hosts):
        problems.append("PORTAL_REACHABLE_HOSTS must be hosts with their ports, such as news.example.org:443.")
    if not all(_is_push_service(name) for name in settings.push_services):
        problems.append(
            "PORTAL_PUSH_SERVICES must be hosts such as push.example.org, *.push.example.org or 10.0.0.7:8443."
        )
    if not all(_is_origin(origin) for origin in settings.screen_frames):
        problems.append("PORTAL_SCREEN_FRAMES must be addresses without a path, such as https://cms.example.org.")
    if len(settings.secret) < SHORTEST_SECRET:
        problems.append(
            f"PORTAL_SECRET must have at least {SHORTEST_SECRET} random characters. "
            'One way to make it: python3 -c "import secrets; print(secrets.token_urlsafe(48))"'
        )
    elif len(set(settings.secret)) < 10:
        problems.append("PORTAL_SECRET repeats itself: it must be random.")
    if settings.language not in ("nl", "en"):
        problems.append("PORTAL_LANGUAGE must be nl or en.")
    if not 30 <= settings.clicks_kept_days <= 90:
        problems.append("PORTAL_CLICKS_KEPT_DAYS must be a number from 30 to 90.")
    if settings.journal_sync not in ("interval", "always", "off"):
        problems.append("PORTAL_JOURNAL_SYNC must be interval, always or off.")
    if settings.log_format not in ("console", "json"):
        problems.append("PORTAL_LOG_FORMAT must be console or json.")
    if not settings.database_url.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
        problems.append("PORTAL_DATABASE_URL must begin with sqlite:/// or postgresql://.")
    try:
        ZoneInfo(settings.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        problems.append("PORTAL_TIME_ZONE must be a zone like Europe/Amsterdam.")
    if settings.practice_sign_in and not _is_private(settings.base_url):
        problems.append(
            "PORTAL_PRACTICE_SIGN_IN lets anybody in and PORTAL_BASE_URL is a public address: switch one of them."
        )
    oidc = (settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret)
    if any(oidc) and not all(oidc):
        problems.append("Single sign-on needs PORTAL_OIDC_ISSUER, _CLIENT_ID and _CLIENT_SECRET together.")
    if settings.mail_url:
        if urlsplit(settings.mail_url).scheme not in ("smtp", "smtps", "smtp+starttls"):
            problems.append("PORTAL_MAIL_URL must begin with smtp://, smtp+starttls:// or smtps://.")
        if "@" not in settings.mail_from:
            problems.append("PORTAL_MAIL_FROM must be the sender's address when PORTAL_MAIL_URL is set.")
    if not 1 <= settings.mail_per_second <= 10_000:
        problems.append("PORTAL_MAIL_PER_SECOND must be a number from 1 to 10000.")
    for key, address in settings.endpoints.items():
        if not address.startswith(("https://", "http://", "mailto:")):
            problems.append(f"PORTAL_ENDPOINT_{key.upper()} must be an address that begins with https://.")
    return problems


def worth_a_warning(settings: Settings) -> list[str]:
    """What works but deserves a second thought, one sentence each."""
    if settings.is_https or _is_loopback(settings.base_url):
        return []
    return ["PORTAL_BASE_URL is plain http: cookies and pages travel readable. Put https in front of the portal."]


def _complete(settings: Settings) -> Settings:
    return replace(
        settings,
        database_url=settings.database_url or f"sqlite:///{settings.data_dir / 'portal.db'}",
        base_url=settings.base_url.rstrip("/"),
        link_base_url=(settings.link_base_url or settings.base_url).rstrip("/"),
    )


def _from_file(name: str, problems: list[str]) -> dict[str, Any]:
    if not name:
        return {}
    try:
        table = tomllib.loads(Path(name).read_text())
    except OSError as error:
        problems.append(f"PORTAL_CONFIG names a file that cannot be read: {error.strerror}.")
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        problems.append(f"The file PORTAL_CONFIG names is not TOML: {error}.")
        return {}
    known = {each.name for each in fields(Settings)}
    problems += [f"{key!r} in the settings file is not a setting of the portal." for key in table if key not in known]
    return {key: value for key, value in table.items() if key in known}


def _read(name: str, raw: Any, kind: Any, problems: list[str]) -> Any:
    text = raw.strip() if isinstance(raw, str) else raw
    if kind is bool:
        if str(text).lower() in ("1", "true", "yes", "on"):
            return True
        if str(text).lower() in ("0", "false", "no", "off", ""):
            return False
        problems.append(f"PORTAL_{name.upper()} must be true or false.")
        return None
    if kind is int:
        try:
            return int(text)
        except (TypeError, ValueError):
            problems.append(f"PORTAL_{name.upper()} must be a whole number.")
            return None
    if kind is Path:
        return Path(str(text)).expanduser()
    if name in ("allowed_hosts", "reachable_hosts", "push_services", "screen_frames"):
        return tuple(text) if isinstance(text, list) else tuple(part.strip() for part in text.split(",") if part)
    if name == "endpoints":
        return {str(key).lower(): str(value) for key, value in text.items()} if isinstance(text, dict) else {}
    return str(text)


def _masked(value: str) -> str:
    if "://" not in value:
        return "•" * 8
    parts = urlsplit(value)
    return value.replace(f":{parts.password}@", ":••••••••@") if parts.password else value


def _is_origin(text: str) -> bool:
    """Whether it is scheme, host and perhaps port, and nothing that could become more in a header."""
    return re.fullmatch(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?", text) is not None


def _is_push_service(text: str) -> bool:
    """Whether it is a host, perhaps with its port, or whatever lies below one that is no country or the like."""
    return re.fullmatch(r"[a-z0-9.-]+(:[0-9]{1,5})?|\*(\.[a-z0-9-]+){2,}", text) is not None


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "127.0.0.1", "::1") or host.endswith(".localhost")


def _is_private(url: str) -> bool:
    try:
        return ipaddress.ip_address(urlsplit(url).hostname or "").is_private
    except ValueError:
        return _is_loopback(url)
