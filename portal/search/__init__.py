"""Finding items, campaigns and ideas by their words: accents and endings do not matter, on either database."""
