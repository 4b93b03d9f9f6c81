"""Hand-over to suppliers: what is sent to them, how their answers come back, and their clock."""
