"""Who hangs behind whom: from what devices tell of their neighbours to links, and to the way up from each host."""
