"""What holds for all tests."""

from hypothesis import settings

# A test is never timed: a busy machine is not a fault of the code. And a run leaves nothing behind in the tree.
settings.register_profile("house", deadline=None, database=None)
settings.load_profile("house")
