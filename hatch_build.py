"""Brings the browser files we did not write into `static/vendor/`, out of pinned packages."""

import hashlib
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

HTMX = "django_htmx"
FONT = "fontpkg_atkinson_hyperlegible"
DISTRIBUTIONS = {HTMX: "django-htmx", FONT: "fontpkg-atkinson-hyperlegible"}

# name in static/vendor -> the package that carries it, the path inside that package, its SHA-256
VENDORED = {
    "htmx.min.js": (
        HTMX,
        "static/django_htmx/htmx-2.min.js",  # htmx 2.0.10
        "71ea67185bfa8c98c39d31717c6fce5d852370fcdfd129db4543774d3145c0de",
    ),
    "atkinson-hyperlegible-regular.ttf": (
        FONT,
        "files/AtkinsonHyperlegible-Regular.ttf",
        "7fb917c89019896d0b52ee84b7cbb3304c18cb90b19a62f5e32712bd23e97669",
    ),
    "atkinson-hyperlegible-bold.ttf": (
        FONT,
        "files/AtkinsonHyperlegible-Bold.ttf",
        "5a3b0c8cc8ca545155150b4512a1fa248298df121c50d6557e651e61fbdab92f",
    ),
    "atkinson-hyperlegible-italic.ttf": (
        FONT,
        "files/AtkinsonHyperlegible-Italic.ttf",
        "021beda4d3c6edfc78872e436d74009f9a1bcb294331908fe5747c61d3dcc514",
    ),
    "atkinson-hyperlegible-LICENSE.txt": (
        FONT,
        "LICENSE",  # the SIL Open Font License travels with the typeface
        "f32d22b3908fcad2c86a74000614ec22e6a7f66ea7e867e616026a27aebdc143",
    ),
}


class Hook(BuildHookInterface[Any]):
    """Runs before every wheel, sdist and editable install."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        bring_vendored_files(Path(self.root))


def bring_vendored_files(root: Path) -> None:
    """Fills `static/vendor/` below `root`; a file that is there already and right is left alone.

    Raises RuntimeError, naming file and remedy, when a carrier is missing or carries something else.
    """
    vendor = root / "static" / "vendor"
    vendor.mkdir(parents=True, exist_ok=True)
    for name, (package, path, sha256) in VENDORED.items():
        target = vendor / name
        if target.is_file() and _digest(target.read_bytes()) == sha256:
            continue
        content = _carried(package, path, name)
        if _digest(content) != sha256:
            raise RuntimeError(
                f"{path} in {DISTRIBUTIONS[package]} is not the file we know (SHA-256 {_digest(content)}). "
                f"Install the pinned version, or check the new file and put its SHA-256 in hatch_build.py."
            )
        target.write_bytes(content)


def _carried(package: str, path: str, name: str) -> bytes:
    spec = find_spec(package)  # finds the folder without importing it, so what it depends on may be absent
    carried = Path(spec.origin).parent / path if spec and spec.origin else None
    if carried is None or not carried.is_file():
        raise RuntimeError(
            f"static/vendor/{name} comes out of {DISTRIBUTIONS[package]}, which is not installed here. "
            f"Run `pip install --no-deps --require-hashes -r requirements/run.txt` first."
        )
    return carried.read_bytes()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


if __name__ == "__main__":
    try:
        bring_vendored_files(Path(__file__).resolve().parent)
    except RuntimeError as problem:
        sys.exit(str(problem))
