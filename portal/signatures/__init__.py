"""E-mail signatures and the banners that follow the running campaign."""
