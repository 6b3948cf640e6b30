"""Bluesky: one field, counted as readers see it; an address counts in full."""

from portal.sharing.networks.network import Network, with_query

BLUESKY = Network(
    key="bluesky",
    name="Bluesky",
    mark="Bs",
    endpoint="https://bsky.app/intent/compose",
    takes_text=True,
    limit=300,
    counting="graphemes",
    address=lambda endpoint, post: with_query(endpoint, text=post.text),
    posts="https://bsky.app/",
)
