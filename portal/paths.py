"""Where the files beside the code are: in the checkout, or inside the installed package."""

from pathlib import Path

_package = Path(__file__).resolve().parent
_root = _package / "_data" if (_package / "_data").is_dir() else _package.parent


def data(*parts: str) -> Path:
    """A path below the folder that holds templates, static, campaigns, alembic and locale."""
    return _root.joinpath(*parts)
