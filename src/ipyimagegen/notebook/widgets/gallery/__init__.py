"""Gallery: thousands of results in one scrolling grid."""
