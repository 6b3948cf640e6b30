"""Microsoft Teams: link and message apart, by its plain address, so that no script of theirs is loaded."""

from portal.sharing.networks.network import Network, with_query

TEAMS = Network(
    key="teams",
    name="Teams",
    mark="Te",
    endpoint="https://teams.microsoft.com/share",
    takes_text=True,
    limit=28000,
    counting="plain",
    address=lambda endpoint, post: with_query(endpoint, href=post.link, msgText=post.words, preview="true"),
    posts="https://teams.microsoft.com/",
)
