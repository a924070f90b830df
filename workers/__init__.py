"""The worker process: registers workflows and activities, and runs until told to stop."""
