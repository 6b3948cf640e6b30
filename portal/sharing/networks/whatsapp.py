"""WhatsApp: one field with the message and the link last; the person picks the chat."""

from portal.sharing.networks.network import Network, with_query

WHATSAPP = Network(
    key="whatsapp",
    name="WhatsApp",
    mark="Wa",
    endpoint="https://wa.me/",
    takes_text=True,
    limit=65536,
    counting="plain",
    address=lambda endpoint, post: with_query(endpoint, text=post.text),
    posts="https://web.whatsapp.com/",
)
