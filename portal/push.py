"""Web push: a line for a browser that is closed, encrypted for it alone (RFC 8030, 8291 and 8292)."""
