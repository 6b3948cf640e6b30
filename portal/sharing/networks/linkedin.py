"""LinkedIn: takes the link alone and makes its card from the page; people paste their text."""

from portal.sharing.networks.network import Network, with_query

LINKEDIN = Network(
    key="linkedin",
    name="LinkedIn",
    mark="in",
    endpoint="https://www.linkedin.com/sharing/share-offsite/",
    takes_text=False,
    limit=3000,
    counting="utf16",
    address=lambda endpoint, post: with_query(endpoint, url=post.link),
    posts="https://www.linkedin.com/in/me/recent-activity/all/",
)
