"""Passalong, an employee advocacy portal. In reading order:

`app`           the whole application on one screen: routes, middleware, errors
`web`           how a handler is called: audience, form, one transaction, sessions
`html`          how an answer is rendered: pages, pieces, swaps
`campaigns`     what there is to share
`feed`          the employee's pages
`sharing`       from item to network, in somebody's own words
`links`         tracked links: codes, redirect, verdicts
`recognition`   leaderboards and thanks
`screens`       office displays
`signatures`    e-mail signatures and their banners
`results`       what came of it
`people`        who works here and how they sign in

Imports point downward only; `docs/architecture.md` gives the order and its reasons.
"""

__version__ = "0.1.0"
