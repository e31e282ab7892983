"""The services: one package each, behind one protocol (`base.Service`) and one registry."""
