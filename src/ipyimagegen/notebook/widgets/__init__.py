"""The widgets: a Python class each, whose traits and messages stand in `contract/<name>.json` for both sides."""
