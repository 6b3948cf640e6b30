"""The employee's pages: the feed, the share page, my page."""
