"""Beginnings against the fear of the empty box: three for each kind of item, in the share's language."""

_STARTERS: dict[str, dict[str, tuple[str, str, str]]] = {
    "nl": {
        "vacancy": ("Wat ik fijn vind aan werken hier is ", "Wij zoeken iemand die ", "Een gewone dag bij ons: "),
        "promotion": ("Voor wie dit handig is: ", "Goed om te weten: ", "Dit vragen mensen mij vaak: "),
        "article": ("Wat ik hier zelf van leerde: ", "Dit verraste mij: ", "Bij ons op het werk "),
        "event": ("Ik ben erbij, omdat ", "Kom langs als je ", "Waar ik me op verheug: "),
        "video": ("Kijk vooral naar het moment dat ", "Zo ziet mijn werk eruit: ", "Wat je niet ziet: "),
        "story": ("Hier ben ik trots op: ", "Zo ging het echt: ", "Wat mij bijbleef: "),
        "contest": ("Ik zou hem zelf willen winnen, want ", "Doe mee als je ", "Mijn tip: "),
    },
    "en": {
        "vacancy": (
            "What I like about working here is ",
            "We are looking for someone who ",
            "An ordinary day with us: ",
        ),
        "promotion": ("Handy if you ", "Good to know: ", "People often ask me: "),
        "article": ("What I learned from this: ", "This surprised me: ", "Where I work, "),
        "event": ("I will be there, because ", "Come along if you ", "What I look forward to: "),
        "video": ("Watch for the moment when ", "This is what my work looks like: ", "What you do not see: "),
        "story": ("I am proud of this: ", "How it really went: ", "What stayed with me: "),
        "contest": ("I would love to win this myself, because ", "Join in if you ", "My tip: "),
    },
}


def starters(kind: str, language: str) -> tuple[str, str, str]:
    """Three beginnings for an item of `kind`, each ready to be typed on from."""
    return _STARTERS[language][kind]
