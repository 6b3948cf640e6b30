"""The last look before a campaign goes out, everywhere at once, and the one action that lets it."""
