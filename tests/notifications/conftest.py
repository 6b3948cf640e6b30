"""What tests of pushes and reminders have in common: a push service that browsers here subscribe at."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from portal import outbound, settings
from tests.pushes import PushService, serving


@pytest.fixture
def service(app: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PushService]:
    """Put in force beside whatever other settings are."""
    with serving(tmp_path, settings.current()) as made:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "trusted.pem"))
        outbound._trust.cache_clear()
        yield made
    outbound._trust.cache_clear()
