"""E-mail: the person's own mail program, with subject and text filled in."""

from urllib.parse import quote

from portal.sharing.networks.network import Network, Post


def _address(endpoint: str, post: Post) -> str:
    # Mail programs want CR LF, and read a plus sign as a plus sign.
    body = quote(post.text.replace("\n", "\r\n"), safe="")
    return f"{endpoint}?subject={quote(post.subject, safe='')}&body={body}"


EMAIL = Network(
    key="email",
    name="E-mail",
    mark=":mail",
    endpoint="mailto:",
    takes_text=True,
    limit=65536,
    counting="plain",
    address=_address,
    own_card=False,
)
