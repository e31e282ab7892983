"""The version of this package, as it is written into files and sent to services."""

VERSION = "0.1.0"
