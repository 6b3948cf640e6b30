"""`python -m portal.links ingest` is `portal ingest` without the pages it never needs: up in a third of the time."""

from portal import settings
from portal.links import supervision

if __name__ == "__main__":
    supervision.run(settings.load())
