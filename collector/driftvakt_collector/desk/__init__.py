"""The service desk: what people are told, what changed where it broke, and hand-over to suppliers."""
