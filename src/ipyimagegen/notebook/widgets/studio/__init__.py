"""Studio: the page for exploring a model by hand."""
