"""The messages that people get. Pure; `phrases` declares every sentence, `sv` and `en` are the two tables of them."""
