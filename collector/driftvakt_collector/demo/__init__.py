"""A city that does not exist, reporting through the real door, so that every screen has something to show.

Below the command stands only arithmetic: what an asset measures at a moment is a pure function of the seed, the asset
and the moment. So the demo can begin at any time of day, at any pace, and knows its past as well as its present.
"""
