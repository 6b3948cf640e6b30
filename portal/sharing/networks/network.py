"""What a network is to the portal: where it opens, what it takes along, how it counts."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from portal.sharing import counting
from portal.sharing.networks.platform import DESKTOP, Platform

ADDRESS_ROOM = 2000
"""Characters a browser, a mail program or an app is sure to take in one address."""
ROOMY = 20_000
"""Characters beyond which a limit is not worth showing."""


@dataclass(frozen=True)
class Post:
    """What goes to a network: words, the link, a subject for mail, the person's own server."""

    words: str
    link: str
    subject: str
    server: str

    @property
    def text(self) -> str:
        return f"{self.words}\n\n{self.link}" if self.words else self.link


@dataclass(frozen=True)
class Network:
    key: str
    name: str
    mark: str
    """Two letters or a drawn mark's name (with a leading `:`) for its button."""
    endpoint: str
    """Where it opens; settings.endpoints may say otherwise. Empty for a pseudo network."""
    takes_text: bool
    """Whether the text can be handed over; if not, people paste it themselves."""
    limit: int
    counting: str
    """A key of counting.WAYS; count.js knows the same names."""
    address: Callable[[str, Post], str] | None
    """From endpoint and post to the address to open; None for a pseudo network."""
    own_card: bool = True
    """Whether readers see the page's card, so that the preview shows one."""
    on_android: Callable[[str, Post], str] | None = None
    """The address there, where it is another one; not used when settings say where the network opens."""
    posts: str = ""
    """Where people find what they posted themselves, as near as the network's addresses allow; "" for nowhere."""

    @property
    def is_roomy(self) -> bool:
        """Whether nobody will ever meet the limit."""
        return self.limit >= ROOMY

    def posts_url(self, *, server: str = "") -> str:
        """Where this person's own posts are; `server` is their Mastodon server. "" when that cannot be said."""
        return self.posts.format(server=server) if server or "{server}" not in self.posts else ""

    def count(self, text: str) -> int:
        return counting.WAYS[self.counting](text)

    def open_url(
        self,
        text: str,
        link: str,
        *,
        subject: str = "",
        endpoint: str = "",
        server: str = "",
        platform: Platform = DESKTOP,
    ) -> str | None:
        """The address that opens this network with `text`, which ends with `link`, filled in where it can be.

        At most about 2,000 characters: what does not fit is cut from the end of the words, not the link.
        None for a pseudo network.
        """
        if self.address is None:
            return None
        address = self.on_android if self.on_android and self.opens_an_app(platform, endpoint) else self.address
        words = text.removesuffix(link).rstrip()
        url = address(endpoint or self.endpoint, Post(words, link, subject, server))
        while len(url) > ADDRESS_ROOM and words:
            # Each character takes up to nine in an address: cut a good part at once, then look again.
            words = words[: -max(1, (len(url) - ADDRESS_ROOM) // 9)].rstrip()
            url = address(endpoint or self.endpoint, Post(f"{words}…", link, subject, server))
        return url

    def opens_an_app(self, platform: Platform, endpoint: str = "") -> bool:
        """Whether its address is none of a page, so that no window of its own may be opened for it."""
        if self.on_android is not None and not endpoint:
            return platform.system == "android"
        return bool(self.endpoint) and not (endpoint or self.endpoint).startswith("http")

    def shortens(self, text: str, link: str, *, subject: str) -> bool:
        """Whether the address that opens this network has no room for all of `text`."""
        if self.address is None or not self.takes_text:
            return False
        post = Post(text.removesuffix(link).rstrip(), link, subject, "")
        return len(self.address(self.endpoint, post)) > ADDRESS_ROOM


def with_query(endpoint: str, **values: str) -> str:
    """`endpoint` with percent-encoded values behind it; empty ones are left out."""
    pairs = "&".join(f"{key}={quote(value, safe='')}" for key, value in values.items() if value)
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{pairs}"
