"""What there is to share: campaigns, items, captions, approval, kits."""
