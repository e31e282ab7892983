"""Many pictures as one thing: planned before they are paid, run as one, and a table at the end."""
