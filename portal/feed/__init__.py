"""The colleague's pages: the feed, what is kept for later, my page."""
