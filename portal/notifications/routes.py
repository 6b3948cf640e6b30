"""What somebody chose to be told, and how: digests, pushes, quiet hours."""

from portal.web import PortalRoute

routes: list[PortalRoute] = []
