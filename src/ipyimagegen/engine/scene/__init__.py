"""What is painted: the prompt read into a scene, and its motifs."""
