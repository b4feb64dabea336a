"""The tables of one float, made from what its files hold."""
