"""Facebook: takes the link alone; people paste their text."""

from portal.sharing.networks.network import Network, with_query

FACEBOOK = Network(
    key="facebook",
    name="Facebook",
    mark="f",
    endpoint="https://www.facebook.com/sharer/sharer.php",
    takes_text=False,
    limit=63206,
    counting="plain",
    address=lambda endpoint, post: with_query(endpoint, u=post.link),
    posts="https://www.facebook.com/me/",
)
