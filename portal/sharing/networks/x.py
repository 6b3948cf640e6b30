"""X: text and link apart, counted by weight. Its Android app is opened by name: it loses what a web address says."""

from urllib.parse import quote

from portal.sharing.networks.network import ADDRESS_ROOM, Network, Post, with_query


def _address(endpoint: str, post: Post) -> str:
    return with_query(endpoint, text=post.words, url=post.link)


def _on_android(endpoint: str, post: Post) -> str:
    """The app with its text; the page for phones without the app, with the text if there is room for it twice."""

    def intent(otherwise: str) -> str:
        return (
            f"intent://post?message={quote(post.text, safe='')}#Intent;package=com.twitter.android;scheme=twitter;"
            f"S.browser_fallback_url={quote(otherwise, safe='')};end"
        )

    whole = intent(_address(endpoint, post))
    return whole if len(whole) <= ADDRESS_ROOM else intent(with_query(endpoint, url=post.link))


X = Network(
    key="x",
    name="X",
    mark="X",
    endpoint="https://x.com/intent/tweet",
    takes_text=True,
    limit=280,
    counting="x",
    address=_address,
    on_android=_on_android,
    posts="https://x.com/home",
)
