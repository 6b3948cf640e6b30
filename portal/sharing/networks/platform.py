"""What somebody holds in the hand, as far as their browser says: some networks open differently on each."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

System = Literal["android", "ios", "desktop"]

_IN_APP = re.compile(
    r"\bFBA[NV]/|\bFB_IAB/|\bMetaIAB\b|\bInstagram \d|LinkedInApp\b|\bBarcelona \d|\bBytedanceWebview\b|\bmusical_ly"
)
"""Browsers inside the apps of networks: no second window there, and often no clipboard."""


@dataclass(frozen=True)
class Platform:
    system: System
    is_in_app: bool = False

    @property
    def is_phone(self) -> bool:
        return self.system != "desktop"


DESKTOP = Platform("desktop")


def platform_of(headers: Mapping[str, str]) -> Platform:
    """The platform by the headers of a request; a desktop when they do not tell."""
    agent = headers.get("user-agent", "")
    told = headers.get("sec-ch-ua-platform", "").strip('" ').lower()
    return Platform(_system(agent, told), is_in_app=_IN_APP.search(agent) is not None)


def _system(agent: str, told: str) -> System:
    if told == "android" or (not told and "Android" in agent):
        return "android"
    # Apple's browsers have no header for it. A tablet that asks for desktop pages says it is a Mac, and is one to us.
    if told == "ios" or (not told and re.search(r"\b(?:iPhone|iPad|iPod)\b", agent)):
        return "ios"
    return "desktop"
