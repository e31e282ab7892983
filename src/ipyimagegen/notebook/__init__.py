"""The notebook: the only place that knows IPython and anywidget."""
