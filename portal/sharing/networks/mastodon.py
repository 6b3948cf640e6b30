"""Mastodon: the person's own server, or the official page that asks for it."""

from urllib.parse import urlsplit

from portal.sharing.networks.network import Network, Post, with_query


def _address(endpoint: str, post: Post) -> str:
    # Written as "mastodon.nl", "https://mastodon.nl" or "@ana@mastodon.nl": the last part is meant.
    host = urlsplit(f"//{post.server.strip().split('//')[-1].split('@')[-1]}").netloc
    return with_query(f"https://{host}/share" if host else endpoint, text=post.text)


MASTODON = Network(
    key="mastodon",
    name="Mastodon",
    mark="Ma",
    endpoint="https://share.joinmastodon.org/",
    takes_text=True,
    limit=500,
    counting="mastodon",
    address=_address,
    posts="https://{server}/home",
)
