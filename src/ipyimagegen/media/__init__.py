"""Bytes and pictures. Pillow and NumPy are imported when used, not before."""
