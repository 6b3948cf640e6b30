"""Every table of the portal, gathered for migrations and for tests."""

import portal.activity
import portal.campaigns.models
import portal.feed.models
import portal.handbook.models
import portal.inbox.models
import portal.jobs
import portal.links.models
import portal.notifications.models
import portal.people.models
import portal.recognition.models
import portal.screens.models
import portal.search.models
import portal.sharing.models
import portal.signatures.models  # noqa: F401
from portal.tables import Base

metadata = Base.metadata
