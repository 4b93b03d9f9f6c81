"""Turns the silence of hosts into one alert per cause."""
