"""The way of one job, in one room: plan, send, follow, collect, present."""
