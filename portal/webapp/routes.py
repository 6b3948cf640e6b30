"""The portal as an app: manifest, icons, service worker and what is shown offline."""

from portal.web import PortalRoute

routes: list[PortalRoute] = []
