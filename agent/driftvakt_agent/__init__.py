"""The agent: reads its machine, signs what it saw, sends it. psutil and the standard library, nothing else.

It has no listener, runs no remote command and needs no root. What a running agent imports is what it costs, so the
modules that `run` needs stay clear of argparse, dataclasses, typing, logging and pathlib (see docs/decisions.md).
"""
