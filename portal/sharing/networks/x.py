"""X: text and link apart, counted by weight."""

from portal.sharing.networks.network import Network, with_query

X = Network(
    key="x",
    name="X",
    mark="X",
    endpoint="https://x.com/intent/tweet",
    takes_text=True,
    limit=280,
    counting="x",
    address=lambda endpoint, post: with_query(endpoint, text=post.words, url=post.link),
    posts="https://x.com/home",
)
