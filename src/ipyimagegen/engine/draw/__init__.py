"""Arithmetic, noise and strokes on a canvas: the same bits on every machine."""
