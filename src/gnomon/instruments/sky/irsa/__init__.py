"""IRSA: ZTF's light curves and object tables."""
