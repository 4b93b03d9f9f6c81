"""What an asset says of itself: a file a subject, each with the names of its numbers and the numbers in that order."""
