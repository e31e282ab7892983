"""JobView: the live view of one call."""
