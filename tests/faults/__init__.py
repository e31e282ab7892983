"""Every fault that can meet a job, tried on the official libraries and on ours: `python -m tests.faults`."""
