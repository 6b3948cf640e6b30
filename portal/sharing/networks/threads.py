"""Threads: text and link apart; an emoji weighs its bytes."""

from portal.sharing.networks.network import Network, with_query

THREADS = Network(
    key="threads",
    name="Threads",
    mark="Th",
    endpoint="https://www.threads.com/intent/post",
    takes_text=True,
    limit=500,
    counting="threads",
    address=lambda endpoint, post: with_query(endpoint, text=post.words, url=post.link),
    posts="https://www.threads.com/",
)
