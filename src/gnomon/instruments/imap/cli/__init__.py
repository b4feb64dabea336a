"""The commands `gnomon imap …`."""
