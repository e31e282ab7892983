"""The wire: the only room that knows httpx. Async only; sync callers wait on the runtime's futures."""
