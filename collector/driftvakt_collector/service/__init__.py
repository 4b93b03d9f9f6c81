"""What the service owes: who is covered by it, and, in time, what that is worth and what it costs."""
