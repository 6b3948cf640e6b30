"""How each kind of player and signage system is given our page, in plain words."""

from dataclasses import dataclass
from typing import Any

from portal.i18n import lazy


@dataclass(frozen=True)
class Player:
    """`key` is its place on the page; `address` is which of our addresses it takes: the `same` for all or its `own`."""

    key: str
    name: str
    address: str
    steps: tuple[Any, ...]
    command: str = ""
    """What to type on the player, with `{address}` in it."""


PLAYERS = (
    Player(
        "xibo",
        "Xibo",
        "own",
        (
            lazy("In the layout, add a Webpage widget over the whole region and give it the address of its own."),
            lazy("Choose to open the page natively, set the duration as long as it goes and no transition."),
            lazy("Xibo keeps web pages nowhere: give the layout a picture behind it for when the network is away."),
            lazy("If your Xibo shows pages in a frame, its address has to be on the list below."),
        ),
    ),
    Player(
        "anthias",
        "Anthias (Screenly OSE)",
        "own",
        (
            lazy("Add an asset of the kind URL with the address of its own, and make it the only active one."),
            lazy("Set its duration to a day, and leave its refresh off: our page refreshes itself."),
            lazy("A Raspberry Pi with 1 GB of memory does well with pictures; leave videos out of its playlist."),
        ),
    ),
    Player(
        "yodeck",
        "Yodeck",
        "own",
        (
            lazy("Add the app Web Page with the address of its own, and switch its automatic refresh off."),
            lazy("Put it alone in a playlist or layout over the whole screen, and push that to the player."),
        ),
    ),
    Player(
        "brightsign",
        "BrightSign",
        "own",
        (
            lazy("In the presentation, add an HTML5 zone over the whole screen with the address of its own."),
            lazy("Choose 1920 × 1080 as the video mode: larger pages are slow on most models."),
            lazy("Firmware OS 8.5 or newer has a browser that shows everything."),
        ),
    ),
    Player(
        "tizen",
        "Samsung (Tizen)",
        "same",
        (
            lazy("On a signage display choose URL Launcher in the menu of sources and type the address."),
            lazy("Switch its timers and energy saving off, except those you want for the night."),
            lazy("Displays from 2021 show everything. Older ones change slides more plainly."),
        ),
    ),
    Player(
        "webos",
        "LG (webOS)",
        "same",
        (
            lazy("On a signage display choose Play via URL in the settings and type the address."),
            lazy("Switch the automatic power-off and the screen saver off."),
            lazy("Displays from 2021 show everything. Older ones change slides more plainly."),
        ),
    ),
    Player(
        "raspberry",
        "Raspberry Pi",
        "same",
        (
            lazy("Have the command below start together with the desktop, and switch blanking of the screen off."),
            lazy("Choose 1920 × 1080, also on a 4K television: the Pi stays cool and films stay smooth."),
        ),
        "chromium --kiosk --noerrdialogs --disable-infobars {address}",
    ),
    Player(
        "windows",
        "Windows (Edge, Chrome)",
        "same",
        (
            lazy("Make an account that signs in by itself, and have the command below start with it."),
            lazy("Choose never for sleep and for switching the display off, and updates in the night."),
            lazy("With Chrome it is chrome --kiosk and the same address."),
        ),
        "msedge --kiosk {address} --edge-kiosk-type=fullscreen",
    ),
)
