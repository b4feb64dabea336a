"""Instruments, found by entry point; nothing imports them."""
