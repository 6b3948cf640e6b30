"""The handbook: policy, examples, the first five minutes and practice."""

from portal.web import PortalRoute

routes: list[PortalRoute] = []
