"""From item to network: texts, counters, networks, the truthful record of a share."""
