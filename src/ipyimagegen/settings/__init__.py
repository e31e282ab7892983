"""Settings as data, keys, and the home folder."""
